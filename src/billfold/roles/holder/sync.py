"""Sync: ask each issuer for news; and unpair.

Source: Billfold's pairing profile, items 3 to 7; Token Status List draft 20 section 8.3.
Creds are removed only where the token error says that the pairing has ended: a restored server backup must not empty
phones. Any other `invalid_grant` keeps them, marked as such that cannot be updated.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from billfold.adapters.vault.records import Contents, StoredCred, StoredPairing, Wanted
from billfold.core.oauth.metadata import AuthorizationServerMetadata
from billfold.core.openid4vci.pairing import PushSubscription
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import verify_sd_jwt_vc
from billfold.core.status.status_token import Status
from billfold.errors import BillfoldError, CredentialError, StateError, TransportError, TrustError
from billfold.roles.holder import pairing as pairing_step
from billfold.roles.holder.cred import HeldCred, state_at
from billfold.roles.holder.credential import vouchers
from billfold.roles.holder.metadata import IssuerDocuments, fetch_authorization_server, fetch_issuer
from billfold.roles.holder.notification import report
from billfold.roles.holder.pairing import describe, end, view
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal
from billfold.roles.holder.token import refresh, with_tokens
from billfold.roles.holder.wallet import NotReceived, fetch_all

_STATES: dict[Status, Literal["active", "suspended", "revoked"]] = {
    Status.VALID: "active",
    Status.SUSPENDED: "suspended",
    Status.INVALID: "revoked",
}


@dataclass(frozen=True, slots=True)
class SyncedIssuer:
    """What came of asking one issuer.

    Attributes:
        outcome: `ended`: the issuer ended the pairing, and its Creds are gone from this wallet; `cannot_update`: it
            no longer knows this device, and its Creds stay; `failed`: no usable answer, try again later.
        received: new or changed Creds. *changed* holds the ids of those whose state changed.
        reason: why, where the outcome is not `up_to_date`.
    """

    issuer: str
    name: str
    outcome: Literal["up_to_date", "ended", "cannot_update", "failed"]
    received: tuple[HeldCred, ...] = ()
    changed: tuple[str, ...] = ()
    missing: tuple[NotReceived, ...] = ()
    code: str | None = None
    reason: str | None = None


async def sync(parts: HolderParts) -> tuple[SyncedIssuer, ...]:
    """Ask every issuer for news, one after another."""
    parts.statuses.forget()
    return tuple([await _sync_issuer(parts, pairing) for pairing in parts.vault.contents.pairings])


async def drop_ended(parts: HolderParts, issuer: str) -> None:
    """Ask *issuer*, where it is paired, whether it still is: before somebody pairs with it again."""
    pairing = parts.vault.contents.pairing_of(issuer)
    if pairing is not None and pairing.state == "active":
        await _sync_issuer(parts, pairing)


async def unpair(parts: HolderParts, issuer: str, *, anyway: bool) -> None:
    """End the pairing with *issuer* and remove its Creds.

    Args:
        anyway: remove them even where the issuer cannot be told.

    Raises:
        StateError: there is no such pairing.
        CredentialError, TransportError: the issuer was not told; nothing was removed.
    """
    pairing = parts.vault.contents.pairing_of(issuer)
    if pairing is None:
        raise StateError("expected an issuer that this wallet is paired with", code="not_paired")
    try:
        if pairing.state == "active":
            await _tell_of_end(parts, pairing)
    except (CredentialError, TransportError):
        if not anyway:
            raise
    parts.vault.change(lambda contents: contents.without_issuer(issuer))


async def ring_at(parts: HolderParts, issuer: str, subscription: PushSubscription | None) -> None:
    """Let *issuer* ring at *subscription* when there is news.

    Raises:
        StateError: there is no such pairing.
        CredentialError, TransportError: the issuer's metadata did not come; nothing has changed.
    """
    pairing = parts.vault.contents.pairing_of(issuer)
    if pairing is None:
        raise StateError("expected an issuer that this wallet is paired with", code="not_paired")
    documents, server = await _documents(parts, pairing)
    await _refreshed(parts, documents, server, pairing)
    await pairing_step.ring_at(parts, documents, issuer, subscription)


async def _tell_of_end(parts: HolderParts, pairing: StoredPairing) -> None:
    documents, server = await _documents(parts, pairing)
    try:
        current = await _refreshed(parts, documents, server, pairing)
    except PeerRefusal as exc:
        if exc.code != "invalid_grant":
            raise
        return  # there is nothing left to end
    for cred in parts.vault.contents.creds_of(pairing.issuer):
        await report(parts, documents, current, cred.notification_id, "credential_deleted")
    await end(parts, documents, current)


async def _sync_issuer(parts: HolderParts, pairing: StoredPairing) -> SyncedIssuer:
    """Ask one issuer. Only what its token endpoint says of the grant counts for the pairing (item 7)."""
    try:
        documents, server = await _documents(parts, pairing)
        try:
            current = await _refreshed(parts, documents, server, pairing)
        except PeerRefusal as exc:
            if exc.code != "invalid_grant":
                raise
            return _over(parts, pairing, exc)
        return await _up_to_date(parts, documents, current)
    except (CredentialError, TransportError) as exc:
        reason = (exc.description if isinstance(exc, PeerRefusal) else None) or str(exc)
        return SyncedIssuer(pairing.issuer, pairing.issuer_name, "failed", code=exc.code, reason=reason)


async def _documents(
    parts: HolderParts, pairing: StoredPairing
) -> tuple[IssuerDocuments, AuthorizationServerMetadata | None]:
    """Fetch the issuer's documents, and its authorization server's where there is something to refresh.

    An issuer that was proven must be so for ever, or a stranger could step in.
    """
    documents = await fetch_issuer(parts, pairing.issuer)
    if pairing.proven and not documents.proven:
        raise TrustError("expected an issuer whose identity is proven, as it was when it was paired")
    if pairing.refresh_token is None:
        return documents, None
    return documents, await fetch_authorization_server(parts, documents, pairing.authorization_server)


async def _refreshed(
    parts: HolderParts,
    documents: IssuerDocuments,
    server: AuthorizationServerMetadata | None,
    pairing: StoredPairing,
) -> StoredPairing:
    """Return *pairing* with a new access token, kept before its first use."""
    if server is None:
        return pairing
    tokens = await refresh(parts, documents, server, pairing)
    current = with_tokens(pairing, tokens, parts.now())
    parts.keep_pairing(current)
    return current


async def _up_to_date(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> SyncedIssuer:
    """Statuses come before new Creds, so that one which was revoked but is still listed is fetched again."""
    issuer, name = pairing.issuer, pairing.issuer_name
    listed = await view(parts, documents, pairing)
    before = {cred.id: cred.state for cred in parts.vault.contents.creds_of(issuer)}
    if documents.metadata.billfold_pairing is not None:
        parts.vault.change(lambda contents: _withdraw(contents, issuer, listed))
    failure = await _read_statuses(parts, documents, issuer)
    changed = tuple(c.id for c in parts.vault.contents.creds_of(issuer) if before[c.id] != c.state)
    fetched = await fetch_all(parts, documents, issuer, _lacking(parts.vault.contents.creds_of(issuer), issuer, listed))
    await _refill(parts, documents, issuer, listed)
    await _report_again(parts, documents, pairing)
    await describe(parts, documents, pairing)
    known = {"proven": True, "issuer_name": documents.name} if documents.proven else {}
    parts.change_pairing(issuer, checked_at=parts.now(), **known)
    if failure is None:
        return SyncedIssuer(issuer, name, "up_to_date", fetched.received, changed, fetched.missing)
    why = {"code": failure.code, "reason": str(failure)}
    return SyncedIssuer(issuer, name, "failed", fetched.received, changed, fetched.missing, **why)


def _over(parts: HolderParts, pairing: StoredPairing, exc: PeerRefusal) -> SyncedIssuer:
    """Remove the issuer's Creds where it says that the pairing has ended; else mark them as beyond update."""
    issuer, name, reason = pairing.issuer, pairing.issuer_name, exc.description or str(exc)
    if exc.pairing_ended:
        parts.vault.change(lambda contents: contents.without_issuer(issuer))
        return SyncedIssuer(issuer, name, "ended", code=exc.code, reason=reason)
    parts.change_pairing(issuer, state="cannot_update")
    return SyncedIssuer(issuer, name, "cannot_update", code=exc.code, reason=reason)


