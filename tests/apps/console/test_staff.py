"""Staff: invited by a link that works once, given roles, helped in again, and ended; an owner always stays."""

import re

import httpx
import pytest

from billfold.adapters.store.passkeys import Passkey
from billfold.roles.operator.passkey import MOST_OF_ONE_PERSON, keep
from billfold.roles.operator.staff import invited as invited_by
from tests.support.authenticator import Authenticator
from tests.support.console import PASSWORD, Front, WebBrowser
from tests.support.wire import Wire

NEW = {"email": "Nadia@Northwind.test", "name": "Nadia Petrov", "role": "support"}
LINK = re.compile(r'value="[^"]+/o/northwind(/join/[^"]+)"')


def link_in(page: httpx.Response) -> str:
    found = LINK.search(page.text)
    assert found is not None, page.text
    return found[1]


async def staff_id(front: Front, email: str) -> str:
    rows = (await front.wire.snapshot())["staff"]
    return next(str(row[0]) for row in rows if email in row)


async def invited(front: Front) -> str:
    """Add somebody, and return the path of their link."""
    made = await (await front.signed_in(role="owner")).post("/settings/staff", NEW)
    assert made.status_code == 201
    return link_in(made)


async def entered(front: Front, email: str = "nadia@northwind.test", password: str = PASSWORD) -> int:
    """Try to sign in, and return the answer's status."""
    browser = front.stranger()
    await browser.get("/sign-in")
    return (await browser.post("/sign-in", {"email": email, "password": password})).status_code


async def joined(front: Front, link: str) -> WebBrowser:
    browser = front.stranger()
    await browser.get(link)
    assert (await browser.post(link, {"password": PASSWORD})).status_code == 303
    return browser


async def test_somebody_invited_chooses_a_password_and_is_in(front: Front) -> None:
    link = await invited(front)
    browser = front.stranger()
    page = await browser.get(link)
    assert "Welcome, Nadia Petrov" in page.text

    assert (await browser.post(link, {"password": PASSWORD})).status_code == 303

    assert (await browser.get("/people")).status_code == 200
    assert await entered(front) == 303


async def test_somebody_invited_chooses_a_passkey_and_has_no_password(front: Front) -> None:
    link, browser = await invited(front), front.stranger()
    await browser.get(link)
    device = Authenticator(front.wire.parts.addresses.console)

    made = device.create((await browser.get(f"{link}/passkey")).json())
    assert (await browser.post(f"{link}/passkey", {"credential": made})).status_code == 303

    assert (await browser.get("/people")).status_code == 200
    assert await entered(front, password="") == 403
    again = front.stranger()
    await again.get("/sign-in")
    signed = device.get((await again.get("/sign-in/passkey")).json())
    assert (await again.post("/sign-in/passkey", {"credential": signed})).status_code == 303


async def test_nobody_enters_before_the_link_was_taken(front: Front) -> None:
    await invited(front)

    assert [await entered(front, password=tried) for tried in (PASSWORD, "")] == [403, 403]


async def test_a_link_works_once(front: Front) -> None:
    link = await invited(front)
    await joined(front, link)
    other = await front.signed_in()
    before = await front.wire.snapshot()

    for answer in (await front.stranger().get(link), await front.stranger().get(f"{link}/passkey")):
        assert (answer.status_code, "This link is over" in answer.text) == (409, True)
    assert (await other.post(link, {"password": "taken over by me"})).status_code == 409
    assert (await front.wire.snapshot())["staff"] == before["staff"]


async def test_a_link_runs_out(front: Front) -> None:
    link = await invited(front)
    front.wire.clock.advance(days=3, seconds=1)

    assert (await front.stranger().get(link)).status_code == 409


async def test_looking_at_a_link_spends_nothing(front: Front) -> None:
    link = await invited(front)
    before = await front.wire.snapshot()
    for _ in range(3):
        assert (await front.stranger().get(link)).status_code == 200

    assert await front.wire.snapshot() == before


