"""Deferred: a Cred that its issuer prepares; the vault remembers it, and it is asked for again when it may be there.

Source: OpenID4VCI 1.0 sections 8.3, 9.1 to 9.3.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from billfold.adapters.vault.records import StoredDeferred, StoredPairing, Wanted
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.credential import (
    CredentialResponse,
    build_deferred_request,
    parse_credential_response,
)
from billfold.errors import MetadataError, ResponseError, TransportError
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.pairing import signed_call
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, require_success

LONGEST_WAIT: Final = timedelta(days=30)

_OVER: Final = ("invalid_transaction_id", "credential_request_denied")


class ComesLater(TransportError):
    """The issuer is still preparing this Cred."""

    code = "deferred"


def wait(
    parts: HolderParts, pairing: StoredPairing, wanted: Wanted, keys: Sequence[PrivateKey], response: CredentialResponse
) -> ComesLater:
    """Remember that *wanted* comes later, and return the error that says so."""
    if response.transaction_id is None:
        raise ValueError("expected a response that promises Creds")
    jwks = tuple(key.to_jwk() for key in keys)
    ask_at = parts.now() + _interval(response)
    entry = StoredDeferred(pairing.issuer, wanted, response.transaction_id, jwks, ask_at)
    parts.vault.change(lambda contents: contents.with_deferred(entry))
    return ComesLater("expected the Cred now, got the promise of a later one")


async def collect(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, waiting: StoredDeferred
) -> CredentialResponse:
    """Ask for what was promised, not before the issuer said; return it once it is there.

    Raises:
        ComesLater: it is still being prepared, or it is too early to ask.
        PeerRefusal: the issuer does not give it; where it never will, the promise is forgotten.
        MetadataError, ResponseError: the issuer breaks its promise, which is forgotten.
        TransportError: the issuer did not answer.
    """
    if parts.now() < waiting.ask_at:
        raise ComesLater("expected to ask later, as the issuer said")
    try:
        response = await _ask(parts, documents, pairing, waiting)
    except PeerRefusal as exc:
        if exc.code in _OVER:
            forget(parts, waiting)
        raise
    except (MetadataError, ResponseError):
        forget(parts, waiting)
        raise
    if response.credentials is None:
        later = msgspec.structs.replace(waiting, ask_at=parts.now() + _interval(response))
        parts.vault.change(lambda contents: contents.with_deferred(later))
        raise ComesLater("expected the Cred now, it is still being prepared")
    return response


def forget(parts: HolderParts, waiting: StoredDeferred) -> None:
    """Forget what was promised: the next sync asks anew for what is listed then."""
    parts.vault.change(lambda contents: contents.without_deferred(waiting))


async def _ask(
    parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing, waiting: StoredDeferred
) -> CredentialResponse:
    endpoint = documents.metadata.deferred_credential_endpoint
    if endpoint is None:
        raise MetadataError("expected deferred_credential_endpoint of an issuer that promised a Cred")
    call = signed_call(pairing, "POST", endpoint, build_deferred_request(waiting.transaction_id))
    answer = require_success(await parts.peers.send(call), "a Cred", 200, 202)
    keys_sent = max(1, len(waiting.keys))
    response = parse_credential_response(answer.body, answer.headers.get("content-type"), keys_sent=keys_sent)
    if response.transaction_id not in (None, waiting.transaction_id):
        raise ResponseError("expected the transaction_id that was promised")
    return response


def _interval(response: CredentialResponse) -> timedelta:
    return timedelta(seconds=min(response.interval or 0, LONGEST_WAIT.total_seconds()))
