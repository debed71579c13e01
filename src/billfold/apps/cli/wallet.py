"""`billfold wallet`: the headless wallet at the command line.

Exit status: 0 done, 1 refused or failed, 2 used wrongly.
"""

from pathlib import Path
from typing import Annotated

import typer

from billfold.apps.cli import wallet_json, wallet_words
from billfold.apps.cli.wallet_session import DEFAULT_WALLET_URL, Session, default_vault, fail, run
from billfold.errors import StateError
from billfold.holder import (
    Declined,
    HeldCred,
    PairedIssuer,
    PairingResult,
    Review,
    Shared,
    StoredShare,
    SyncedIssuer,
    Wallet,
)

app = typer.Typer(
    help="A wallet for the command line: receive Creds, look at them, and share what you choose.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Link = Annotated[str, typer.Argument(help="A link as it was scanned or pasted, or a short code.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before going on.")]
Unproven = Annotated[bool, typer.Option("--unproven", help="With --yes: go on even where the identity is not proven.")]


@app.callback()
def options(
    context: typer.Context,
    vault: Annotated[Path | None, typer.Option(help="The wallet's file.", dir_okay=False)] = None,
    wallet_url: Annotated[
        str | None,
        typer.Option(
            envvar="BILLFOLD_WALLET_URL",
            help="The wallet's host: whom it trusts, where codes are looked up. The vault remembers it from then on. "
            f"Default for a new vault: {DEFAULT_WALLET_URL}",
        ),
    ] = None,
) -> None:
    """Keep what stands before the verb."""
    context.obj = Session(vault or default_vault(), wallet_url)


@app.command()
def pair(
    context: typer.Context,
    link: Link,
    pin: Annotated[str | None, typer.Option(help="The PIN, where the code goes with one.")] = None,
    device_name: Annotated[str, typer.Option(help="What the issuer's support is to see.")] = "Command line",
    *,
    yes: Yes = False,
    unproven: Unproven = False,
    json: Json = False,
) -> None:
    """Pair with an issuer and receive its Creds."""
    consent = _Consent(yes=yes, unproven=unproven, quiet=json)
    result = run(_pair(context.obj, link, pin, device_name, consent), as_json=json)
    wallet_words.echo(wallet_json.encode(result) if json else wallet_words.pairing_result(result))
    if result.missing:
        raise typer.Exit(1)


@app.command("list")
def list_creds(context: typer.Context, *, json: Json = False) -> None:
    """List the Creds in this wallet. Nothing is fetched."""
    held = run(_creds(context.obj), as_json=json)
    wallet_words.echo(wallet_json.encode(wallet_json.creds(held)) if json else wallet_words.creds(held))


@app.command()
def show(
    context: typer.Context, cred: Annotated[str, typer.Argument(help="The Cred's id.")], *, json: Json = False
) -> None:
    """Show one Cred with its fields."""
    held = run(_opened(context.obj, cred), as_json=json)
    wallet_words.echo(wallet_json.encode(held) if json else wallet_words.cred(held))


@app.command()
def review(context: typer.Context, link: Link, *, json: Json = False) -> None:
    """See who asks what, and which Creds answer. Nothing is sent."""
    asked = run(_review(context.obj, link), as_json=json)
    wallet_words.echo(wallet_json.encode(wallet_json.review(asked)) if json else wallet_words.review(asked))


@app.command()
def share(
    context: typer.Context,
    link: Link,
    optional: Annotated[list[str] | None, typer.Option(help="An optional field to share; may be given again.")] = None,
    cred: Annotated[str | None, typer.Option(help="The id of the Cred to share from.")] = None,
    *,
    yes: Yes = False,
    unproven: Unproven = False,
    json: Json = False,
) -> None:
    """Share what a requester requires, and the optional fields you name."""
    consent = _Consent(yes=yes, unproven=unproven, quiet=json)
    asked, result = run(_share(context.obj, link, optional or [], cred, consent), as_json=json)
    wallet_words.echo(wallet_json.encode(result) if json else wallet_words.shared(result, asked))
    if not result.accepted:
        raise typer.Exit(1)


@app.command()
def decline(context: typer.Context, link: Link) -> None:
    """Tell a requester that you share nothing."""
    asked, result = run(_decline(context.obj, link), as_json=False)
    wallet_words.echo(wallet_words.declined(result, asked))


@app.command()
def sync(context: typer.Context, *, json: Json = False) -> None:
    """Ask every issuer for news."""
    issuers = run(_sync(context.obj), as_json=json)
    words = "\n".join(map(wallet_words.synced, issuers)) or "You are paired with nobody yet."
    wallet_words.echo(wallet_json.encode({"issuers": issuers}) if json else words)
    if any(issuer.outcome != "up_to_date" for issuer in issuers):
        raise typer.Exit(1)


@app.command()
def unpair(
    context: typer.Context,
    issuer: Annotated[str, typer.Argument(help="The issuer's address, or its name.")],
    *,
    anyway: Annotated[bool, typer.Option("--anyway", help="Even where the issuer cannot be told.")] = False,
) -> None:
    """End the pairing with an issuer, and remove its Creds from this wallet."""
    ended = run(_unpair(context.obj, issuer, anyway=anyway), as_json=False)
    wallet_words.echo(f"Unpaired {wallet_words.clean(ended.name)}. Its Creds are gone from this wallet.")


@app.command()
def history(context: typer.Context, *, json: Json = False) -> None:
    """See with whom what was shared. This never leaves the wallet."""
    shares = run(_history(context.obj), as_json=json)
    wallet_words.echo(wallet_json.encode({"history": shares}) if json else wallet_words.history(shares))


class _Consent:
    """Asks the person before something counts."""

    def __init__(self, *, yes: bool, unproven: bool, quiet: bool) -> None:
        self._yes, self._unproven, self._quiet = yes, unproven, quiet

    def show(self, text: str) -> None:
        """Show what is to be decided on; standard output belongs to the result where that is JSON."""
        wallet_words.echo(f"{text}\n", err=self._quiet)

    def require(self, question: str, *, proven: bool) -> None:
        """Ask *question*, unless it was answered beforehand.

        Raises:
            StateError: not agreed; nothing was done.
        """
        if self._yes and (proven or self._unproven):
            return
        if self._yes:
            raise StateError("expected a proven identity, or --unproven beside --yes", code="not_proven")
        if not typer.confirm(question, err=self._quiet):
            fail(StateError("expected your consent: nothing was done", code="no_consent"), as_json=self._quiet)


async def _pair(session: Session, link: str, pin: str | None, device_name: str, consent: _Consent) -> PairingResult:
    async with await session.open(link, may_create=True) as wallet:
        found = await wallet.look_at(link)
        consent.show(wallet_words.pairing_review(found))
        consent.require("Pair?" if found.proven else "Pair anyway?", proven=found.proven)
        if found.needs_tx_code and pin is None:
            pin = str(typer.prompt(wallet_words.pin_hint(found), err=True)).strip()
        return await wallet.pair(found, pin, device_name)


async def _creds(session: Session) -> tuple[HeldCred, ...]:
    async with session.open_offline() as wallet:
        return wallet.creds()


async def _opened(session: Session, cred_id: str) -> HeldCred:
    async with session.open_offline() as wallet:
        return wallet.opened(cred_id)


async def _review(session: Session, link: str) -> Review:
    async with await session.open(link) as wallet:
        return await wallet.review(link)


async def _share(
    session: Session, link: str, optional: list[str], cred: str | None, consent: _Consent
) -> tuple[Review, Shared]:
    async with await session.open(link) as wallet:
        asked = await wallet.review(link)
        consent.show(wallet_words.review(asked, cred_id=cred))
        if not asked.is_answerable:
            raise StateError("expected Creds that answer this request, got none that do", code="nothing_matches")
        consent.show(wallet_words.consequence(asked, optional, cred_id=cred))
        consent.require("Share?" if asked.proven else "Share anyway?", proven=asked.proven)
        return asked, await wallet.share(asked, optional, cred)


async def _decline(session: Session, link: str) -> tuple[Review, Declined]:
    async with await session.open(link) as wallet:
        asked = await wallet.review(link)
        return asked, await wallet.decline(asked)


async def _sync(session: Session) -> tuple[SyncedIssuer, ...]:
    async with await session.open() as wallet:
        return await wallet.sync()


async def _unpair(session: Session, wanted: str, *, anyway: bool) -> PairedIssuer:
    async with await session.open() as wallet:
        issuer = _issuer(wallet, wanted)
        await wallet.unpair(issuer.identifier, anyway=anyway)
        return issuer


async def _history(session: Session) -> tuple[StoredShare, ...]:
    async with session.open_offline() as wallet:
        return wallet.history()


def _issuer(wallet: Wallet, wanted: str) -> PairedIssuer:
    named = [issuer for issuer in wallet.issuers() if wanted in (issuer.identifier, issuer.name)]
    if len(named) != 1:
        raise StateError("expected the address of an issuer that you are paired with", code="not_paired")
    return named[0]
