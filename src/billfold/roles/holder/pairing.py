"""Pairing: what the issuer has for this device, what it is told of it, and how the pairing ends.

Source: Billfold's pairing profile, items 4 to 7; RFC 9449 7.1.
"""

from billfold import __version__
from billfold.adapters.vault.records import StoredPairing, Wanted
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.metadata import CredentialIssuerMetadata
from billfold.core.openid4vci.pairing import (
    ClientReport,
    PairingUpdate,
    PushSubscription,
    encode_pairing,
    parse_pairing_view,
)
from billfold.errors import ResponseError, TransportError
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import SignedCall, require_success


def signed_call(pairing: StoredPairing, method: str, url: str, content: bytes | None = None) -> SignedCall:
    """Return a request to *url* with the access token of *pairing*, signed by its device's key."""
    key = PrivateKey.from_jwk(pairing.device_key)
    return SignedCall(method, url, key, pairing.access_token, pairing.token_type, content)


async def view(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> tuple[Wanted, ...]:
    """Return what the person should hold now: as the issuer lists it, or as the token was given.

    Raises:
        PeerRefusal, ResponseError: the issuer does not say.
        TransportError: the issuer did not answer.
    """
    endpoint = _endpoint(documents.metadata)
    if endpoint is None:
        return pairing.wanted
    answer = require_success(await parts.peers.send(signed_call(pairing, "GET", endpoint)), "the pairing", 200)
    return tuple(
        Wanted(entry.credential_configuration_id, entry.credential_identifier, entry.revision)
        for entry in parse_pairing_view(answer.body).entitlements
    )


async def describe(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> None:
    """Tell the issuer this device's name and where to ring it, once; what failed the next sync tells again."""
    endpoint = _endpoint(documents.metadata)
    if endpoint is None or pairing.described:
        return
    unlock = "passphrase" if parts.vault.is_sealed else "none"
    notifications = "none" if pairing.push is None else "granted"
    client = ClientReport(version=__version__, display_mode="headless", unlock=unlock, notifications=notifications)
    body = encode_pairing(PairingUpdate(pairing.device_name, pairing.push, client))
    try:
        answer = await parts.peers.send(signed_call(pairing, "PUT", endpoint, body))
        require_success(answer, "to be told of the device", 200, 204)
    except (TransportError, ResponseError):
        return
    parts.change_pairing(pairing.issuer, described=True)


async def ring_at(
    parts: HolderParts, documents: IssuerDocuments, issuer: str, subscription: PushSubscription | None
) -> None:
    """Keep where this wallet is rung by *issuer*, and tell it so."""
    parts.change_pairing(issuer, push=subscription, described=False)
    pairing = parts.vault.contents.pairing_of(issuer)
    if pairing is not None:
        await describe(parts, documents, pairing)


async def end(parts: HolderParts, documents: IssuerDocuments, pairing: StoredPairing) -> None:
    """End the pairing with the issuer.

    Raises:
        PeerRefusal, ResponseError: the issuer does not end it.
        TransportError: the issuer did not answer.
    """
    endpoint = _endpoint(documents.metadata)
    if endpoint is None:
        return
    answer = await parts.peers.send(signed_call(pairing, "DELETE", endpoint))
    require_success(answer, "the end of the pairing", 200, 204)


def _endpoint(metadata: CredentialIssuerMetadata) -> str | None:
    return None if metadata.billfold_pairing is None else metadata.billfold_pairing.pairing_endpoint
