"""Issue, suspend, resume and revoke: each works, undoes where it can, and does nothing for anybody else."""

import pytest

from tests.support.console import Front

REASON = {"reason": "plate does not match"}


async def cred_path(front: Front, verb: str, name: str = "Amara Okafor") -> str:
    """Return the path of an act on somebody's employee badge."""
    return f"{await person_path(front, name)}/creds/{await entitlement_id(front, name)}/{verb}"


async def person_path(front: Front, name: str = "Amara Okafor") -> str:
    return f"/people/{(await front.wire.person(name)).id}"


async def entitlement_id(front: Front, name: str = "Amara Okafor") -> str:
    rows = (await front.wire.snapshot())["entitlements"]
    person = await front.wire.person(name)
    return next(str(row[0]) for row in rows if person.id in row and "employee-badge" in row)


async def states(front: Front) -> dict[str, str]:
    """Return the state of each entitlement."""
    return {str(row[0]): str(row[4]) for row in (await front.wire.snapshot())["entitlements"]}


async def test_suspend_asks_why_does_it_and_offers_undo(front: Front) -> None:
    browser, path = await front.signed_in(), await cred_path(front, "suspend")
    asked = await browser.get(path)
    assert "Suspend Employee badge" in asked.text

    page = await browser.follow(await browser.post(path, REASON))

    assert "Suspended: Employee badge" in page.text
    assert "plate does not match" in page.text
    assert "Undo" in page.text
    assert (await states(front))[await entitlement_id(front)] == "suspended"

    undone = await browser.follow(await browser.post(await cred_path(front, "resume"), {"reason": "Undone"}))
    assert "Resumed: Employee badge" in undone.text
    assert (await states(front))[await entitlement_id(front)] == "active"


async def test_revoke_is_for_good_and_issue_begins_anew(front: Front) -> None:
    browser, before = await front.signed_in(), await entitlement_id(front)

    page = await browser.follow(await browser.post(await cred_path(front, "revoke"), REASON))
    assert "Revoked." in page.text
    assert (await states(front))[before] == "ended"

    issued = await browser.post(f"{await person_path(front)}/issue", {"credential_type": "employee-badge"})
    page = await browser.follow(issued)
    assert "Issued: Employee badge" in page.text
    assert sorted((await states(front)).values()).count("ended") == 1


async def test_everything_is_suspended_and_resumed(front: Front) -> None:
    browser, path = await front.signed_in(), await person_path(front)

    page = await browser.follow(await browser.post(f"{path}/all/suspend", REASON))
    assert "Everything is suspended." in page.text
    assert list((await states(front)).values()).count("suspended") == 2

    page = await browser.follow(await browser.post(f"{path}/all/resume", {"reason": "found"}))
    assert "Everything is resumed." in page.text
    assert "suspended" not in (await states(front)).values()


@pytest.mark.parametrize("verb", ["suspend", "revoke"])
@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_without_a_fitting_reason_nothing_is_done(front: Front, verb: str, reason: str) -> None:
    browser, before = await front.signed_in(), await states(front)

    answer = await browser.post(await cred_path(front, verb), {"reason": reason})

    assert (answer.status_code, "Write a reason" in answer.text) == (422, True)
    assert await states(front) == before


@pytest.mark.parametrize("verb", ["suspend", "resume", "revoke"])
async def test_an_act_on_one_cred_is_guarded(front: Front, verb: str) -> None:
    await front.assert_guarded(await cred_path(front, verb), REASON)


@pytest.mark.parametrize("verb", ["suspend", "resume"])
async def test_an_act_on_everything_is_guarded(front: Front, verb: str) -> None:
    await front.assert_guarded(f"{await person_path(front)}/all/{verb}", REASON)


async def test_issuing_is_guarded(front: Front) -> None:
    await front.assert_guarded(f"{await person_path(front)}/issue", {"credential_type": "parking-permit"})


async def test_a_cred_of_somebody_else_is_not_reached_through_another_person(front: Front) -> None:
    browser, before = await front.signed_in(), await states(front)
    path = f"{await person_path(front, 'Mei Tanaka')}/creds/{await entitlement_id(front)}/suspend"

    assert (await browser.post(path, REASON)).status_code == 404
    assert await states(front) == before


async def test_a_cred_of_another_organisation_is_not_there(front: Front) -> None:
    browser, path = await front.signed_in("lakeside"), await cred_path(front, "suspend")
    before = await states(front)

    assert (await browser.post(path, REASON)).status_code == 404
    assert await states(front) == before


async def test_an_unknown_verb_is_no_page(front: Front) -> None:
    browser = await front.signed_in()

    assert (await browser.get(await cred_path(front, "explode"))).status_code == 404
    assert (await browser.post(f"{await person_path(front)}/all/revoke", REASON)).status_code == 404


async def test_what_is_done_already_is_told(front: Front) -> None:
    browser, path = await front.signed_in(), await cred_path(front, "resume")

    answer = await browser.post(path, REASON)

    assert (answer.status_code, "This cannot be done now" in answer.text) == (409, True)


@pytest.mark.parametrize(("slug", "status"), [("employee-badge", 409), ("no-such-type", 404), ("", 404)])
async def test_only_what_is_missing_can_be_issued(front: Front, slug: str, status: int) -> None:
    browser = await front.signed_in()

    answer = await browser.post(f"{await person_path(front)}/issue", {"credential_type": slug})

    assert answer.status_code == status


async def test_a_reason_is_shown_as_text(front: Front) -> None:
    browser = await front.signed_in()

    answer = await browser.post(await cred_path(front, "suspend"), {"reason": "<img src=x onerror=alert(1)>"})
    page = await browser.follow(answer)

    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text
