"""Token: spend the pairing code, or refresh, under the device's key.

Source: OpenID4VCI 1.0 sections 6.1 and 6.2; RFC 6749 sections 5 and 6; RFC 9449 section 5; pairing profile, item 3.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from billfold.adapters.vault.records import StoredPairing
from billfold.core.keys import DPOP_ALGORITHMS, PrivateKey
from billfold.core.oauth import form
from billfold.core.oauth.authorization_details import MAX_DETAILS
from billfold.core.oauth.metadata import AuthorizationServerMetadata
from billfold.core.oauth.token import (
    PreAuthorizedCodeGrant,
    RefreshTokenGrant,
    TokenRequest,
    TokenResponse,
    build_token_request,
    parse_token_response,
)
from billfold.core.openid4vci.metadata import FORMAT_SD_JWT_VC
from billfold.errors import MetadataError, ResponseError, StateError
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.offer import PairingReview
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, SignedCall, require_success

_BEARER: Final = "Bearer"


async def redeem_code(
    parts: HolderParts, review: PairingReview, tx_code: str | None, device_key: PrivateKey
) -> TokenResponse:
    """Spend the pairing code of *review*.

    Raises:
        StateError: the PIN is missing, or one was given that nobody asked for.
        PeerRefusal: the code is spent, or the PIN is wrong.
        MetadataError, ResponseError: the answer cannot be used.
        TransportError: the server did not answer; the code may be spent or not.
    """
    if review.needs_tx_code != bool(tx_code):
        raise StateError(f"expected {'the PIN' if review.needs_tx_code else 'no PIN'} for this pairing code")
    grant = PreAuthorizedCodeGrant(review.grant.code, tx_code=tx_code or None)
    asked = review.offer.credential_configuration_ids
    return await _ask(parts, review.documents, review.authorization_server, grant, device_key, asked=asked)


async def refresh(
    parts: HolderParts, documents: IssuerDocuments, server: AuthorizationServerMetadata, pairing: StoredPairing
) -> TokenResponse:
    """Get a new access token for *pairing*.

    Raises:
        StateError: there is no refresh token.
        PeerRefusal: `invalid_grant`; with `pairing_ended` where the pairing is over.
        MetadataError, ResponseError: the answer cannot be used.
        TransportError: the server did not answer.
    """
    if pairing.refresh_token is None:
        raise StateError("expected a pairing with a refresh token")
    offered = documents.metadata.credential_configurations_supported
    asked = [name for name, entry in offered.items() if entry.format == FORMAT_SD_JWT_VC]
    grant = RefreshTokenGrant(pairing.refresh_token)
    return await _ask(parts, documents, server, grant, PrivateKey.from_jwk(pairing.device_key), asked=asked)


def with_tokens(pairing: StoredPairing, tokens: TokenResponse, now: datetime) -> StoredPairing:
    """Return *pairing* with new *tokens*; a refresh token that did not come again stays as it was."""
    return msgspec.structs.replace(
        pairing,
        token_type="Bearer" if tokens.token_type == _BEARER else "DPoP",  # a scheme's name
        access_token=tokens.access_token,
        access_expires_at=None if tokens.expires_in is None else now + timedelta(seconds=tokens.expires_in),
        refresh_token=tokens.refresh_token or pairing.refresh_token,
        state="active",
    )


async def _ask(
    parts: HolderParts,
    documents: IssuerDocuments,
    server: AuthorizationServerMetadata,
    grant: TokenRequest,
    device_key: PrivateKey,
    *,
    asked: Sequence[str],
) -> TokenResponse:
    """Ask with `authorization_details` where the issuer speaks the pairing profile; else, or if refused, without."""
    if documents.metadata.billfold_pairing is None:
        return await _post(parts, documents, server, build_token_request(grant), device_key)
    location = documents.identifier if documents.metadata.authorization_servers else None
    named = build_token_request(grant, configuration_ids=asked[:MAX_DETAILS], location=location)
    try:
        return await _post(parts, documents, server, named, device_key)
    except PeerRefusal as exc:
        if exc.code != "invalid_authorization_details":
            raise
    return await _post(parts, documents, server, build_token_request(grant), device_key)


async def _post(
    parts: HolderParts,
    documents: IssuerDocuments,
    server: AuthorizationServerMetadata,
    fields: dict[str, str],
    device_key: PrivateKey,
) -> TokenResponse:
    assert server.token_endpoint is not None  # noqa: S101  # parse_metadata refused it else
    announced = server.dpop_signing_alg_values_supported
    if announced and not set(announced) & set(DPOP_ALGORITHMS):
        raise MetadataError(f"expected an authorization server that takes proofs by {', '.join(DPOP_ALGORITHMS)}")
    call = SignedCall(
        "POST", server.token_endpoint, device_key, content=form.encode_form(fields), content_type=form.MEDIA_TYPE
    )
    answer = require_success(await parts.peers.send(call), "tokens", 200)
    tokens = parse_token_response(answer.body)
    if tokens.token_type == _BEARER and (announced or documents.metadata.billfold_pairing is not None):
        raise ResponseError("expected tokens that are bound to the device's key")
    return tokens
