"""Token: is the code good, once; does the refresh token still belong to a living pairing and its device.

Source: OpenID4VCI 1.0 sections 6.1 to 6.3; RFC 6749 sections 5 and 6; RFC 9449 section 5; the pairing profile, items
2, 3 and 7. Refresh tokens are bound to the device's key and not rotated (FAPI 2.0 SP 5.3.2.1), so that an answer
lost on the way costs a retry and not the pairing.
"""

from collections.abc import Sequence
from datetime import timedelta

from billfold.adapters.store import pairings, redemptions, states
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.records import Entitlement
from billfold.adapters.store.redemptions import Redemption
from billfold.core.encoding import b64url_encode
from billfold.core.oauth.authorization_details import AuthorizedDetail
from billfold.core.oauth.dpop import DpopProof
from billfold.core.oauth.token import PreAuthorizedCodeGrant, RefreshTokenGrant, TokenResponse
from billfold.errors import RequestRefused
from billfold.roles.issuer.codes import tx_code_hash
from billfold.roles.issuer.dpop import proof_used_before, used
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import Parts, sha256

ACCESS_LIFETIME = timedelta(minutes=10)
BEARER_LIFETIME = timedelta(minutes=5)  # OpenID4VCI 13.10: longer only if sender-constrained
TOKEN_BYTES = 32


class PairingEnded(RequestRefused):
    """The pairing behind this refresh token has ended; only this makes a wallet remove its Creds."""


async def redeem_code(
    parts: Parts, issuer: Issuer, grant: PreAuthorizedCodeGrant, proof: DpopProof | None, *, reference: str
) -> TokenResponse:
    """Spend a pre-authorized code for the tokens of a new pairing.

    Args:
        proof: of the device's key; None where the wallet sent none.

    Raises:
        RequestRefused: `invalid_grant`, `invalid_request` (PIN missing or unexpected), `invalid_dpop_proof`,
            or `invalid_authorization_details`, which leaves the code unspent.
    """
    if proof is None and not issuer.organisation.settings.allow_bearer:
        raise RequestRefused("invalid_dpop_proof", "expected a DPoP proof, this issuer pairs with a device key only")
    code_hash = sha256(grant.code)
    details = None
    if grant.authorization_details is not None:
        held = await redemptions.held_through(parts.store, issuer.id, code_hash, now=parts.now())
        if held is None:
            raise _dead_code()
        details = _authorize(issuer, grant.authorization_details, held)
    access_token, refresh_token = _new_token(parts), _new_token(parts) if proof else None
    lifetime = ACCESS_LIFETIME if proof else BEARER_LIFETIME
    redemption = await redemptions.redeem(
        parts.store,
        issuer.id,
        code_hash=code_hash,
        tx_code_hash=None if grant.tx_code is None else tx_code_hash(grant.code, grant.tx_code),
        pairing_id=parts.new_id(),
        device_jkt=proof.jkt if proof else None,
        client_id=grant.client_id,
        access_token_hash=sha256(access_token),
        access_expires_at=parts.now() + lifetime,
        uses_identifiers=details is not None,
        refresh_token_hash=sha256(refresh_token) if refresh_token else None,
        act=parts.act("wallet", reference=reference),
    )
    _require_redeemed(redemption, grant)
    return _response(access_token, lifetime, refresh_token, details)


async def refresh(parts: Parts, issuer: Issuer, grant: RefreshTokenGrant, proof: DpopProof) -> TokenResponse:
    """Give a living pairing a new access token; the refresh token stays.

    Raises:
        PairingEnded: the pairing has ended.
        RequestRefused: `invalid_grant`, `invalid_scope`, `invalid_authorization_details`, or `invalid_dpop_proof` where
            the proof changed something before.
    """
    if grant.scope is not None:
        raise RequestRefused("invalid_scope", "expected no scope, this grant has none")
    refresh_hash = sha256(grant.refresh_token)
    details = None
    if grant.authorization_details is not None:
        held = await pairings.held_through(parts.store, issuer.id, refresh_hash)
        try:
            details = _authorize(issuer, grant.authorization_details, held)
        except RequestRefused:
            await _require_alive(parts, issuer, grant, proof)  # says first what is wrong with the token itself
            raise
    access_token = _new_token(parts)
    try:
        refreshed = await pairings.refresh(
            parts.store,
            issuer.id,
            refresh_token_hash=refresh_hash,
            device_jkt=proof.jkt,
            client_id=grant.client_id,
            proof=used(proof, parts.now()),
            access_token_hash=sha256(access_token),
            access_expires_at=parts.now() + ACCESS_LIFETIME,
            uses_identifiers=details is not None,
            now=parts.now(),
        )
    except Conflict as exc:
        raise proof_used_before(status=400) from exc
    if not refreshed:
        await _require_alive(parts, issuer, grant, proof)
        raise _unused_for_too_long()
    return _response(access_token, ACCESS_LIFETIME, grant.refresh_token, details)


