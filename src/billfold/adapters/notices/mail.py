"""Mail: one message to one mail server by SMTP, and what its answer means.

Source: RFC 5321 sections 4.2 (replies) and 4.5.4 (retrying), RFC 8314 (TLS). A server that stops in the middle may
have taken a message that we send again; it carries the same Message-ID, by which receivers know it.
"""

import ssl
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Literal

import aiosmtplib
import structlog

from billfold.adapters.notices.delivery import Delivery, Outcome
from billfold.errors import StateError

Security = Literal["tls", "starttls", "none"]
TIMEOUT_S: Final = 30

log = structlog.get_logger("billfold.mail")


class BadAddress(StateError):
    """What stands in the directory is no address that mail can go to."""

    code = "no_email"


def mailbox(name: str, address: str) -> Address:
    """Return name and address as a message's field has them.

    Raises:
        BadAddress: it is no address.
    """
    try:
        return Address(name, addr_spec=address)
    except (ValueError, IndexError, MessageError) as exc:
        raise BadAddress("expected an e-mail address in the directory") from exc


@dataclass(frozen=True, slots=True)
class Mailer:
    """A mail server that takes our mail.

    Attributes:
        security: "tls" from the first byte, "starttls", or "none" (a server on this computer alone).
        sender: the address that mail comes from.
        tls: which certificates are believed; None: those that this computer believes.
    """

    host: str
    port: int
    security: Security
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    async def send(self, message: EmailMessage, recipient: str) -> Delivery:
        """Send *message* to *recipient*; nothing of either is logged."""
        try:
            await aiosmtplib.send(
                message,
                sender=self.sender,
                recipients=[recipient],
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                timeout=TIMEOUT_S,
                use_tls=self.security == "tls",
                start_tls=self.security == "starttls",
                tls_context=self.tls,
            )
        except aiosmtplib.SMTPRecipientsRefused as exc:
            return _refusal(exc.recipients[0].code)
        except aiosmtplib.SMTPDataError as exc:
            return _refusal(exc.code)
        except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
            # Not about this message: the server is away, or does not believe us. Staff of the server can mend that.
            status = getattr(exc, "code", None)
            log.warning("unsent", why=type(exc).__name__, status=status)
            return Delivery(Outcome.LATER, status=status)
        return Delivery(Outcome.DELIVERED)


def _refusal(status: int) -> Delivery:
    """Return what a refused recipient or message means: 4yz is "not now" (RFC 5321 4.2.1)."""
    return Delivery(Outcome.REFUSED if status >= 500 else Outcome.LATER, status=status)
