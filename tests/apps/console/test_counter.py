"""The counter: Desk for staff, Show for visitors, each code for one answer."""

import re

from tests.support.console import Front, WebBrowser
from tests.support.presenter import held, read

DESK = "/desk/staff-rate"


async def show_path(desk: WebBrowser) -> str:
    """Return the path of the visitor's screen."""
    found = re.search(r"/o/harbour(/show/[A-Za-z0-9_-]+)", (await desk.get(DESK)).text)
    assert found is not None
    return found[1]


async def requests(counter: Front) -> int:
    """Return how many requests were made."""
    return len((await counter.wire.snapshot())["presentation_requests"])


async def test_desk_and_show_follow_each_other(counter: Front) -> None:
    desk = await counter.signed_in("harbour")
    show, path = counter.stranger("harbour"), await show_path(desk)
    assert "One moment" in (await show.get(path)).text

    page = await desk.follow(await desk.post(f"{DESK}/next"))

    assert "Waiting for a wallet" in page.text
    seen = await show.get(path)
    assert "Show your Employee badge" in seen.text
    assert "<svg" in seen.text
    first = re.search(r'href="([^"]+#c=[^"]+)"', seen.text)
    await desk.post(f"{DESK}/next")
    second = re.search(r'href="([^"]+#c=[^"]+)"', (await show.get(path)).text)
    assert first is not None
    assert second is not None
    assert first[1] != second[1]


async def test_what_ran_out_is_told_and_a_visitor_takes_a_new_code(counter: Front) -> None:
    desk, show = await counter.signed_in("harbour"), counter.stranger("harbour")
    path = await show_path(desk)
    await desk.post(f"{DESK}/next")
    counter.wire.clock.advance(minutes=6)

    assert "Run out" in (await desk.get(DESK)).text
    assert "This code has run out" in (await show.get(path)).text
    renewed = await show.follow(await show.post(f"{path}/next"))

    assert "Show your Employee badge" in renewed.text


async def test_a_visitor_cannot_take_a_code_while_one_stands(counter: Front) -> None:
    desk, show = await counter.signed_in("harbour"), counter.stranger("harbour")
    path = await show_path(desk)
    await show.get(path)
    assert (await show.post(f"{path}/next", token=show.token)).status_code in (303, 403)
    await desk.post(f"{DESK}/next")
    before = await requests(counter)
    counter.wire.clock.advance(seconds=1)
    await show.get("/sign-in")

    assert (await show.post(f"{path}/next")).status_code == 303
    assert await requests(counter) == before


async def test_each_member_of_staff_has_a_counter_of_their_own(counter: Front) -> None:
    one, other = await counter.signed_in("harbour"), await counter.signed_in("harbour", "owner")

    assert await show_path(one) != await show_path(other)


async def test_a_check_by_hand_is_recorded_with_its_reason(counter: Front) -> None:
    desk = await counter.signed_in("harbour")
    await desk.post(f"{DESK}/next")
    assert (await desk.post(f"{DESK}/by-hand", {"reason": " "})).status_code == 422

    page = await desk.follow(await desk.post(f"{DESK}/by-hand", {"reason": "Known to the receptionist"}))

    assert "Recorded: checked by hand." in page.text
    entries = (await counter.wire.snapshot())["audit_entries"]
    assert any("presentation_request.checked_by_hand" in row and "Known to the receptionist" in row for row in entries)


async def test_nothing_is_checked_by_hand_before_somebody_was_asked(counter: Front) -> None:
    desk = await counter.signed_in("harbour")

    assert (await desk.post(f"{DESK}/by-hand", {"reason": "x"})).status_code == 404


async def test_asking_and_checking_are_guarded(counter: Front) -> None:
    desk = await counter.signed_in("harbour")
    await desk.post(f"{DESK}/next")

    await counter.assert_guarded(f"{DESK}/by-hand", {"reason": "x"}, slug="harbour")


async def test_asking_is_guarded(counter: Front) -> None:
    await (await counter.signed_in("harbour")).get(DESK)
    await (await counter.signed_in("harbour", "owner")).get(DESK)

    await counter.assert_guarded(f"{DESK}/next", {}, slug="harbour")


async def test_a_made_up_show_is_not_there(counter: Front) -> None:
    for path in ("/show/AAAAAAAAAAAAAAAAAAAAAAAA", "/show/x/live", "/desk/no-such-template"):
        browser = await counter.signed_in("harbour")
        assert (await browser.get(path)).status_code == 404


async def test_an_organisation_that_only_issues_has_no_counter(counter: Front) -> None:
    assert (await (await counter.signed_in("lakeside")).get("")).status_code == 404


async def test_wallets_still_reach_their_endpoints(counter: Front) -> None:
    answer = await counter.wire.verifier.get("/o/harbour/requests/unknown")

    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def answered(counter: Front, desk: WebBrowser) -> None:
    """Let Amara share what stands at the desk; nobody serves the issuer's status list here."""
    cred = await held(counter.wire)
    counter.wire.clock.advance(seconds=1)
    await desk.post(f"{DESK}/next")
    counter.wire.clock.advance(seconds=1)
    request_id = (await counter.wire.snapshot())["counters"][0][5]
    view = (await counter.wire.api("GET", f"/presentation-requests/{request_id}", slug="harbour")).json()
    request = await read(counter.wire, view)
    await request.answer(cred.token(request))


async def test_the_desk_is_cleared_and_the_show_with_it(counter: Front) -> None:
    desk, show = await counter.signed_in("harbour"), counter.stranger("harbour")
    path = await show_path(desk)
    await answered(counter, desk)
    page = await desk.get(DESK)
    assert "Clear now" in page.text
    assert "Amara Okafor" not in (await show.get(path)).text

    cleared = await desk.follow(await desk.post(f"{DESK}/clear"))

    assert "Nothing stands at this counter yet." in cleared.text
    assert "One moment" in (await show.get(path)).text


async def test_could_not_check_is_never_green_and_offers_a_check_by_hand(counter: Front) -> None:
    desk = await counter.signed_in("harbour")
    await answered(counter, desk)

    page = await desk.get(DESK)

    assert "Could not check" in page.text
    assert 'data-is="unsure"' in page.text
    assert "Ask again in a minute, or check by hand." in page.text
    assert "<details data-by-hand open>" in page.text
    assert "Active: could not be asked" in page.text
    assert "Active: no" not in page.text
    answers = [
        row for row in (await counter.wire.snapshot())["audit_entries"] if "presentation_request.answered" in row
    ]
    assert str(answers[-1][-1]) in page.text
    assert "Amara Okafor" not in page.text


async def test_clearing_is_guarded(counter: Front) -> None:
    await (await counter.signed_in("harbour")).get(DESK)
    await (await counter.signed_in("harbour", "owner")).get(DESK)

    await counter.assert_guarded(f"{DESK}/clear", {}, slug="harbour")


async def test_the_wanted_cred_has_its_issuers_colours(counter: Front) -> None:
    style = (await counter.stranger("harbour").get("/look.css")).text
    (wanted,) = (line for line in style.splitlines() if line.startswith(".wanted-staff-rate "))

    assert ("--cred-bg: #2b3474;" in wanted, "--cred-ink: #ffffff;" in wanted) == (True, True)
    (art,) = re.findall(r'--cred-art: url\("/o/northwind([^"]+)"\)', wanted)
    assert (await counter.stranger("northwind").get(art)).headers["content-type"] == "image/jpeg"
