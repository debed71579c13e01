"""Settings: what one installation is started with."""

import os
from dataclasses import dataclass
from pathlib import Path

from billfold.adapters.notices.mail import Security
from billfold.apps.public_addresses import PORTS
from billfold.core.oauth.urls import is_loopback
from billfold.errors import ConfigurationError
from billfold.roles.parts import Addresses
from billfold.roles.relay.relay import PUSH_HOSTS

HOST = "127.0.0.1"
_THIS_COMPUTER = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the authority that our own client trusts, the servers' certificate, and its key."""

    authority: Path
    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server that takes our mail.

    Attributes:
        security: "tls", "starttls", or "none" to a server on this computer alone.
        password_path: a file with nothing but the password.
        authority_path: a PEM file of the authority that signed the server's certificate; None: a public one did.
    """

    host: str
    port: int
    security: Security
    sender: str
    username: str | None = None
    password_path: Path | None = None
    authority_path: Path | None = None

    def __post_init__(self) -> None:
        """Refuse what would carry codes and PINs over a network for all to read.

        Raises:
            ConfigurationError: no TLS to another computer, a password without a name, or no sender.
        """
        if self.security == "none" and self.host not in _THIS_COMPUTER:
            raise ConfigurationError("expected mail.security of tls or starttls to another computer, got none")
        if self.password_path is not None and self.username is None:
            raise ConfigurationError("expected mail.username beside mail.password_path")
        if "@" not in self.sender or not self.sender.isprintable() or " " in self.sender:
            raise ConfigurationError(f"expected mail.sender as an e-mail address, got {self.sender}")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs from one installation to the next.

    Attributes:
        database_url: ``sqlite:///PATH`` or ``postgresql://…``.
        master_key_path: a file of 32 bytes in hex, outside the database.
        port: the wallet's; protocol, console with API, and requester take the three that follow.
        push_hosts: push services that the relay passes messages on to; ``*.name`` stands for all below a name.
        tls: speak https here, and trust this authority; else a web server in front does.
        mail: None: no mail is sent.
        fonts: files of fonts for letters, beside those that come along.
        development: only on loopback: http is spoken, and loopback addresses alone are fetched from.
    """

    database_url: str
    master_key_path: Path
    addresses: Addresses
    port: int
    development: bool = False
    push_hosts: tuple[str, ...] = PUSH_HOSTS
    tls: TlsFiles | None = None
    mail: MailSettings | None = None
    fonts: tuple[Path, ...] = ()

    @classmethod
    def on_loopback(
        cls,
        port: int,
        data: Path,
        *,
        database_url: str | None = None,
        tls: TlsFiles | None = None,
        public: Addresses | None = None,
    ) -> "Settings":
        """Return the settings of an installation that lives in the folder *data* and listens on loopback only.

        Its database is an SQLite file there, unless *database_url* says otherwise. Its addresses are *public*, where
        somebody's TLS server passes them on to here; else always ``localhost``: WebAuthn takes no IP address, and an
        origin is for ever.
        """
        scheme = "https" if tls else "http"
        here = Addresses(*(f"{scheme}://localhost:{port + number}" for number in range(PORTS)))
        return cls(
            database_url=database_url or f"sqlite:///{data / 'billfold.db'}",
            master_key_path=data / "master.key",
            addresses=public or here,
            port=port,
            development=public is None or is_loopback(public.wallet),
            push_hosts=_push_hosts(),
            tls=tls,
            mail=_mail(),
        )


def _push_hosts() -> tuple[str, ...]:
    """Return the known push services, and what ``BILLFOLD_PUSH_HOSTS`` adds (names with commas between)."""
    added = os.environ.get("BILLFOLD_PUSH_HOSTS", "").split(",")
    return (*PUSH_HOSTS, *(name.strip() for name in added if name.strip()))


def _mail() -> MailSettings | None:
    """Return the mail server of ``BILLFOLD_SMTP`` (``localhost:1025``), which must be on this computer.

    Raises:
        ConfigurationError: it is no host and port.
    """
    host, _, port = os.environ.get("BILLFOLD_SMTP", "").rpartition(":")
    if not port:
        return None
    if not host or not port.isdecimal():
        raise ConfigurationError("expected BILLFOLD_SMTP as HOST:PORT")
    return MailSettings(host, int(port), "none", "billfold@localhost")
