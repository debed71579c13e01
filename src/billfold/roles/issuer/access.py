"""Access: whose request is this at a resource: a living pairing's, by its access token and its device's key.

Source: RFC 6750 sections 2.1 and 3; RFC 9449 section 7.
"""

import hmac

from billfold.adapters.store import pairings, states
from billfold.adapters.store.pairings import Access
from billfold.core.oauth.access_token import PresentedToken
from billfold.core.oauth.dpop import DpopProof
from billfold.errors import RequestRefused
from billfold.roles.issuer.dpop import DeviceProofs, SignedRequest
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import Parts, sha256


def prove_device(proofs: DeviceProofs, token: PresentedToken, request: SignedRequest) -> DpopProof | None:
    """Check the DPoP proof that goes with a token under the DPoP scheme; a bearer token has none.

    Raises:
        RequestRefused: `invalid_token`, `invalid_dpop_proof` or `use_dpop_nonce`, each 401.
    """
    if token.scheme == "Bearer":
        return None
    return proofs.check(request, access_token=token.access_token)


def require_living(access: Access | None, proof: DpopProof | None, parts: Parts) -> Access:
    """Return the pairing behind a token, if the token is good and this device's.

    Raises:
        RequestRefused: 401 `invalid_token`.
    """
    if access is None or access.state == states.ENDED or access.expires_at <= parts.now():
        raise RequestRefused("invalid_token", "expected an access token that has not run out, refresh it", status=401)
    jkt = proof.jkt if proof else None
    if not hmac.compare_digest(jkt or "", access.device_jkt or ""):
        raise RequestRefused("invalid_token", "expected the access token under the key it is bound to", status=401)
    return access


async def living_pairing(
    parts: Parts, issuer: Issuer, proofs: DeviceProofs, token: PresentedToken, request: SignedRequest
) -> tuple[Access, DpopProof | None]:
    """Return the pairing that *request* speaks for, and its device's proof; a bearer token has none.

    Raises:
        RequestRefused: 401, as `prove_device` and `require_living`.
    """
    proof = prove_device(proofs, token, request)
    found = await pairings.by_access_token(parts.store, issuer.id, sha256(token.access_token))
    return require_living(found, proof, parts), proof
