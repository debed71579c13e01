"""What the wallet's commands share: which vault and host, the passphrase, and how a failure ends."""

import asyncio
import os
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar
from urllib.parse import urlsplit

import platformdirs
import typer

from billfold.apps.cli import wallet_errors
from billfold.core.oauth.urls import is_loopback
from billfold.errors import BillfoldError
from billfold.holder import TrustList, Wallet, is_development, load_trust

PASSPHRASE_VARIABLE: Final = "BILLFOLD_VAULT_PASSPHRASE"  # noqa: S105  # where it is found
DEFAULT_WALLET_URL: Final = "http://localhost:8600"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Session:
    """The options before the verb. *wallet_url* is None where none was given: then the vault remembers its host."""

    vault: Path
    wallet_url: str | None

    def host_for(self, link: str) -> str:
        """Return the host of a new wallet: the one given, else one that a link on this computer names, else the demo's.

        A link from elsewhere never decides whom the wallet trusts.
        """
        if self.wallet_url is not None:
            return self.wallet_url.removesuffix("/")
        address, _, fragment = link.strip().partition("#")
        if fragment and address.startswith("http://") and is_loopback(address):
            return f"http://{urlsplit(address).netloc}"
        return DEFAULT_WALLET_URL

    async def open(self, link: str = "", *, may_create: bool = False) -> Wallet:
        """Open the wallet for work with other servers; their anchors come from the wallet's host.

        Raises:
            BillfoldError: as `Wallet.connect`, `Wallet.create` and `load_trust`.
        """
        host = self.host_for(link)
        if may_create and not self.vault.exists():
            development = is_development(host)
            trust = await load_trust(host, development=development)
            passphrase = _new_passphrase()
            return Wallet.create(self.vault, passphrase, trust=trust, wallet_url=host, development=development)
        return await Wallet.connect(self.vault, _passphrase(), wallet_url=self.wallet_url, fallback=host)

    def open_offline(self) -> Wallet:
        """Open the wallet to look at what it holds; nothing is fetched.

        Raises:
            BillfoldError: as `Wallet.open`.
        """
        return Wallet.open(self.vault, _passphrase(), trust=TrustList())


def default_vault() -> Path:
    """Return where the vault lies when nobody says otherwise."""
    return Path(platformdirs.user_data_dir("billfold", appauthor=False)) / "wallet.vault"


def run(work: Coroutine[Any, Any, T], *, as_json: bool) -> T:
    """Return what *work* returns; an error of ours is told in plain words and ends with exit status 1."""
    try:
        return asyncio.run(work)
    except BillfoldError as exc:
        fail(exc, as_json=as_json)


def fail(exc: BillfoldError, *, as_json: bool) -> NoReturn:
    """Tell *exc*, on standard error for people and on standard output as JSON, and end with exit status 1."""
    if as_json:
        typer.echo(wallet_errors.as_json(exc))
    else:
        typer.echo(wallet_errors.as_text(exc), err=True)
    raise typer.Exit(1)


def _passphrase() -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    return given if given is not None else str(typer.prompt("Passphrase", hide_input=True, err=True))


def _new_passphrase() -> str:
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given is not None:
        return given
    typer.echo("Choose a passphrase for your new wallet. Nobody can reset it.", err=True)
    return str(typer.prompt("Passphrase", hide_input=True, confirmation_prompt="Once more", err=True))
