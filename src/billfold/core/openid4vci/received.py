"""A Cred as the wallet receives it: checked before anything is stored.

Source: OpenID4VCI 1.0 sections 8.3, 14.4 and A.3.4, appendix B.2 (`mandatory`); SD-JWT VC draft 18 section 2.4;
RFC 9901 7.2 (an issuer never sends a KB-JWT).
"""

from collections.abc import Collection
from datetime import datetime

from billfold.core.dcql.path import select
from billfold.core.openid4vci.metadata import FORMAT_SD_JWT_VC, CredentialConfiguration
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from billfold.core.trust.chain import Anchor
from billfold.errors import ClaimPathError, ResponseError


def verify_received(
    text: str,
    *,
    configuration: CredentialConfiguration,
    issuer: str,
    anchors: Collection[Anchor],
    sent_keys: Collection[str],
    now: datetime,
    haip: bool = True,
) -> VerifiedSdJwtVc:
    """Verify one Cred of a credential response.

    Steps: (1) an SD-JWT without key binding; (2) signature, chain, validity; (3) issued by *issuer*; (4) of the type
    asked for; (5) bound to one of *sent_keys*; (6) every mandatory claim is there.

    Args:
        issuer: the credential issuer identifier that the wallet talks to.
        anchors: those that count for *issuer*: listed, or pinned when an unproven issuer was paired.
        sent_keys: thumbprints of the keys that were proven; see `credential.check_bound_keys` for a whole response.
        haip: False where *anchors* holds a certificate of the chain itself, pinned when an unproven issuer was paired.

    Raises:
        CredentialError: step 2.
        ResponseError: another step; the event to report is `credential_failure`.
    """
    if configuration.format != FORMAT_SD_JWT_VC:
        raise ResponseError(f"expected a Cred type of format {FORMAT_SD_JWT_VC}")
    sd_jwt = SdJwt.parse(text)
    if sd_jwt.key_binding_jwt is not None:
        raise ResponseError("expected a Cred without key binding")
    verified = verify_sd_jwt_vc(sd_jwt, anchors=anchors, now=now, haip=haip)
    if verified.issuer != issuer:
        raise ResponseError("expected a Cred of the issuer that was asked")
    if verified.vct != configuration.vct:
        raise ResponseError("expected a Cred of the type that was asked for")
    bound = configuration.cryptographic_binding_methods_supported
    if bound and (verified.holder_key is None or verified.holder_key.thumbprint() not in sent_keys):
        raise ResponseError("expected a Cred bound to a key that this wallet sent")
    _check_mandatory(verified, configuration)
    return verified


def _check_mandatory(verified: VerifiedSdJwtVc, configuration: CredentialConfiguration) -> None:
    look = configuration.credential_metadata
    for claim in () if look is None else look.claims:
        if claim.mandatory:
            try:
                select(verified.claims, claim.path)
            except ClaimPathError as exc:
                raise ResponseError("expected every mandatory claim in the Cred") from exc
