"""Mail by SMTP: encrypted as the settings say, or not sent; and what the server's answers mean."""

import ssl
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path

import pytest

from billfold.adapters.notices.delivery import Outcome
from billfold.adapters.notices.mail import Mailer
from tests.support.mail_server import mail_server
from tests.support.pki import Identity, make_identity
from tests.support.ports import free_port

TO = "amara@example.org"


@pytest.fixture
def identity(tmp_path: Path) -> Identity:
    """A certificate for localhost by an authority that no computer knows."""
    return make_identity(tmp_path, "mail", dns=["localhost"])


def served_by(identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(identity.chain, identity.key)
    return context


def mailer(port: int, identity: Identity | None = None) -> Mailer:
    tls = ssl.create_default_context(cafile=identity.root) if identity else None
    return Mailer("localhost", port, "none", "creds@billfold.test", tls=tls)


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = "creds@billfold.test", TO, "Hello"
    made.set_content("A secret.")
    return made


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_mail_goes_encrypted_and_with_a_login(security: str, identity: Identity) -> None:
    port, context = free_port(), served_by(identity)
    given = replace(mailer(port, identity), security=security, username="billfold", password="open sesame")
    async with mail_server(port, **{security: context}, with_login=True) as server:
        delivery = await given.send(message(), TO)

    assert delivery.outcome is Outcome.DELIVERED
    assert [address for address, _ in server.taken] == [TO]
    assert (server.encrypted, server.logins) == ([True], [("billfold", "open sesame")])


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_that_is_not_believed_gets_nothing(security: str, identity: Identity) -> None:
    port = free_port()
    async with mail_server(port, **{security: served_by(identity)}) as server:
        delivery = await replace(mailer(port), security=security).send(message(), TO)

    assert (delivery.outcome, server.taken) == (Outcome.LATER, [])


async def test_a_server_without_starttls_gets_nothing_in_clear(identity: Identity) -> None:
    port = free_port()
    async with mail_server(port) as server:
        delivery = await replace(mailer(port, identity), security="starttls").send(message(), TO)

    assert (delivery.outcome, server.taken) == (Outcome.LATER, [])


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        pytest.param("550 no such mailbox", Outcome.REFUSED, id="nobody-there"),
        pytest.param("452 mailbox full", Outcome.LATER, id="not-now"),
    ],
)
async def test_a_refused_recipient(answer: str, outcome: Outcome) -> None:
    port = free_port()
    async with mail_server(port) as server:
        server.answers[TO] = answer
        delivery = await mailer(port).send(message(), TO)

    assert delivery.outcome is outcome


async def test_a_server_that_is_away_or_does_not_know_us_is_tried_again() -> None:
    port = free_port()
    assert (await mailer(port).send(message(), TO)).outcome is Outcome.LATER

    wrong = replace(mailer(port), username="billfold", password="wrong")
    async with mail_server(port, with_login=True) as server:
        assert (await wrong.send(message(), TO)).outcome is Outcome.LATER

    assert server.taken == []


def test_no_password_is_shown_by_accident() -> None:
    assert "sesame" not in repr(replace(mailer(25), username="billfold", password="open sesame"))
