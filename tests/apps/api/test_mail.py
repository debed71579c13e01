"""The mail server by API: what is set up, what did not get through, and a test mail to a member of staff."""

from tests.apps.post.test_mails import TO, deliver, mailed
from tests.support.mail_server import mail_server
from tests.support.problems import assert_problem
from tests.support.wire import SENDER, Wire

NEW = {"email": "nadia@northwind.test", "name": "Nadia Petrov", "role": "support"}


async def trial(wire: Wire) -> dict[str, str]:
    """Return the body of a test mail to somebody new."""
    return {"staff_id": (await wire.api("POST", "/staff", NEW)).json()["staff_id"], "language": "de"}


async def test_what_did_not_get_through_is_listed(either_wire: Wire) -> None:
    wire = either_wire
    code = await mailed(wire)
    server = {"host": "127.0.0.1", "port": wire.mail_port, "security": "none", "sender": SENDER}
    assert (await wire.api("GET", "/mail")).json() == {"server": server, "unsent": []}

    await deliver(wire)
    waiting = (await wire.api("GET", "/mail")).json()["unsent"]
    wire.clock.advance(hours=1)
    async with mail_server(wire.mail_port) as away:
        away.answers[TO] = "550 5.1.1 Nobody here"
        await deliver(wire)
    refused = (await wire.api("GET", "/mail")).json()["unsent"]

    told = [(each["pairing_code_id"], each["kind"], each["state"], each["tries"]) for each in waiting + refused]
    assert told == [(code["id"], "pairing", "waiting", 1), (code["id"], "pairing", "refused", 2)]
    assert (await wire.api("GET", "/mail", slug="lakeside")).json()["unsent"] == []


async def test_a_test_mail_goes_to_a_member_of_staff_in_their_language(either_wire: Wire) -> None:
    body = await trial(either_wire)

    async with mail_server(either_wire.mail_port) as server:
        sent = await either_wire.api("POST", "/mail/trials", body)

    assert (sent.status_code, sent.json()) == (200, {"outcome": "delivered", "status": None})
    ((address, message),) = server.taken
    assert (address, str(message["Subject"])) == (NEW["email"], "Test-Mail von Northwind Robotics")
    assert_problem(await either_wire.api("POST", "/mail/trials", body), 409, "tried_just_now")


async def test_a_server_that_is_away_is_told(wire: Wire) -> None:
    sent = await wire.api("POST", "/mail/trials", await trial(wire))

    assert sent.json() == {"outcome": "later", "status": None}


async def test_nobody_else_gets_a_test_mail(wire: Wire) -> None:
    body = await trial(wire)

    assert_problem(await wire.api("POST", "/mail/trials", body, slug="lakeside"), 404, "not_found")
    assert_problem(await wire.api("POST", "/mail/trials", {"staff_id": TO}), 404, "not_found")