async def test_a_link_of_another_organisation_or_nobody_is_over(front: Front) -> None:
    link = await invited(front)

    assert (await front.stranger("lakeside").get(link)).status_code == 409
    assert (await front.stranger().get("/join/unknown")).status_code == 409


async def test_a_short_password_spends_nothing(front: Front) -> None:
    link, browser = await invited(front), front.stranger()
    await browser.get(link)

    answer = await browser.post(link, {"password": "short"})

    assert (answer.status_code, "Choose a password of 12" in answer.text) == (422, True)
    assert (await browser.post(link, {"password": PASSWORD})).status_code == 303


async def test_a_passkey_of_another_page_spends_nothing(front: Front) -> None:
    link, browser = await invited(front), front.stranger()
    await browser.get(link)
    made = Authenticator("https://evil.example").create((await browser.get(f"{link}/passkey")).json())

    assert (await browser.post(f"{link}/passkey", {"credential": made})).status_code == 422
    assert (await browser.get(link)).status_code == 200


@pytest.mark.parametrize("why", ["known", "too many"])
async def test_a_passkey_that_cannot_be_kept_spends_nothing_on_either_engine(either_wire: Wire, why: str) -> None:
    """The passkey is refused where it is written, so after the invitation was spent: both are one unit."""
    front = Front(either_wire)
    link, browser = await invited(front), front.stranger()
    parts, ours = either_wire.parts, (await either_wire.organisation("northwind")).id
    nadia = await invited_by(parts, ours, link.rpartition("/")[2])
    device = Authenticator(parts.addresses.console)
    for number in range({"known": 1, "too many": MOST_OF_ONE_PERSON}[why]):
        key = device.credential_id if why == "known" else bytes([number])
        kept = Passkey(parts.new_id(), ours, nadia.id, key, key, 0, "key", parts.now(), None)
        await keep(parts, kept, parts.act("test"))
    await browser.get(link)
    made = device.create((await browser.get(f"{link}/passkey")).json())
    before = await either_wire.snapshot()

    refused = await browser.post(f"{link}/passkey", {"credential": made})

    assert (refused.status_code, "The passkey could not be checked" in refused.text) == (422, True)
    assert await either_wire.snapshot() == before
    assert (await browser.post(link, {"password": PASSWORD})).status_code == 303


async def test_an_invitation_taken_with_a_passkey_is_one_entry_of_the_audit_on_either_engine(either_wire: Wire) -> None:
    front = Front(either_wire)
    link, browser = await invited(front), front.stranger()
    await browser.get(link)
    made = Authenticator(either_wire.parts.addresses.console).create((await browser.get(f"{link}/passkey")).json())
    before = (await either_wire.snapshot())["audit_entries"]

    assert (await browser.post(f"{link}/passkey", {"credential": made})).status_code == 303

    entries = [row for row in (await either_wire.snapshot())["audit_entries"] if row not in before]
    taken = [row for row in entries if "staff.invitation_taken_with_passkey" in row]
    assert len(taken) == 1
    assert not [row for row in entries if "passkey.added" in row]
    assert await staff_id(front, "nadia@northwind.test") in taken[0]


async def test_a_new_link_ends_the_one_before_and_lets_in_again(front: Front) -> None:
    first = await invited(front)
    inside = await joined(front, first)
    owner = await front.signed_in(role="owner")
    again = f"/settings/staff/{await staff_id(front, 'nadia@northwind.test')}/invite"

    second = link_in(await owner.post(again))
    third = link_in(await owner.post(again))

    assert (await front.stranger().get(second)).status_code == 409
    assert (await inside.get("/people")).status_code == 200
    browser = front.stranger()
    await browser.get(third)
    await browser.post(third, {"password": "a wholly new password"})
    assert (await inside.get("/people")).status_code == 303
    assert (await entered(front), await entered(front, password="a wholly new password")) == (403, 303)


