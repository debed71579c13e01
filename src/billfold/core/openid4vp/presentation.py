"""One presentation, checked by the verifier: form, signature, issuer, validity, holder, and what was asked.

Source: OpenID4VP 1.0 sections 8.6, 14.2, 14.11 and B.3; SD-JWT VC draft 18 section 2.4; RFC 9901 7.3.
The steps stop at the first failure and name the check that failed; `verification` puts the checks together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from billfold.core.dcql.match import CredentialMatch, match_credential
from billfold.core.dcql.query import CredentialQuery
from billfold.core.openid4vp.held import held_sd_jwt_vc
from billfold.core.sdjwt.key_binding import verify_key_binding
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from billfold.core.trust.chain import Anchor, Chain
from billfold.errors import CredentialError, SdJwtError, StatusListError, TrustError

CheckName = Literal["response", "signature", "issuer", "validity", "status", "holder", "request"]

CHECKS: Final[tuple[CheckName, ...]] = (
    "response",
    "signature",
    "issuer",
    "validity",
    "status",
    "holder",
    "request",
)

_OUT_OF_TIME: Final = ("expired", "not_yet_valid", "issued_in_future", "too_old")


@dataclass(frozen=True, slots=True)
class Accepted:
    """An issuer that counts for a query: its identifier, its anchors, and for which `vct` (None: any that is asked)."""

    issuer: str
    anchors: tuple[Anchor, ...]
    vct: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The check that a presentation failed, a stable code, and why."""

    check: CheckName
    code: str
    reason: str
    passed: frozenset[CheckName]


@dataclass(frozen=True, slots=True)
class VerifiedPresentation:
    """A presentation that passed every check but its status. *copy* tells one issued instance from another."""

    copy: str
    verified: VerifiedSdJwtVc
    match: CredentialMatch
    passed: frozenset[CheckName]


def verify_presentation(
    text: str,
    query: CredentialQuery,
    *,
    client_id: str,
    nonce: str,
    now: datetime,
    window: timedelta,
    accepted: Collection[Accepted],
) -> VerifiedPresentation | Failure:
    """Check *text* as an answer to *query*; a failure is a value, since others may make up for it.

    Steps: (1) parse; (2) type, chain, signature, disclosures, validity; (3) the issuer is one of *accepted*;
    (4) key binding to *client_id* and *nonce*; (5) type and claims are those of the query.

    Args:
        window: how far `iat` of the key binding may be from *now*.
    """
    passed: list[CheckName] = []
    step: CheckName = "response"
    try:
        sd_jwt = SdJwt.parse(text)
        passed.append("response")
        step = "signature"
        anchors = [anchor for entry in accepted for anchor in entry.anchors]
        verified = verify_sd_jwt_vc(sd_jwt, anchors=anchors, now=now)
        passed += ["signature", "validity"]
        step = "issuer"
        _check_issuer(verified, verified.chain, accepted)
        passed.append("issuer")
        step = "holder"
        if query.require_cryptographic_holder_binding or sd_jwt.key_binding_jwt is not None:
            verify_key_binding(sd_jwt, verified.holder_key, aud=client_id, nonce=nonce, now=now, window=window)
            passed.append("holder")
        step = "request"
        found = match_credential(query, held_sd_jwt_vc(sd_jwt.jws.compact, verified))
    except CredentialError as exc:
        check = _failed_check(exc) if step == "signature" else step
        return Failure(check, exc.code, str(exc), frozenset(passed))
    return VerifiedPresentation(sd_jwt.jws.compact, verified, found, frozenset((*passed, "request")))


def _check_issuer(verified: VerifiedSdJwtVc, chain: Chain | None, accepted: Collection[Accepted]) -> None:
    """Check that issuer, anchor and type are accepted together: one organisation's root vouches for no other."""
    for entry in accepted:
        if entry.issuer != verified.issuer or entry.vct not in (None, verified.vct):
            continue
        if chain is not None and chain.anchor.certificate in [anchor.certificate for anchor in entry.anchors]:
            return
    raise TrustError("expected an issuer that is accepted for this Cred type", code="issuer_not_accepted")


def _failed_check(error: CredentialError) -> CheckName:
    """Return which check of a credential *error* belongs to."""
    if isinstance(error, TrustError) or (isinstance(error, SdJwtError) and error.code == "wrong_issuer"):
        return "issuer"
    if isinstance(error, StatusListError):
        return "status"
    return "validity" if error.code in _OUT_OF_TIME else "signature"
