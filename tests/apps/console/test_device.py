"""Replace a device, and end a pairing: what it takes, what it does, and for whom it does nothing."""

import pytest

from tests.support.console import Front

GOOD = {"checked": "called_back", "reason": "lost", "colleague": ""}


async def person_path(front: Front) -> str:
    return f"/people/{(await front.wire.person()).id}"


async def pairing_states(front: Front) -> list[tuple[str, str]]:
    """Return id and state of each pairing."""
    return [(str(row[0]), str(row[4])) for row in (await front.wire.snapshot())["pairings"]]


async def test_replacing_ends_the_old_device_and_goes_on_to_pairing(front: Front) -> None:
    await front.wire.paired()
    browser, path = await front.signed_in(), await person_path(front)
    assert "Replace the device of Amara Okafor" in (await browser.get(f"{path}/replace")).text

    page = await browser.follow(await browser.post(f"{path}/replace", GOOD))

    assert "Pair a device for Amara Okafor" in page.text
    assert "Link, for the same device" in page.text
    assert [state for _, state in await pairing_states(front)] == ["ended"]
    assert "lost; checked: called back" in (await browser.get("/audit")).text


@pytest.mark.parametrize(
    ("form", "message"),
    [
        pytest.param({"reason": "lost"}, "Choose how you checked", id="unchecked"),
        pytest.param({"checked": "hunch", "reason": "lost"}, "Choose how you checked", id="other-check"),
        pytest.param({"checked": "in_person"}, "Choose why", id="no-reason"),
        pytest.param({"checked": "in_person", "reason": "bored"}, "Choose why", id="other-reason"),
        pytest.param({"checked": "vouched", "reason": "lost"}, "Name the colleague", id="nobody-vouches"),
    ],
)
async def test_without_a_check_nothing_is_replaced(front: Front, form: dict[str, str], message: str) -> None:
    await front.wire.paired()
    browser, before = await front.signed_in(), await pairing_states(front)

    answer = await browser.post(f"{await person_path(front)}/replace", form)

    assert (answer.status_code, message in answer.text) == (422, True)
    assert await pairing_states(front) == before


async def test_replacing_is_guarded(front: Front) -> None:
    await front.wire.paired()

    await front.assert_guarded(f"{await person_path(front)}/replace", GOOD)


async def test_without_a_device_there_is_nothing_to_replace(front: Front) -> None:
    browser, path = await front.signed_in(), await person_path(front)

    for answer in (await browser.get(f"{path}/replace"), await browser.post(f"{path}/replace", GOOD)):
        assert (answer.status_code, "There is no device to replace" in answer.text) == (409, True)


async def test_ending_a_pairing_asks_why_and_does_it(front: Front) -> None:
    await front.wire.paired()
    browser, path = await front.signed_in(), await person_path(front)
    ((pairing_id, _),) = await pairing_states(front)
    assert (await browser.get(f"{path}/end-pairing")).status_code == 200
    unexplained = await browser.post(f"{path}/end-pairing", {"pairing": pairing_id, "reason": ""})
    assert unexplained.status_code == 422

    page = await browser.follow(await browser.post(f"{path}/end-pairing", {"pairing": pairing_id, "reason": "left us"}))

    assert "The pairing has ended." in page.text
    assert await pairing_states(front) == [(pairing_id, "ended")]


async def test_ending_a_pairing_is_guarded(front: Front) -> None:
    await front.wire.paired()
    ((pairing_id, _),) = await pairing_states(front)

    await front.assert_guarded(f"{await person_path(front)}/end-pairing", {"pairing": pairing_id, "reason": "x"})


async def test_a_pairing_of_somebody_else_is_not_ended(front: Front) -> None:
    await front.wire.paired("Mei Tanaka")
    browser, before = await front.signed_in(), await pairing_states(front)

    answer = await browser.post(f"{await person_path(front)}/end-pairing", {"pairing": before[0][0], "reason": "x"})

    assert answer.status_code == 404
    assert await pairing_states(front) == before
