"""Key proofs of type `jwt`: the wallet shows that it holds the keys the Creds are to be bound to.

Source: OpenID4VCI 1.0 sections 8.2, 8.3.1.2, F.1 and F.4.
Key attestations in the header are not read: no configuration of ours asks for them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jwks import verify_by_own_key
from billfold.core.jose.jws import Jws, check_times, numeric_date, signing_input
from billfold.core.keys import PublicKey
from billfold.errors import CredentialError, JoseError, RequestRefused

TYP: Final = "openid4vci-proof+jwt"
PROOF_TYPE: Final = "jwt"
MAX_AHEAD: Final = timedelta(seconds=60)
MAX_PROOF_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A proven key, its RFC 7638 thumbprint, and the `c_nonce` its proof repeated."""

    public_key: PublicKey
    jkt: str
    nonce: str


def proof_signing_input(
    key_jwk: JsonObject, *, credential_issuer: str, now: datetime, nonce: str | None, client_id: str | None = None
) -> bytes:
    """Return the bytes to sign with the key of *key_jwk*, a bare public P-256 JWK (F.1).

    Args:
        nonce: the issuer's `c_nonce`, where it has a nonce endpoint.
        client_id: left out after anonymous access.
    """
    claims: dict[str, Json] = {"aud": credential_issuer, "iat": int(now.timestamp())}
    if nonce is not None:
        claims["nonce"] = nonce
    if client_id is not None:
        claims["iss"] = client_id
    return signing_input({"typ": TYP, "alg": "ES256", "jwk": key_jwk}, claims)


def verify_key_proofs(
    proofs: Json,
    *,
    credential_issuer: str,
    allowed_algorithms: Collection[str],
    now: datetime,
    window: timedelta,
    check_nonce: Callable[[str], None],
    client_id: str | None = None,
    max_proofs: int = 1,
) -> list[KeyProof]:
    """Check the `proofs` member of a credential request; either all proofs hold or nothing is issued (F.4).

    Args:
        proofs: the member as it came, None where it was missing.
        window: how old `iat` may be; up to ``MAX_AHEAD`` it may lie in the future.
        check_nonce: is called once per `c_nonce`, last; raises RequestRefused `invalid_nonce`.
        client_id: of the access token; None after anonymous access, when `iss` must be absent.
        max_proofs: `batch_size`, or 1 where batches are not offered.

    Raises:
        RequestRefused: `invalid_proof`, `invalid_nonce`, or `invalid_credential_request` for too many proofs.
    """
    texts = _proof_texts(proofs)
    if len(texts) > max_proofs:
        raise RequestRefused("invalid_credential_request", f"expected at most {max_proofs} proofs")
    verified: dict[str, KeyProof] = {}
    for text in texts:
        try:
            jws = Jws.parse(text, max_bytes=MAX_PROOF_BYTES)
            key = _verify_signature(jws, allowed_algorithms)
            nonce = _check_claims(jws.claims(), credential_issuer, client_id, now, window)
        except CredentialError as exc:
            raise _invalid(str(exc)) from exc
        proof = KeyProof(key, key.thumbprint(), nonce)
        if proof.jkt in verified:
            raise _invalid("expected a different key in each proof")
        verified[proof.jkt] = proof
    for nonce in dict.fromkeys(proof.nonce for proof in verified.values()):
        check_nonce(nonce)
    return list(verified.values())


def _proof_texts(proofs: Json) -> list[str]:
    if not isinstance(proofs, Mapping):
        raise _invalid("expected proofs as an object with the proof type jwt")
    if set(proofs) != {PROOF_TYPE}:
        raise _invalid("expected the one proof type jwt in proofs")
    texts = proofs[PROOF_TYPE]
    if not isinstance(texts, list) or not texts:
        raise _invalid("expected proofs.jwt as a non-empty array")
    strings = [text for text in texts if isinstance(text, str)]
    if len(strings) != len(texts):
        raise _invalid("expected each proof as a JWT")
    return strings


def _verify_signature(jws: Jws, allowed_algorithms: Collection[str]) -> PublicKey:
    jws.require_typ(TYP)
    if "kid" in jws.header or "x5c" in jws.header:
        raise JoseError("expected the key as jwk alone, got kid or x5c")
    return verify_by_own_key(jws, allowed_algorithms)


def _check_claims(
    claims: JsonObject, credential_issuer: str, client_id: str | None, now: datetime, window: timedelta
) -> str:
    """Check `aud`, `iss`, `iat`, and `exp` and `nbf` where they are (RFC 7519 4.1); return the nonce (F.1)."""
    if claims.get("aud") != credential_issuer:
        raise JoseError("expected aud as the credential issuer identifier")
    if "iss" in claims and (client_id is None or claims["iss"] != client_id):
        raise JoseError("expected iss as the client_id, or no iss after anonymous access")
    check_times(claims, now=now, leeway=MAX_AHEAD)
    issued_at = numeric_date(claims, "iat", required=True)
    if issued_at is None or not now - window <= issued_at <= now + MAX_AHEAD:
        raise JoseError(f"expected iat within the last {window.total_seconds():.0f} s")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise JoseError("expected nonce from the nonce endpoint")
    return nonce


def _invalid(message: str) -> RequestRefused:
    return RequestRefused("invalid_proof", message)
