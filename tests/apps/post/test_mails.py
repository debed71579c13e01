"""Mails: sent once by the worker, whatever stops in between; they hold the code or the PIN, and never both."""

import io
from datetime import timedelta
from email.message import EmailMessage

import pytest
import zxingcpp
from PIL import Image

from billfold.adapters.store import mails
from billfold.apps.post.mail import write_mail
from billfold.roles.issuer.invitation import LEASE, deliver_mails
from tests.support.mail_server import mail_server
from tests.support.wire import PERSON, Wire

TO = "amara@example.org"


async def deliver(wire: Wire) -> int:
    """Do what the worker does; return how many mails were taken."""
    return await deliver_mails(
        wire.parts, lambda invitation, mail, mailer: write_mail(mailer, invitation, mail, now=wire.clock())
    )


async def mailed(wire: Wire, **asked: object) -> dict[str, object]:
    """Make a code that goes by mail."""
    await wire.set_attributes(email=TO)
    return await wire.code(deliver="mail", tx_code=True, **asked)


async def states_of(wire: Wire, code: dict[str, object]) -> list[tuple[str, str]]:
    listed = (await wire.api("GET", f"/pairing-codes/{code['id']}/mails")).json()["items"]
    return [(each["kind"], each["state"]) for each in listed]


def parts_of(message: EmailMessage) -> tuple[str, str, dict[str, bytes]]:
    """Return plain text, page, and pictures by their `cid`."""
    text = message.get_body(("plain",))
    page = message.get_body(("related", "html"))
    assert text is not None
    assert page is not None
    pictures = {part["Content-ID"].strip("<>"): part.get_content() for part in page.iter_attachments()}
    html = message.get_body(("html",))
    assert html is not None
    return text.get_content(), html.get_content(), pictures


async def taken(wire: Wire) -> tuple[str, EmailMessage]:
    """Let the worker send what is due, and return the only mail that came."""
    async with mail_server(wire.mail_port) as server:
        await deliver(wire)
    (found,) = server.taken
    return found


async def test_a_code_goes_once_to_the_address_in_the_directory(either_wire: Wire) -> None:
    code = await mailed(either_wire)
    assert await states_of(either_wire, code) == [("pairing", "waiting")]

    async with mail_server(either_wire.mail_port) as server:
        assert [await deliver(either_wire), await deliver(either_wire)] == [1, 0]

    ((address, message),) = server.taken
    assert (address, message["Auto-Submitted"], message["Reply-To"]) == (
        TO,
        "auto-generated",
        "people@northwind.example",
    )
    assert str(message["From"]) == "Northwind Robotics <creds@billfold.test>"
    assert await states_of(either_wire, code) == [("pairing", "sent")]
    expires_at, created_at = code["expires_at"], either_wire.clock() + timedelta(days=1)
    assert expires_at == created_at.isoformat().replace("+00:00", "Z")


async def test_text_and_page_say_the_same_and_fetch_nothing(wire: Wire) -> None:
    code = await mailed(wire)

    text, page, pictures = parts_of((await taken(wire))[1])

    short = str(code["short_code"])
    spaced = f"{short[:4]}-{short[4:8]}-{short[8:]}"
    for part in (str(code["wallet_link"]), spaced, "Amara Okafor", "Employee badge and Parking permit", "Reference "):
        assert part in text
        assert part in page
    assert f'href="{code["wallet_link"]}"' in page
    assert page.count("<a ") == 1
    assert 'src="http' not in page
    assert {f'src="cid:{cid}"' in page for cid in pictures} == {True}
    (qr,) = (data for cid, data in pictures.items() if cid.startswith("qr"))
    assert _read(qr) == code["wallet_link"]


def _read(png: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)))
    return str(found.text)


async def test_the_pin_is_not_in_the_mail_with_the_code(wire: Wire) -> None:
    code = await mailed(wire)

    message = (await taken(wire))[1]

    text, page, _ = parts_of(message)
    for shown in (text, page, str(message["Subject"])):
        assert str(code["tx_code"]) not in shown.replace(" ", "")


async def test_the_pin_goes_in_a_mail_of_its_own_and_once(either_wire: Wire) -> None:
    code = await mailed(either_wire)
    await taken(either_wire)
    for _ in range(2):
        asked = await either_wire.api("POST", f"/pairing-codes/{code['id']}/pin-mail", {"language": "de"})
        assert asked.status_code == 202, asked.text

    text, page, _ = parts_of((await taken(either_wire))[1])

    pin = str(code["tx_code"])
    assert f"{pin[:3]} {pin[3:]}" in text
    assert f"{pin[:3]} {pin[3:]}" in page
    for secret in ("short_code", "wallet_link"):
        assert str(code[secret]) not in (text + page).replace("-", "")
    assert "Guten Tag Amara Okafor" in text
    assert await states_of(either_wire, code) == [("pairing", "sent"), ("pin", "sent")]


