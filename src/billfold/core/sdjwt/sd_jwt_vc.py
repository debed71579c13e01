"""SD-JWT VC: the whole check of a credential, from its type to its status reference.

Source: SD-JWT VC, draft-ietf-oauth-sd-jwt-vc-18, sections 2.2 (claims), 2.4 and 2.5 (validation, issuer key by x5c);
RFC 9901 7.1; RFC 7800 3.2 (cnf); HAIP 1.0 section 6.1.1 (x5c with chain).
The status itself is not fetched here, and key binding is `key_binding`'s; both need what this returns.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jws import check_times, numeric_date
from billfold.core.keys import VERIFYING_ALGORITHMS, PublicKey
from billfold.core.sdjwt.disclosure import NEVER_DISCLOSABLE
from billfold.core.sdjwt.sd_jwt import Path, SdJwt
from billfold.core.status.status_token import StatusReference
from billfold.core.trust.chain import Anchor, Chain, Purpose, verify_chain
from billfold.errors import SdJwtError

SD_JWT_VC_TYP: Final = "dc+sd-jwt"
LEEWAY: Final = timedelta(seconds=60)
MAX_NAME_CHARACTERS: Final = 2048


@dataclass(frozen=True, slots=True)
class VerifiedSdJwtVc:
    """A credential whose signature, form and validity were checked. Its *status* was not.

    *issuer* is the Credential Issuer Identifier that the chain vouches for; *disclosed* holds the paths of the
    claims that came as disclosures; *chain* is None where the issuer's key was given directly.
    """

    claims: dict[str, Json]
    issuer: str
    vct: str
    holder_key: PublicKey | None
    status: StatusReference | None
    expires_at: datetime | None
    disclosed: frozenset[Path]
    chain: Chain | None


def verify_sd_jwt_vc(
    sd_jwt: SdJwt, *, anchors: Collection[Anchor], now: datetime, leeway: timedelta = LEEWAY, haip: bool = True
) -> VerifiedSdJwtVc:
    """Verify a credential whose issuer shows itself by `x5c`.

    Steps: (1) type, (2) chain to one of *anchors*, (3) signature, (4) digests and disclosures, (5) claims that
    must stand in the clear, (6) validity at *now* give or take *leeway*, (7) `vct`, `cnf`, `status`, (8) issuer.

    Raises:
        TrustError: step 2.
        JoseError: steps 1, 3 and 6, with code `wrong_typ`, `expired`, `not_yet_valid` or `issued_in_future`.
        SdJwtError: steps 4, 5, 7 and 8, the last with code `wrong_issuer`.
        KeyMaterialError: the key in `cnf`, or of the leaf, is unusable.
        StatusListError: the `status` claim is malformed.
    """
    sd_jwt.jws.require_typ(SD_JWT_VC_TYP)
    chain = verify_chain(sd_jwt.jws.header.get("x5c"), anchors, now=now, purpose=Purpose.ISSUER, haip=haip)
    claims, disclosed = _prove(sd_jwt, chain.public_key, now, leeway)
    return _read(claims, disclosed, _issuer(claims, chain), chain)


def verify_with_key(
    sd_jwt: SdJwt, issuer_key: PublicKey, *, now: datetime, leeway: timedelta = LEEWAY
) -> VerifiedSdJwtVc:
    """Verify a credential under an issuer's key that the caller trusts already; steps 2 and 8 fall away.

    Raises:
        CredentialError: as `verify_sd_jwt_vc`.
    """
    sd_jwt.jws.require_typ(SD_JWT_VC_TYP)
    claims, disclosed = _prove(sd_jwt, issuer_key, now, leeway)
    return _read(claims, disclosed, _text(claims, "iss") if "iss" in claims else "", None)


def _prove(
    sd_jwt: SdJwt, issuer_key: PublicKey, now: datetime, leeway: timedelta
) -> tuple[dict[str, Json], frozenset[Path]]:
    sd_jwt.jws.verify(issuer_key, VERIFYING_ALGORITHMS)
    processed = sd_jwt.process()
    for path in processed.disclosed:
        if path[0] in NEVER_DISCLOSABLE:
            raise SdJwtError(f"expected {path[0]} in the clear")
    check_times(processed.claims, now=now, leeway=leeway)
    return processed.claims, frozenset(processed.disclosed)


def _read(claims: dict[str, Json], disclosed: frozenset[Path], issuer: str, chain: Chain | None) -> VerifiedSdJwtVc:
    return VerifiedSdJwtVc(
        claims=claims,
        issuer=issuer,
        vct=_text(claims, "vct"),
        holder_key=_holder_key(claims),
        status=StatusReference.parse(claims["status"]) if "status" in claims else None,
        expires_at=numeric_date(claims, "exp"),
        disclosed=disclosed,
        chain=chain,
    )


def _issuer(claims: JsonObject, chain: Chain) -> str:
    """Return the issuer identifier that the leaf names; `iss` cannot name another (section 2.5)."""
    names = chain.uri_names
    if "iss" in claims:
        issuer = _text(claims, "iss")
        if issuer not in names:
            raise SdJwtError("expected iss among the URI names of the leaf", code="wrong_issuer")
        return issuer
    if len(names) != 1:
        raise SdJwtError(f"expected iss, or a leaf with one URI name, got {len(names)}", code="wrong_issuer")
    return names[0]


def _holder_key(claims: JsonObject) -> PublicKey | None:
    if "cnf" not in claims:
        return None
    cnf = claims["cnf"]
    if not isinstance(cnf, Mapping) or "jwk" not in cnf:
        raise SdJwtError("expected cnf with a jwk")
    return PublicKey.from_jwk(cnf["jwk"])


def _text(claims: JsonObject, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_NAME_CHARACTERS:
        raise SdJwtError(f"expected {name} as a string of 1 to {MAX_NAME_CHARACTERS} characters")
    return value
