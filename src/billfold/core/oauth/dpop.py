"""DPoP: a proof, per HTTP request, that the sender holds the key its tokens are bound to.

Source: RFC 9449 4.2 (syntax), 4.3 (checking), 7.1 (`ath`), 8 and 9 (nonces); FAPI 2.0 SP 5.3.2.1 (clock skew).
Whether a `jti` was seen before is the caller's to remember; `DpopProof` carries what that needs.
"""

import hashlib
import hmac
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.core.encoding import Json, JsonObject, b64url_encode
from billfold.core.jose.jwks import verify_by_own_key
from billfold.core.jose.jws import Jws, check_times, numeric_date, signing_input
from billfold.core.keys import DPOP_ALGORITHMS, PublicKey
from billfold.core.oauth.server_nonce import check_server_nonce, make_server_nonce
from billfold.core.oauth.urls import normalize
from billfold.errors import CredentialError, JoseError, MetadataError, RequestRefused

TYP: Final = "dpop+jwt"
MAX_AHEAD: Final = timedelta(seconds=60)  # FAPI 2.0 SP 5.3.2.1: more than that is refused
MAX_PROOF_BYTES: Final = 8 * 1024
MAX_JTI_BYTES: Final = 256

_NONCE_PURPOSE: Final = "dpop"


@dataclass(frozen=True, slots=True)
class DpopProof:
    """What a verified proof shows: its key's thumbprint, its `jti`, when it was made and with which nonce."""

    jkt: str
    jti: str
    issued_at: datetime
    nonce: str | None


def dpop_signing_input(
    key_jwk: JsonObject,
    *,
    htm: str,
    htu: str,
    jti: str,
    now: datetime,
    access_token: str | None = None,
    nonce: str | None = None,
) -> bytes:
    """Return the bytes to sign for a proof by the key of *key_jwk*, a bare public P-256 JWK (RFC 9449 4.2).

    Args:
        htu: the URL of the request; its query and fragment are left out.
        access_token: for a request that carries one.
        nonce: the server's newest `DPoP-Nonce`.
    """
    url = htu.partition("#")[0].partition("?")[0]
    claims: dict[str, Json] = {"jti": jti, "htm": htm, "htu": url, "iat": int(now.timestamp())}
    if access_token is not None:
        claims["ath"] = token_hash(access_token)
    if nonce is not None:
        claims["nonce"] = nonce
    return signing_input({"typ": TYP, "alg": "ES256", "jwk": key_jwk}, claims)


def token_hash(access_token: str) -> str:
    """Return `ath`: the SHA-256 of the access token in base64url (RFC 9449 4.2)."""
    return b64url_encode(hashlib.sha256(access_token.encode("utf-8")).digest())


def no_nonce_needed(nonce: str | None) -> None:
    """Accept any nonce: the rule of a server that gives none."""


def verify_dpop(
    header_values: Sequence[str],
    *,
    htm: str,
    htu: str,
    now: datetime,
    window: timedelta,
    access_token: str | None = None,
    expected_jkt: str | None = None,
    check_nonce: Callable[[str | None], None] = no_nonce_needed,
    algorithms: Collection[str] = DPOP_ALGORITHMS,
) -> DpopProof:
    """Check the `DPoP` header of one request, in the order of RFC 9449 4.3.

    Args:
        header_values: every `DPoP` header of the request.
        window: how old `iat` may be; up to ``MAX_AHEAD`` it may lie in the future.
        access_token: the token presented at a resource; its presence makes refusals 401.
        expected_jkt: the key that the token is bound to.
        check_nonce: is given `nonce`; raises RequestRefused `use_dpop_nonce` to ask for another.

    Raises:
        RequestRefused: `invalid_dpop_proof`; or `invalid_token` where a bound token comes without a proof or with
            the proof of another key; or what *check_nonce* raises.
    """
    status = 400 if access_token is None else 401
    if not header_values and access_token is not None:
        raise RequestRefused("invalid_token", "expected a DPoP proof beside this access token", status=401)
    if len(header_values) != 1:
        raise RequestRefused("invalid_dpop_proof", "expected exactly one DPoP header", status=status)
    try:
        jws, key = _verify_signature(header_values[0], algorithms)
        claims = jws.claims()
        _check_request(claims, htm=htm, htu=htu)
        issued_at = _check_age(claims, now=now, window=window)
        _check_token_hash(claims, access_token)
        jti, nonce = _identifier(claims), _nonce(claims)
    except CredentialError as exc:
        raise RequestRefused("invalid_dpop_proof", str(exc), status=status) from exc
    check_nonce(nonce)
    jkt = key.thumbprint()
    if expected_jkt is not None and not hmac.compare_digest(jkt, expected_jkt):
        code = "invalid_token" if access_token is not None else "invalid_grant"
        raise RequestRefused(code, "expected a proof by the key that the token is bound to", status=status)
    return DpopProof(jkt, jti, issued_at, nonce)


def make_dpop_nonce(secret_key: bytes, *, now: datetime, random: bytes) -> str:
    """Return a fresh value for the `DPoP-Nonce` header.

    Args:
        random: 16 random bytes.
    """
    return make_server_nonce(secret_key, purpose=_NONCE_PURPOSE, now=now, random=random)


def check_dpop_nonce(
    secret_key: bytes, nonce: str | None, *, now: datetime, lifetime: timedelta, status: int = 400
) -> None:
    """Check that *nonce* is one of ours and at most *lifetime* old (RFC 9449 8, 9).

    Args:
        status: 400 at the token endpoint, 401 at a resource.

    Raises:
        RequestRefused: `use_dpop_nonce`; the answer must carry a fresh `DPoP-Nonce`.
    """
    code = "use_dpop_nonce"
    check_server_nonce(
        secret_key, nonce or "", purpose=_NONCE_PURPOSE, now=now, lifetime=lifetime, code=code, status=status
    )


def _verify_signature(proof: str, algorithms: Collection[str]) -> tuple[Jws, PublicKey]:
    jws = Jws.parse(proof, max_bytes=MAX_PROOF_BYTES)
    jws.require_typ(TYP)
    return jws, verify_by_own_key(jws, algorithms)


def _check_request(claims: JsonObject, *, htm: str, htu: str) -> None:
    if claims.get("htm") != htm:
        raise JoseError("expected htm as the method of this request")
    stated = claims.get("htu")
    if not isinstance(stated, str) or normalize(stated) != normalize(htu):
        raise MetadataError("expected htu as the URL of this request")


def _check_age(claims: JsonObject, *, now: datetime, window: timedelta) -> datetime:
    check_times(claims, now=now, leeway=MAX_AHEAD)
    issued_at = numeric_date(claims, "iat", required=True)
    if issued_at is None or not now - window <= issued_at <= now + MAX_AHEAD:
        raise JoseError(f"expected iat within the last {window.total_seconds():.0f} s")
    return issued_at


def _check_token_hash(claims: JsonObject, access_token: str | None) -> None:
    if access_token is None:
        return
    ath = claims.get("ath")
    if not isinstance(ath, str) or not hmac.compare_digest(ath.encode("utf-8"), token_hash(access_token).encode()):
        raise JoseError("expected ath as the hash of this access token")


def _identifier(claims: JsonObject) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= MAX_JTI_BYTES:
        raise JoseError(f"expected jti as text of 1 to {MAX_JTI_BYTES} characters")
    return jti


def _nonce(claims: JsonObject) -> str | None:
    nonce = claims.get("nonce")
    if nonce is not None and not isinstance(nonce, str):
        raise JoseError("expected nonce as text")
    return nonce
