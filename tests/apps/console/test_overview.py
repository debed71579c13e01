"""Overview: what an issuer and a requester see first, counted."""

import re

from tests.support.console import Front
from tests.support.presenter import ask, asked, held
from tests.support.wire import Wire

NAMES = ("asked", "answered", "declined", "waiting")


def figures(page: str) -> list[str]:
    """Return the four figures of today's requests."""
    panel = page[page.index('aria-labelledby="o-today"') :]
    return re.findall(r'class="tile__n">([^<]+)<', panel)[:4]


async def four_requests(wire: Wire) -> None:
    """Make one request that is answered, one declined, one that runs out and one that waits."""
    cred = await held(wire)
    await ask(wire)
    wire.clock.advance(minutes=6)
    await ask(wire)
    answered, declined = await asked(wire), await asked(wire)
    await answered.answer(cred.token(answered))
    await declined.post(declined.encrypted({"error": "access_denied", "state": declined.claims["state"]}))


async def test_a_day_of_requests_is_counted(either_wire: Wire) -> None:
    await four_requests(either_wire)

    found = (await either_wire.api("GET", "/organisation/overview", slug="harbour")).json()["requests_today"]

    assert found == dict(zip(NAMES, (4, 1, 1, 1), strict=True))
    others = (await either_wire.api("GET", "/organisation/overview")).json()["requests_today"]
    assert set(others.values()) == {0}
    either_wire.clock.advance(days=1)
    later = (await either_wire.api("GET", "/organisation/overview", slug="harbour")).json()["requests_today"]
    assert set(later.values()) == {0}


async def test_a_requester_sees_today_the_templates_and_its_health(front: Front) -> None:
    await four_requests(front.wire)
    browser = await front.signed_in("harbour")

    page = (await browser.get("")).text

    assert figures(page) == ["4", "1", "1", "1"]
    assert "Today: 4 asked, 1 answered" in page
    assert f'href="{front.wire.parts.addresses.requester}/o/harbour/desk/staff-rate"' in page
    assert re.search(r"Certificates until \d", page)
    assert ("Support can be reached" in page, "Notifications go out" in page) == (True, False)


async def test_who_issues_and_requests_sees_both(front: Front) -> None:
    page = (await (await front.signed_in()).get("")).text

    assert figures(page) == ["0", "0", "0", "0"]
    assert ("Needs somebody" in page, "Notifications go out" in page) == (True, True)


async def test_who_only_issues_sees_no_requests(front: Front) -> None:
    assert "o-today" not in (await (await front.signed_in("lakeside")).get("")).text


async def test_a_stranger_sees_nothing(front: Front) -> None:
    for slug in ("northwind", "harbour"):
        assert (await front.stranger(slug).get("")).headers["location"] == f"/o/{slug}/sign-in?next=%2Fo%2F{slug}"


async def test_an_address_that_leads_nowhere_shows_the_way_to_the_start(front: Front) -> None:
    browser = await front.signed_in()
    lost = await browser.get("/people/nobody")
    assert (lost.status_code, 'href="/o/northwind"' in lost.text) == (404, True)
    browser.slug = "nobody-here"
    missing = await browser.get("")
    assert (missing.status_code, 'href="/o/' in missing.text) == (404, False)
