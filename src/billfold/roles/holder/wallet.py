"""Wallet: pair with an issuer, from the review to the Creds; and what the wallet then holds.

Source: Billfold's pairing profile; OpenID4VCI 1.0 sections 6 to 8 and 11.
Tokens are kept before their first use, and each Cred as soon as it is checked: a crash costs at most one request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from billfold.adapters.vault.records import StoredPairing, Wanted
from billfold.core.oauth.token import TokenResponse
from billfold.errors import BillfoldError, CredentialError, StateError, TransportError
from billfold.roles.holder.cred import HeldCred, held_cred
from billfold.roles.holder.credential import fetch_cred
from billfold.roles.holder.metadata import IssuerDocuments, type_name
from billfold.roles.holder.offer import PairingReview
from billfold.roles.holder.pairing import describe, view
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal
from billfold.roles.holder.token import redeem_code, with_tokens


@dataclass(frozen=True, slots=True)
class PairedIssuer:
    """An issuer that this wallet is paired with.

    Attributes:
        can_update: False once the issuer refused a refresh without having ended the pairing.
        checked_at: when it was last asked for news.
    """

    identifier: str
    name: str
    proven: bool
    paired_at: datetime
    device_name: str
    can_update: bool
    checked_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotReceived:
    """A Cred that did not come: why, by a stable word and in a sentence, and whether the next sync may bring it."""

    configuration_id: str
    type_name: str
    code: str
    reason: str
    comes_later: bool


@dataclass(frozen=True, slots=True)
class PairingResult:
    """What pairing brought. The pairing stands even where a Cred is missing."""

    issuer: PairedIssuer
    received: tuple[HeldCred, ...]
    missing: tuple[NotReceived, ...]


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came of a number of requests for Creds."""

    received: tuple[HeldCred, ...]
    missing: tuple[NotReceived, ...]


async def pair(parts: HolderParts, review: PairingReview, tx_code: str | None, device_name: str) -> PairingResult:
    """Accept *review*: spend the code, keep the tokens, fetch and check every Cred, and tell the issuer.

    Raises:
        StateError: the issuer is paired already, or the PIN is missing or was not asked for.
        PeerRefusal: the code is spent or run out, or the PIN is wrong.
        CredentialError, TransportError: tokens did not come, or cannot be used.
    """
    known = parts.vault.contents.pairing_of(review.issuer)
    if known is not None and known.state == "active":
        raise StateError("expected an issuer that is not paired yet: unpair it first", code="already_paired")
    device_key = parts.new_key()
    tokens = await redeem_code(parts, review, tx_code, device_key)
    pairing = _new_pairing(parts, review, tokens, device_key.to_jwk(), device_name)
    parts.keep_pairing(pairing)
    documents = review.documents
    fetched = await _first_fetch(parts, documents, pairing)
    await describe(parts, documents, pairing)
    return PairingResult(issuer_of(_now_known(parts, pairing)), fetched.received, fetched.missing)


async def fetch_all(parts: HolderParts, documents: IssuerDocuments, issuer: str, wanted: Sequence[Wanted]) -> Fetched:
    """Fetch *wanted* one after another; one that fails does not keep the others away."""
    received: list[HeldCred] = []
    missing: list[NotReceived] = []
    for entry in wanted:
        pairing = parts.vault.contents.pairing_of(issuer)  # a first Cred may have pinned a certificate
        if pairing is None:
            break
        try:
            cred = await fetch_cred(parts, documents, pairing, entry)
            received.append(held_cred(cred, pairing.issuer_name, now=parts.now()))
        except (CredentialError, TransportError) as exc:
            missing.append(_not_received(documents, entry, exc))
    return Fetched(tuple(received), tuple(missing))


def creds(parts: HolderParts) -> tuple[HeldCred, ...]:
    """Return the Creds held, in the order in which they came."""
    contents = parts.vault.contents
    names = {pairing.issuer: pairing.issuer_name for pairing in contents.pairings}
    return tuple(held_cred(cred, names.get(cred.issuer, cred.issuer), now=parts.now()) for cred in contents.creds)


def opened(parts: HolderParts, cred_id: str) -> HeldCred:
    """Note that the person has opened a Cred: it is New no longer.

    Raises:
        StateError: there is no such Cred.
    """
    cred = parts.vault.contents.cred(cred_id)
    if cred is None:
        raise StateError("expected a Cred that this wallet holds", code="no_such_cred")
    if cred.first_opened_at is None:
        parts.keep_cred(msgspec.structs.replace(cred, first_opened_at=parts.now()))
    return next(held for held in creds(parts) if held.id == cred_id)


def issuer_of(pairing: StoredPairing) -> PairedIssuer:
    """Return *pairing* as the person sees it."""
    return PairedIssuer(
        identifier=pairing.issuer,
        name=pairing.issuer_name,
        proven=pairing.proven,
        paired_at=pairing.paired_at,
        device_name=pairing.device_name,
        can_update=pairing.state == "active",
        checked_at=pairing.checked_at,
    )


async def _first_fetch(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> Fetched:
    """Ask what there is and fetch it; where the issuer does not say, the token response has to do."""
    try:
        wanted = await view(parts, documents, pairing)
    except (CredentialError, TransportError):
        wanted = pairing.wanted
    fetched = await fetch_all(parts, documents, pairing.issuer, wanted)
    parts.change_pairing(pairing.issuer, checked_at=parts.now())
    return fetched


def _new_pairing(
    parts: HolderParts,
    review: PairingReview,
    tokens: TokenResponse,
    device_key: dict[str, str],
    device_name: str,
) -> StoredPairing:
    bare = StoredPairing(
        issuer=review.issuer,
        issuer_name=review.issuer_name,
        proven=review.proven,
        paired_at=parts.now(),
        device_key=device_key,
        device_name=device_name,
        token_type="DPoP",  # noqa: S106  # a scheme's name
        access_token="",
        authorization_server=review.grant.authorization_server,
        wanted=_wanted(review, tokens),
    )
    return with_tokens(bare, tokens, parts.now())


def _wanted(review: PairingReview, tokens: TokenResponse) -> tuple[Wanted, ...]:
    """Return what the tokens are good for: by identifier where they name some (OpenID4VCI 8.2)."""
    if tokens.authorization_details is None:
        return tuple(Wanted(name) for name in review.offer.credential_configuration_ids)
    return tuple(
        Wanted(detail.credential_configuration_id, identifier)
        for detail in tokens.authorization_details
        for identifier in detail.credential_identifiers
    )


def _not_received(documents: IssuerDocuments, wanted: Wanted, exc: BillfoldError) -> NotReceived:
    configuration = documents.metadata.credential_configurations_supported.get(wanted.configuration_id)
    name = wanted.configuration_id if configuration is None else type_name(configuration, wanted.configuration_id)
    reason = (exc.description if isinstance(exc, PeerRefusal) else None) or str(exc)
    return NotReceived(wanted.configuration_id, name, exc.code, reason, comes_later=isinstance(exc, TransportError))


def _now_known(parts: HolderParts, pairing: StoredPairing) -> StoredPairing:
    return parts.vault.contents.pairing_of(pairing.issuer) or pairing
