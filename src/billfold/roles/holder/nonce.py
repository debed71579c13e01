"""Nonce: a fresh `c_nonce` of the issuer, for one key proof.

Source: OpenID4VCI 1.0 sections 7 and 8.2.
"""

from billfold.core.openid4vci.nonce import parse_nonce_response
from billfold.roles.holder.metadata import IssuerDocuments
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import require_success


async def fetch_c_nonce(parts: HolderParts, documents: IssuerDocuments) -> str | None:
    """Return a fresh nonce, or None where the issuer has no nonce endpoint.

    Raises:
        PeerRefusal, ResponseError: the answer cannot be used.
        TransportError: the issuer did not answer.
    """
    endpoint = documents.metadata.nonce_endpoint
    if endpoint is None:
        return None
    answer = await parts.peers.post(endpoint, b"", content_type="application/x-www-form-urlencoded")
    return parse_nonce_response(require_success(answer, "a nonce", 200).body)
