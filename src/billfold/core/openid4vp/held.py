"""An SD-JWT VC as matching sees it, in the wallet's store and in a verifier's hands alike.

Source: OpenID4VP 1.0 sections 6.1.1.1, 6.4.1 and B.3.5; RFC 9901 7.1.
"""

from billfold.core.dcql.match import HeldCredential
from billfold.core.dcql.query import FORMAT_SD_JWT_VC
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc
from billfold.core.trust.certificate import authority_key_ids


def held_sd_jwt_vc(credential_id: str, verified: VerifiedSdJwtVc, *, unusable: str | None = None) -> HeldCredential:
    """Return what matching needs of *verified*.

    Args:
        credential_id: the caller's own name for it.
        unusable: why it cannot be shared now, such as `expired` or `suspended`.
    """
    chain = verified.chain
    return HeldCredential(
        id=credential_id,
        format=FORMAT_SD_JWT_VC,
        types=(verified.vct,),
        claims=verified.claims,
        disclosable=verified.disclosed,
        holder_bound=verified.holder_key is not None,
        authority_key_ids=frozenset() if chain is None else authority_key_ids(chain.certificates),
        unusable=unusable,
    )
