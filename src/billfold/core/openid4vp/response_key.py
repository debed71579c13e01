"""Choosing the key and algorithm that a response is encrypted with.

Source: OpenID4VP 1.0 sections 5.1 and 8.3; RFC 7517 5 (keys not understood are skipped); HAIP 1.0 section 5.
"""

from collections.abc import Mapping
from typing import Final

from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jwe import ALG
from billfold.core.jose.jwks import Jwk
from billfold.core.keys import ES256
from billfold.core.openid4vp.request import ResponseKey
from billfold.errors import CredentialError, RequestRefused

ENC_PREFERENCE: Final = ("A256GCM", "A128GCM")
DEFAULT_ENC: Final = ("A128GCM",)

_CURVE: Final = ES256.curve_name


def choose_response_key(client_metadata: JsonObject) -> ResponseKey:
    """Return the first key of `jwks` that fits, and the best `enc` that both sides know.

    Raises:
        RequestRefused: `invalid_request`: no key for ECDH-ES on P-256 with `kid` and `alg`, a `kid` twice, or no
            common `enc`.
    """
    jwks = client_metadata.get("jwks")
    entries = jwks.get("keys") if isinstance(jwks, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise _refused("expected jwks with a key to encrypt to")
    kids = [entry.get("kid") for entry in entries if isinstance(entry, Mapping) and "kid" in entry]
    if len({str(kid) for kid in kids}) != len(kids):
        raise _refused("expected each kid once in jwks")
    enc = _common_enc(client_metadata)
    for entry in entries:
        key = _usable(entry)
        if key is not None and key.kid is not None:
            return ResponseKey(key.public_key, key.kid, enc)
    raise _refused(f"expected an encryption key on {_CURVE} with kid and alg {ALG} in jwks")


def _usable(entry: Json) -> Jwk | None:
    try:
        key = Jwk.parse(entry)
    except CredentialError:
        return None
    fits = key.alg == ALG and key.use in (None, "enc") and key.public_key.algorithm.curve_name == _CURVE
    return key if fits else None


def _common_enc(client_metadata: JsonObject) -> str:
    offered = client_metadata.get("encrypted_response_enc_values_supported", list(DEFAULT_ENC))
    if not isinstance(offered, list) or not offered:
        raise _refused("expected encrypted_response_enc_values_supported as a non-empty array")
    for enc in ENC_PREFERENCE:
        if enc in offered:
            return enc
    raise _refused(f"expected one of {', '.join(ENC_PREFERENCE)} in encrypted_response_enc_values_supported")


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
