"""Settings, Mail: what sends it, what did not get through, and a test mail to oneself."""

from billfold.roles.operator.mail import PAUSE, TOLD_FOR
from tests.apps.post.test_mails import TO, deliver, mailed
from tests.support.console import Front
from tests.support.mail_server import mail_server
from tests.support.wire import SENDER

TRY = "/settings/mail/try"
OWNER = "owner@northwind.test"


async def test_the_area_says_what_sends_mail_and_where_that_is_set(front: Front) -> None:
    browser = await front.signed_in(role="support")

    areas, page = await browser.get("/settings"), await browser.get("/settings/mail")

    assert f"127.0.0.1, from {SENDER}" in areas.text
    for said in (f"127.0.0.1:{front.wire.mail_port}", SENDER, "Not encrypted", "billfold.toml"):
        assert said in page.text
    assert "Every mail got through." in page.text


async def test_without_a_mail_server_the_area_says_how_codes_go(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    object.__setattr__(front.wire.parts, "mailer", None)

    areas, page = await browser.get("/settings"), await browser.get("/settings/mail")

    assert "No mail server: codes go by screen or letter" in areas.text
    assert ("sends no mail" in page.text, TRY in page.text) == (True, False)
    assert (await browser.post(TRY)).status_code == 409


async def test_a_test_mail_reaches_oneself_and_is_in_the_audit(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    async with mail_server(front.wire.mail_port) as server:
        page = await browser.post(TRY)

    ((address, message),) = server.taken
    assert (address, str(message["Subject"])) == (OWNER, "Test mail from Northwind Robotics")
    assert "There is nothing to do." in message.get_content()
    assert f"Look for it at {OWNER}." in page.text
    assert "Test mail sent to staff" in (await browser.get("/audit?action=mail.tried")).text


async def test_a_mail_server_that_refuses_or_is_away_is_told_from_one_that_takes(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    async with mail_server(front.wire.mail_port) as server:
        server.answers[OWNER] = "550 5.1.1 Nobody here"
        assert "answered 550" in (await browser.post(TRY)).text
    front.wire.clock.advance(seconds=PAUSE.total_seconds() + 1)

    assert "does not answer" in (await browser.post(TRY)).text


async def test_tries_have_a_minute_between_them(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    async with mail_server(front.wire.mail_port) as server:
        await browser.post(TRY)
        again = await browser.post(TRY)

        assert (again.status_code, "Wait a minute" in again.text) == (429, True)
        front.wire.clock.advance(seconds=PAUSE.total_seconds() + 1)
        assert (await browser.post(TRY)).status_code == 200
    assert len(server.taken) == 2


async def test_a_mail_that_was_refused_is_told_for_two_weeks_and_the_area_carries_a_chip(front: Front) -> None:
    await mailed(front.wire)
    async with mail_server(front.wire.mail_port) as server:
        server.answers[TO] = "550 5.1.1 Nobody here"
        await deliver(front.wire)
    browser = await front.signed_in(role="owner")

    page = await browser.get("/settings/mail")

    assert ("Amara Okafor" in page.text, "Refused" in page.text) == (True, True)
    assert "Mails got stuck" in (await browser.get("/settings")).text
    front.wire.clock.advance(seconds=TOLD_FOR.total_seconds())
    later = await front.signed_in(role="owner")
    assert "Every mail got through." in (await later.get("/settings/mail")).text


async def test_a_mail_that_waits_for_the_mail_server_is_told(front: Front) -> None:
    await mailed(front.wire)
    await deliver(front.wire)

    page = await (await front.signed_in()).get("/settings/mail")

    assert "Tried once, goes on" in page.text


async def test_mails_of_another_organisation_stay_theirs(front: Front) -> None:
    await mailed(front.wire)
    await deliver(front.wire)

    assert "Every mail got through." in (await (await front.signed_in("lakeside")).get("/settings/mail")).text


async def test_who_only_requests_has_no_area_for_mail(front: Front) -> None:
    browser = await front.signed_in("harbour", "owner")

    assert "/settings/mail" not in (await browser.get("/settings")).text
    assert (await browser.get("/settings/mail")).status_code == 404
    assert (await browser.post(TRY)).status_code == 404