async def test_a_server_that_is_away_delays_the_mail_and_loses_nothing(either_wire: Wire) -> None:
    code = await mailed(either_wire)
    assert [await deliver(either_wire), await deliver(either_wire)] == [1, 0]
    assert await states_of(either_wire, code) == [("pairing", "waiting")]
    either_wire.clock.advance(minutes=1)

    assert (await taken(either_wire))[0] == TO


async def test_what_a_crash_left_is_sent_after_its_lease(either_wire: Wire) -> None:
    await mailed(either_wire)
    now = either_wire.clock()
    assert len(await mails.lease(either_wire.parts.store, most=9, now=now, until=now + LEASE)) == 1
    async with mail_server(either_wire.mail_port) as server:
        assert await deliver(either_wire) == 0
        either_wire.clock.advance(seconds=LEASE.total_seconds())
        assert await deliver(either_wire) == 1

    assert len(server.taken) == 1


async def test_a_refused_address_is_told_and_not_tried_again(wire: Wire) -> None:
    code = await mailed(wire)
    async with mail_server(wire.mail_port) as server:
        server.answers[TO] = "550 no such mailbox"
        assert await deliver(wire) == 1
        wire.clock.advance(hours=1)
        assert await deliver(wire) == 0

    assert await states_of(wire, code) == [("pairing", "refused")]
    entries = (await wire.api("GET", "/audit")).json()["items"]
    assert "mail.refused" in [each["action"] for each in entries]


@pytest.mark.parametrize("why", ["replaced", "expired", "no-address", "bad-address"])
async def test_a_mail_that_was_overtaken_is_not_sent(wire: Wire, why: str) -> None:
    code = await mailed(wire)
    if why == "replaced":
        await wire.code()
    elif why == "expired":
        wire.clock.advance(days=1)
    else:
        await wire.set_attributes(email="" if why == "no-address" else "amara")
    async with mail_server(wire.mail_port) as server:
        await deliver(wire)

    assert server.taken == []
    assert await states_of(wire, code) == [("pairing", "refused" if "address" in why else "overtaken")]


async def test_a_replaced_device_gets_its_code_by_mail_too(either_wire: Wire) -> None:
    await either_wire.paired()
    await either_wire.set_attributes(email=TO)
    person = await either_wire.person()
    body = {"reason": "lost", "checked_how": "called back", "deliver": "mail"}
    made = await either_wire.api("POST", f"/people/{person.id}/replace-device", body)
    assert made.status_code == 201, made.text

    text, _, _ = parts_of((await taken(either_wire))[1])

    assert made.json()["wallet_link"] in text


@pytest.mark.parametrize(
    "address", ["", "amara", "amara@", "@example.org", "a@b@c", "a@b.test, c@d.test", "a@b\r\nBcc: c@d"]
)
async def test_a_code_that_cannot_be_mailed_is_not_made(wire: Wire, address: str) -> None:
    await wire.set_attributes(email=address)
    person = await wire.person()
    before = await wire.snapshot()

    answer = await wire.api("POST", "/pairing-codes", {"person_id": person.id, "deliver": "mail"})

    assert (answer.status_code, answer.json()["code"]) == (409, "no_email")
    assert (await wire.snapshot())["pairing_codes"] == before["pairing_codes"]


async def test_the_pin_of_a_code_without_pin_or_of_a_code_that_is_over_is_not_mailed(wire: Wire) -> None:
    await wire.set_attributes(email=TO)
    without = await wire.code()
    answer = await wire.api("POST", f"/pairing-codes/{without['id']}/pin-mail", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_pin")

    code = await wire.code(tx_code=True)
    wire.clock.advance(minutes=31)
    answer = await wire.api("POST", f"/pairing-codes/{code['id']}/pin-mail", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "code_over")


async def test_no_row_holds_an_address_or_a_secret(wire: Wire) -> None:
    code = await mailed(wire)

    rows = str((await wire.snapshot())["mails"])

    assert not [secret for secret in (TO, PERSON, code["short_code"], code["tx_code"]) if str(secret) in rows]


async def test_nothing_personal_is_logged(wire: Wire, capsys: pytest.CaptureFixture[str]) -> None:
    code = await mailed(wire)
    await taken(wire)

    said = capsys.readouterr()

    for secret in (TO, PERSON, code["short_code"], code["tx_code"], code["wallet_link"]):
        assert str(secret) not in said.out + said.err
