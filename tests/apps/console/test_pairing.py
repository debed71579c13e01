"""Pair a device: the code is shown to whoever made it, its PIN apart, and nothing to anybody else."""

import re

from tests.support.console import Front, WebBrowser


async def begun(front: Front, browser: WebBrowser, **form: str) -> str:
    """Make a code and return its page's path below the organisation."""
    person = await front.wire.person()
    answer = await browser.post(f"/people/{person.id}/pair", form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"]).removeprefix(f"/o/{browser.slug}")


async def test_a_code_is_shown_without_its_pin(front: Front) -> None:
    browser = await front.signed_in()

    path = await begun(front, browser)
    page, pin = await browser.get(path), await browser.get(f"{path}/pin")

    assert all(part in page.text for part in ("<svg", "Open in the wallet here", "Short code", "Valid until"))
    shown = re.search(r'code--large">(\d{3}) (\d{3})<', pin.text)
    assert shown is not None
    assert f"{shown[1]}{shown[2]}" not in page.text
    assert f"{shown[1]} {shown[2]}" not in page.text
    assert pin.headers["cache-control"] == "no-store"


async def test_a_code_without_pin_says_so(front: Front) -> None:
    browser = await front.signed_in()

    path = await begun(front, browser, pin="no")

    assert "Show the PIN" not in (await browser.get(path)).text
    assert "This code has no PIN." in (await browser.get(f"{path}/pin")).text


async def test_a_colleague_sees_the_state_and_no_secret(front: Front) -> None:
    browser, colleague = await front.signed_in(), await front.signed_in(role="owner")
    path = await begun(front, browser)
    page = await browser.get(path)
    short_code = re.search(r'class="code">([^<]+)<', page.text)
    assert short_code is not None

    seen, pin = await colleague.get(path), await colleague.get(f"{path}/pin")

    assert "Waiting for a wallet" in seen.text
    assert short_code[1] not in seen.text
    assert short_code[1].replace("-", "") not in seen.text
    assert pin.status_code == 403


async def test_pairing_is_guarded(front: Front) -> None:
    await front.assert_guarded(f"/people/{(await front.wire.person()).id}/pair", {})


async def test_strangers_and_other_organisations_see_no_code(front: Front) -> None:
    path = await begun(front, await front.signed_in())
    other = await front.signed_in("lakeside")

    for where in (path, f"{path}/pin", f"{path}/live"):
        assert (await front.stranger().get(where)).status_code == 303
        assert (await other.get(where)).status_code == 404


async def test_a_paired_person_is_told_to_replace(front: Front) -> None:
    await front.wire.paired()
    browser = await front.signed_in()

    answer = await browser.post(f"/people/{(await front.wire.person()).id}/pair")

    assert (answer.status_code, "choose Replace device" in answer.text) == (409, True)


async def test_a_code_that_ran_out_shows_no_secret_and_offers_a_new_one(front: Front) -> None:
    browser = await front.signed_in()
    path = await begun(front, browser)
    front.wire.clock.advance(minutes=31)

    page = await browser.get(path)

    assert "Run out. Make a new code." in page.text
    assert "New code" in page.text
    assert ("<svg xmlns" in page.text, "#c=" in page.text) == (False, False)


async def test_the_state_follows_the_device(front: Front) -> None:
    browser = await front.signed_in()
    path = await begun(front, browser, pin="no")
    front.wire.clock.advance(seconds=1)
    code_id = path.rpartition("/")[2]
    code = (await front.wire.api("GET", f"/pairing-codes/{code_id}")).json()
    await front.wire.offer(code)

    assert "Opened in a wallet" in (await browser.get(path)).text


async def test_a_live_stream_sends_the_piece_and_ends_when_the_code_is_over(front: Front) -> None:
    browser = await front.signed_in()
    path = await begun(front, browser)
    front.wire.clock.advance(minutes=31)

    answer = await browser.get(f"{path}/live")

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: piece" in answer.text
    assert '"over":true' in answer.text
    assert "Run out" in answer.text


async def test_a_code_by_mail_shows_where_it_goes_and_no_secret(front: Front) -> None:
    await front.wire.set_attributes(email="amara@example.org")
    browser = await front.signed_in()

    page = await browser.get(await begun(front, browser, deliver="mail"))

    assert all(part in page.text for part in ("This code goes by mail", "amara@example.org", "Waiting to be sent"))
    assert ("<svg xmlns" in page.text, "#c=" in page.text) == (False, False)
    assert "2 Jun 2026, 12:20" in page.text


async def test_without_an_address_no_mail_is_offered_or_made(front: Front) -> None:
    browser = await front.signed_in()
    assert "Send by e-mail" not in (await browser.get(await begun(front, browser))).text

    answer = await browser.post(f"/people/{(await front.wire.person()).id}/pair", {"deliver": "mail"})

    assert (answer.status_code, "No e-mail address in the directory" in answer.text) == (409, True)


async def test_a_code_by_letter_is_printed_in_two_parts(front: Front) -> None:
    browser = await front.signed_in()
    path = await begun(front, browser, deliver="letter")

    page = await browser.get(path)

    assert "Open the letter (PDF)" in page.text
    assert "15 Jun 2026, 12:20" in page.text
    for file in ("letter.pdf", "pin.pdf"):
        answer = await browser.get(f"{path}/{file}")
        assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


async def test_nobody_else_prints_a_letter_or_mails_a_pin(front: Front) -> None:
    path = await begun(front, await front.signed_in(), deliver="letter")
    colleague, other = await front.signed_in(role="owner"), await front.signed_in("lakeside")

    for file in ("letter.pdf", "pin.pdf"):
        assert (await front.stranger().get(f"{path}/{file}")).status_code == 303
        assert (await other.get(f"{path}/{file}")).status_code == 404
        assert (await colleague.get(f"{path}/{file}")).status_code == 403
        assert (await colleague.post(f"{path}/{file}")).status_code == 405
    assert (await colleague.post(f"{path}/pin-mail")).status_code == 403


async def test_the_pin_is_mailed_at_the_wish_of_whoever_made_the_code(front: Front) -> None:
    await front.wire.set_attributes(email="amara@example.org")
    browser = await front.signed_in()
    path = await begun(front, browser)
    assert "Mail the PIN" in (await browser.get(f"{path}/pin")).text

    page = await browser.follow(await browser.post(f"{path}/pin-mail"))

    assert "Waiting to be sent" in page.text
    assert "Mail the PIN" not in page.text


async def test_mailing_a_pin_is_guarded(front: Front) -> None:
    await front.wire.set_attributes(email="amara@example.org")
    path = await begun(front, await front.signed_in())

    await front.assert_guarded(f"{path}/pin-mail", {})