def _lacking(held: Sequence[StoredCred], issuer: str, listed: Sequence[Wanted]) -> list[Wanted]:
    """Return what is listed and not held, or held in an older revision."""
    return [wanted for wanted in listed if not any(_is_current(cred, issuer, wanted) for cred in held)]


def _is_current(cred: StoredCred, issuer: str, wanted: Wanted) -> bool:
    if not cred.answers(issuer, wanted) or cred.state == "revoked":
        return False
    return wanted.revision is None or (cred.revision is not None and cred.revision >= wanted.revision)


def _withdraw(contents: Contents, issuer: str, listed: Collection[Wanted]) -> Contents:
    """Mark as revoked what the issuer's list no longer holds; the list is the whole truth."""
    for cred in contents.creds_of(issuer):
        if not any(cred.answers(issuer, wanted) for wanted in listed):
            contents = contents.with_cred(msgspec.structs.replace(cred, state="revoked"))
    return contents


async def _refill(parts: HolderParts, documents: IssuerDocuments, issuer: str, listed: Sequence[Wanted]) -> None:
    """Fetch anew the Creds that end soon or whose instances run out; that is no news.

    One that fails leaves what is here, and is asked for again at the next sync.
    """
    held, now = parts.vault.contents.creds_of(issuer), parts.now()
    in_batches = documents.metadata.batch_credential_issuance is not None
    short = [
        wanted
        for wanted in listed
        for cred in held
        if _is_current(cred, issuer, wanted) and cred.state == "active"
        if cred.ends_soon(now) or (in_batches and cred.fresh * 2 < cred.batch)
    ]
    await fetch_all(parts, documents, issuer, short)