@pytest.mark.parametrize(
    "wrong",
    [{"email": "none"}, {"email": ""}, {"name": " "}, {"name": "x" * 101}, {"role": "king"}, {"role": ""}],
)
async def test_somebody_described_wrongly_is_not_added(front: Front, wrong: dict[str, str]) -> None:
    browser = await front.signed_in(role="owner")
    before = await front.wire.snapshot()

    answer = await browser.post("/settings/staff", {**NEW, **wrong})

    assert (answer.status_code, "Write a name, and an e-mail" in answer.text) == (422, True)
    assert await front.wire.snapshot() == before


async def test_an_email_is_one_persons(front: Front) -> None:
    await invited(front)

    answer = await (await front.signed_in(role="owner")).post("/settings/staff", NEW)

    assert (answer.status_code, "has this e-mail already" in answer.text) == (422, True)


async def test_whose_access_ended_is_out_at_once_and_can_come_back(front: Front) -> None:
    inside = await joined(front, await invited(front))
    owner = await front.signed_in(role="owner")
    end = f"/settings/staff/{await staff_id(front, 'nadia@northwind.test')}/end"
    assert "Nadia Petrov is signed out everywhere" in (await owner.get(end)).text

    page = await owner.follow(await owner.post(end, {"reason": "left us"}))

    assert "The access has ended." in page.text
    assert "Nadia" not in page.text
    assert (await inside.get("/people")).status_code == 303
    assert await entered(front) == 403
    audit = await owner.get("/audit?action=staff.ended")
    assert "left us" in audit.text
    assert '<span dir="auto">Nadia Petrov</span>' in audit.text
    assert (await owner.post(end)).status_code == 404

    back = link_in(await owner.post("/settings/staff", NEW))
    assert await entered(front) == 403
    assert (await (await joined(front, back)).get("/people")).status_code == 200


async def test_the_last_owner_stays_an_owner(front: Front) -> None:
    owner = await front.signed_in(role="owner")
    own = f"/settings/staff/{await staff_id(front, 'owner@northwind.test')}"
    before = await front.wire.snapshot()

    for answer in (await owner.post(f"{own}/end"), await owner.post(f"{own}/role", {"role": "support"})):
        assert (answer.status_code, "Your organisation needs an owner" in answer.text) == (422, True)

    assert await front.wire.snapshot() == before


async def test_of_two_owners_one_may_go(front: Front) -> None:
    owner = await front.signed_in(role="owner")
    await front.hire("northwind", "support")
    other = await staff_id(front, "support@northwind.test")
    assert (await owner.post(f"/settings/staff/{other}/role", {"role": "owner"})).status_code == 303
    own = await staff_id(front, "owner@northwind.test")

    assert (await owner.post(f"/settings/staff/{own}/role", {"role": "support"})).status_code == 303

    assert (await owner.post(f"/settings/staff/{other}/end")).status_code == 403


@pytest.mark.parametrize("act", ["invite", "role", "end"])
async def test_staff_of_another_organisation_are_not_there(front: Front, act: str) -> None:
    await front.hire("lakeside", "support")
    owner, theirs = await front.signed_in(role="owner"), await staff_id(front, "support@lakeside.test")
    before = await front.wire.snapshot()

    assert (await owner.post(f"/settings/staff/{theirs}/{act}", {"role": "owner"})).status_code == 404
    assert await front.wire.snapshot() == before


@pytest.mark.parametrize("act", ["", "/0/invite", "/0/role", "/0/end"])
async def test_every_change_is_guarded_and_for_owners(front: Front, act: str) -> None:
    await front.assert_guarded(f"/settings/staff{act}", NEW, role="owner")
    support = await front.signed_in(role="support")
    before = await front.wire.snapshot()
    assert (await support.post(f"/settings/staff{act}", NEW)).status_code == 403
    assert await front.wire.snapshot() == before


async def test_who_has_gone_stays_named_in_the_audit(front: Front) -> None:
    inside = await joined(front, await invited(front))
    await inside.post(f"/people/{(await front.wire.person()).id}/pair")
    owner = await front.signed_in(role="owner")
    await owner.post(f"/settings/staff/{await staff_id(front, 'nadia@northwind.test')}/end")

    assert "Nadia Petrov" in (await owner.get("/audit?action=pairing_code.created")).text