def _authorize(
    issuer: Issuer, asked: Sequence[str] | None, held: Sequence[Entitlement]
) -> tuple[AuthorizedDetail, ...] | None:
    """Return the identifiers that are there now for the configurations asked for; an identifier is an Entitlement."""
    if asked is None:
        return None
    if not set(asked) <= issuer.types.keys():
        raise RequestRefused("invalid_authorization_details", "expected configurations that the metadata lists")
    identifiers = {c: tuple(e.id for e in held if e.credential_type == c) for c in asked}
    details = tuple(AuthorizedDetail(c, found) for c, found in identifiers.items() if found)
    if not details:
        raise RequestRefused("invalid_authorization_details", "expected a configuration that has a Cred for you now")
    return details


def _require_redeemed(redemption: Redemption | None, grant: PreAuthorizedCodeGrant) -> None:
    if redemption is None:
        raise _dead_code()
    if redemption.redeemed:
        return
    if not redemption.has_tx_code:
        raise RequestRefused("invalid_request", "expected no tx_code, this code goes without a PIN")
    if grant.tx_code is None:
        raise RequestRefused("invalid_request", "expected tx_code, this code goes with a PIN")
    raise RequestRefused("invalid_grant", f"This PIN is wrong. {_what_now(redemption.tries_left)}")


def _what_now(tries_left: int) -> str:
    """Say what a person does after a wrong PIN: this description is what wallets show."""
    if not tries_left:
        return "That was the last try, and the code is dead now: ask the issuer for a new one"
    tries = "1 try is left" if tries_left == 1 else f"{tries_left} tries are left"
    return f"Compare it with the one that you were given, and try again: {tries}"


def _dead_code() -> RequestRefused:
    message = "expected a code that is neither used nor run out, ask the issuer for a new one"
    return RequestRefused("invalid_grant", message)


async def _require_alive(parts: Parts, issuer: Issuer, grant: RefreshTokenGrant, proof: DpopProof) -> None:
    """Refuse a refresh token that is unknown, another device's or client's, or of a pairing that has ended."""
    found = await pairings.refresh_state(parts.store, issuer.id, sha256(grant.refresh_token))
    if found is None or found.device_jkt != proof.jkt:
        raise _not_this_devices()
    if grant.client_id is not None and found.client_id not in (None, grant.client_id):
        raise RequestRefused("invalid_grant", "expected the client_id that the code was redeemed with, or none")
    if found.state == states.ENDED:
        raise PairingEnded("invalid_grant", "expected a living pairing, this one has ended")


def _not_this_devices() -> RequestRefused:
    return RequestRefused("invalid_grant", "expected a refresh token of this device's pairing")


def _unused_for_too_long() -> RequestRefused:
    message = "expected a device that was in contact within 12 months, ask the issuer's support to pair it again"
    return RequestRefused("invalid_grant", message)


def _new_token(parts: Parts) -> str:
    return b64url_encode(parts.random(TOKEN_BYTES))


def _response(
    access_token: str, lifetime: timedelta, refresh_token: str | None, details: tuple[AuthorizedDetail, ...] | None
) -> TokenResponse:
    """Return the answer; only a token that is bound to a key comes with a refresh token."""
    return TokenResponse(
        access_token=access_token,
        token_type="DPoP" if refresh_token else "Bearer",
        expires_in=int(lifetime.total_seconds()),
        refresh_token=refresh_token,
        authorization_details=details,
    )
