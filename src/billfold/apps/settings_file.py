"""The settings file of an installation that serves the world: `billfold.toml`, made by `billfold init`.

Every setting stands in ``TEMPLATE`` with its meaning; docs/how-to/run.md shows it in use.
"""

import dataclasses
import tomllib
from pathlib import Path

import msgspec

from billfold.adapters.notices.mail import Security
from billfold.apps.public_addresses import base_of, hosts_below
from billfold.apps.settings import MailSettings, Settings
from billfold.errors import ConfigurationError
from billfold.roles.parts import Addresses
from billfold.roles.relay.relay import PUSH_HOSTS

NAME = "billfold.toml"
DEFAULT_PORT = 8600

TEMPLATE = """\
# Settings of this Billfold installation.

# Where people's browsers and other people's software reach it. These addresses are for ever: they stand in every Cred,
# every certificate and every wallet. Nothing else may run on or below the wallet's host.
[addresses]
wallet = "{wallet}"
protocol = "{protocol}"
console = "{console}"
requester = "{requester}"

[server]
# On 127.0.0.1, for the web server in front that speaks TLS: wallet, protocol, console and requester, in this order.
port = {port}

[store]
# sqlite:///PATH for one process, or postgresql://USER:PASSWORD@HOST/DATABASE for one and more.
database_url = "{database_url}"
# The key that everything secret in the database hangs on. Keep a copy elsewhere: without it no key opens again.
master_key_path = "{master_key_path}"

[push]
# Push services of browsers' vendors that the relay passes messages on to, beside the known ones.
more_hosts = []

[letters]
# Files of fonts (TTF or OTF) for names in scripts that the fonts in Billfold lack, such as Chinese or Tamil.
more_fonts = []

# To send pairing codes by mail, name a mail server: take the # away.
# [mail]
# host = "mail.example.org"
# port = 465
# security = "tls"             # tls, starttls, or none to a server on this computer
# sender = "creds@example.org" # where mail comes from; answers go to the organisation's support
# username = "creds"
# password_path = "/…/mail-password"
# authority_path = "/…/authority.pem" # only where no public authority signed the mail server's certificate
"""


class _Addresses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    wallet: str
    protocol: str
    console: str
    requester: str


class _Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    port: int = DEFAULT_PORT


class _Store(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    database_url: str
    master_key_path: str


class _Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    more_hosts: list[str] = []


class _Letters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    more_fonts: list[str] = []


class _Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str
    sender: str
    port: int = 465
    security: Security = "tls"
    username: str | None = None
    password_path: str | None = None
    authority_path: str | None = None

    def settings(self) -> MailSettings:
        files = [Path(each) if each else None for each in (self.password_path, self.authority_path)]
        return MailSettings(self.host, self.port, self.security, self.sender, self.username, *files)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    addresses: _Addresses
    store: _Store
    server: _Server = _Server()
    push: _Push = _Push()
    letters: _Letters = _Letters()
    mail: _Mail | None = None


def write(folder: Path, public: str, *, port: int, database_url: str | None) -> Path:
    """Write the settings of a new installation into *folder*, its hosts below the one of *public*.

    Raises:
        ConfigurationError: *public* is no bare https address, or there are settings already.
    """
    addresses = hosts_below(public)
    path = folder / NAME
    text = TEMPLATE.format(
        **dataclasses.asdict(addresses),
        port=port,
        database_url=database_url or f"sqlite:///{folder.resolve() / 'billfold.db'}",
        master_key_path=folder.resolve() / "master.key",
    )
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("x") as file:
            file.write(text)
    except FileExistsError as exc:
        raise ConfigurationError(f"expected no settings at {path} yet: an address that was given out stays") from exc
    except OSError as exc:
        raise ConfigurationError(f"expected to write {path}, got “{exc.strerror}”") from exc
    return path


def read(path: Path) -> Settings:
    """Read the settings at *path*.

    Raises:
        ConfigurationError: unreadable, an unknown or missing setting, or an address that cannot be.
    """
    try:
        found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File)
    except OSError as exc:
        raise ConfigurationError(f"expected settings at {path}: run `billfold init`, or name them") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as exc:
        raise ConfigurationError(f"expected readable settings at {path}, got: {exc}") from exc
    addresses = Addresses(
        *(base_of(url) for url in (found.addresses.wallet, found.addresses.protocol)),
        *(base_of(url) for url in (found.addresses.console, found.addresses.requester)),
    )
    return Settings(
        database_url=found.store.database_url,
        master_key_path=Path(found.store.master_key_path),
        addresses=addresses,
        port=found.server.port,
        push_hosts=(*PUSH_HOSTS, *found.push.more_hosts),
        fonts=tuple(map(Path, found.letters.more_fonts)),
        mail=found.mail.settings() if found.mail else None,
    )
