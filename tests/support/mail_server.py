"""A mail server on loopback that keeps what it takes, and refuses whom it is told to."""

import asyncio
import contextlib
import email
import email.policy
import ssl
import warnings
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
LONGEST_WAIT_S = 30


@dataclass
class MailServer:
    """*taken* are recipient and message, in their order; *answers* are replies to recipients that are refused."""

    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    _came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def wait_for(self, count: int) -> None:
        """Wait until so many mails were taken, but not for ever."""
        async with asyncio.timeout(LONGEST_WAIT_S), self._came:
            await self._came.wait_for(lambda: len(self.taken) >= count)

    async def handle_RCPT(  # noqa: N802  # the library's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content
        assert isinstance(content, bytes)
        message = cast(EmailMessage, email.message_from_bytes(content, policy=email.policy.default))
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        async with self._came:
            self._came.notify_all()
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:  # noqa: ANN401
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=data.password == b"open sesame", handled=False)


@contextlib.asynccontextmanager
async def mail_server(
    port: int, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, with_login: bool = False
) -> AsyncIterator[MailServer]:
    """Run a mail server: *tls* from the first byte, or *starttls* when asked."""
    made = MailServer()

    spoken: list[SMTP] = []

    def protocol() -> SMTP:
        with warnings.catch_warnings():  # it warns of logins in clear, which never leave this computer
            warnings.simplefilter("ignore", UserWarning)
            spoken.append(
                SMTP(
                    made,
                    hostname="mail.test",
                    tls_context=starttls,
                    require_starttls=starttls is not None,
                    authenticator=made.authenticate if with_login else None,
                    auth_required=with_login,
                    auth_require_tls=False,
                    enable_SMTPUTF8=True,
                )
            )
        return spoken[-1]

    server = await asyncio.get_running_loop().create_server(protocol, HOST, port, ssl=tls)
    try:
        yield made
    finally:
        server.close()
        for each in spoken:
            if each.transport is not None:
                each.transport.abort()
        await server.wait_closed()