async def _report_again(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> None:
    """Report the acceptance of Creds whose first report was lost."""
    for cred in parts.vault.contents.creds_of(pairing.issuer):
        if not cred.notified and await report(parts, documents, pairing, cred.notification_id, "credential_accepted"):
            parts.keep_cred(msgspec.structs.replace(cred, notified=True))


async def _read_statuses(parts: HolderParts, documents: IssuerDocuments, issuer: str) -> BillfoldError | None:
    """Read the status of every Cred that may still change; return what went wrong first, if anything did."""
    failure: BillfoldError | None = None
    for cred in parts.vault.contents.creds_of(issuer):
        if state_at(cred, parts.now()) in ("revoked", "expired"):
            continue
        try:
            parts.keep_cred(await _with_status(parts, documents, cred))
        except (CredentialError, TransportError) as exc:
            failure = failure or exc
    return failure


async def _with_status(parts: HolderParts, documents: IssuerDocuments, cred: StoredCred) -> StoredCred:
    """Return *cred* in the state that its list tells; the Cred itself is checked first (8.3)."""
    pairing = parts.vault.contents.pairing_of(cred.issuer)
    if pairing is None:
        raise StateError("expected a Cred of an issuer that is paired")
    vouching, now = vouchers(documents.anchors, pairing), parts.now()
    verified = verify_sd_jwt_vc(SdJwt.parse(cred.sd_jwt), anchors=vouching.anchors, now=now, haip=vouching.haip)
    status = await parts.statuses.status_of(verified, anchors=vouching.anchors, haip=vouching.haip)
    if status is None:
        return cred
    return msgspec.structs.replace(cred, state=_STATES[status], checked_at=now)
