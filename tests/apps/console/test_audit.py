"""The audit: searched by words, person, staff, action, time and reference; of this organisation only."""

import pytest

from tests.support.console import Front


async def busy(front: Front) -> str:
    """Let something happen, and return its reference."""
    person = await front.wire.person()
    made = await front.wire.api("POST", "/pairing-codes", {"person_id": person.id, "tx_code": False})
    return str(made.headers["billfold-reference"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("q=okafor", True),
        ("q=tanaka", False),
        ("action=pairing_code.created", True),
        ("action=person.created", False),
        ("actor=staff:nobody", False),
        ("since=2026-06-01", True),
        ("since=2026-06-02", False),
        ("until=2026-05-31", False),
        ("until=nonsense", True),
        ("since=0001-01-01", True),
        ("until=9999-12-31", True),
    ],
)
async def test_an_entry_is_found(front: Front, query: str, found: bool) -> None:
    await busy(front)
    browser = await front.signed_in()

    page = await browser.get(f"/audit?{query}")

    assert page.status_code == 200
    assert ('<th scope="row">Pairing code made</th>' in page.text) is found


async def test_a_reference_finds_its_entry(front: Front) -> None:
    reference = await busy(front)

    page = await (await front.signed_in()).get(f"/audit?q={reference.lower()}")

    assert page.text.count('<th scope="row">') == 1
    assert reference in page.text


async def test_an_act_of_staff_names_them(front: Front) -> None:
    browser = await front.signed_in()
    await browser.post(f"/people/{(await front.wire.person()).id}/pair")

    page = await browser.get("/audit?actor=staff:support@northwind.test&action=pairing_code.created")

    assert "support of northwind" in page.text


async def test_one_persons_entries(front: Front) -> None:
    await busy(front)
    other = await front.wire.person("Mei Tanaka")

    page = await (await front.signed_in()).get(f"/audit?person={other.id}")

    assert "Amara Okafor" not in page.text
    assert "Mei Tanaka" in page.text


async def test_pages_follow_each_other(front: Front) -> None:
    browser = await front.signed_in()
    for _ in range(60):
        await busy(front)
        front.wire.clock.advance(seconds=1)

    first = await browser.get("/audit?action=pairing_code.created")

    assert first.text.count('<th scope="row">') == 50
    assert "Older" in first.text


async def test_strangers_and_other_organisations_read_nothing(front: Front) -> None:
    await busy(front)
    other = await front.signed_in("lakeside")
    assert "Pairing code made</th>" not in (await other.get("/audit")).text
    other.slug = "northwind"

    for browser in (front.stranger(), other):
        assert (await browser.get("/audit")).status_code == 303
