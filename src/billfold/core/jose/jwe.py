"""JWE in compact form with ECDH-ES (direct) and AES-GCM: what HAIP names, and nothing else.

Source: RFC 7516 5, 7.1 (compact JWE), RFC 7518 4.6 (ECDH-ES, Concat KDF), 5.3 (AES-GCM); HAIP 1.0 section 5.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from billfold.core.encoding import Json, JsonObject, b64url_decode, b64url_encode, json_decode_object, json_encode
from billfold.core.keys import PrivateKey, PublicKey
from billfold.errors import JoseError

ALG: Final = "ECDH-ES"
ENC_KEY_BYTES: Final = {"A128GCM": 16, "A256GCM": 32}
ENC_VALUES: Final = tuple(ENC_KEY_BYTES)
IV_BYTES: Final = 12
TAG_BYTES: Final = 16
MAX_JWE_BYTES: Final = 1024 * 1024

_REFUSED_HEADERS: Final = ("crit", "zip")
_MAX_PARTY_INFO_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Jwe:
    """A parsed compact JWE of the ECDH-ES kind."""

    header: dict[str, Json]
    protected_b64u: str
    iv: bytes
    ciphertext: bytes
    tag: bytes

    @classmethod
    def parse(cls, text: str, *, max_bytes: int = MAX_JWE_BYTES) -> "Jwe":
        """Read a compact JWE of at most *max_bytes* (RFC 7516 7.1).

        Raises:
            JoseError: too long, not five parts, `alg` not ECDH-ES, a header `crit` or `zip`, an encrypted key.
            EncodingError: a part is not strict base64url, or the header is not one strict JSON object.
        """
        if len(text) > max_bytes:
            raise JoseError(f"expected a JWE of at most {max_bytes} bytes")
        parts = text.split(".")
        if len(parts) != 5:
            raise JoseError(f"expected a JWE of 5 parts, got {len(parts)}")
        header = json_decode_object(b64url_decode(parts[0]))
        for name in _REFUSED_HEADERS:
            if name in header:
                raise JoseError(f"expected a JWE header without {name}")
        if header.get("alg") != ALG or parts[1]:
            raise JoseError(f"expected alg {ALG} without an encrypted key")
        iv, ciphertext, tag = (b64url_decode(part) for part in parts[2:])
        if len(iv) != IV_BYTES or len(tag) != TAG_BYTES:
            raise JoseError(f"expected an iv of {IV_BYTES} bytes and a tag of {TAG_BYTES}")
        return cls(header, parts[0], iv, ciphertext, tag)

    def decrypt(self, key: PrivateKey, *, enc_values: Collection[str]) -> bytes:
        """Return the plaintext; `enc` must be one of *enc_values*.

        Raises:
            JoseError: another `enc`, or *key* does not open it.
            KeyMaterialError: `epk` is not a public key on the curve.
            EncodingError: `apu` or `apv` is not base64url.
        """
        enc = _require_enc(self.header.get("enc"), enc_values)
        ephemeral = PublicKey.from_jwk(self.header.get("epk"))
        secret = _agree(key, ephemeral)
        cek = derive_key(secret, enc, apu=_party_info(self.header, "apu"), apv=_party_info(self.header, "apv"))
        try:
            return AESGCM(cek).decrypt(self.iv, self.ciphertext + self.tag, self.protected_b64u.encode("ascii"))
        except InvalidTag as exc:
            raise JoseError("expected a JWE for this key, unchanged") from exc


def encrypt(
    plaintext: bytes, recipient: PublicKey, *, header: JsonObject, enc: str, ephemeral: PrivateKey, iv: bytes
) -> str:
    """Return *plaintext* as a compact JWE for *recipient* (RFC 7516 5.1).

    Args:
        header: what else belongs into the protected header: `kid`, `apu`, `apv`.
        enc: `A128GCM` or `A256GCM`.
        ephemeral: a fresh key on the recipient's curve, used once.
        iv: 12 bytes.

    Raises:
        JoseError: another *enc*, an *iv* of another length, or *ephemeral* on another curve.
    """
    _require_enc(enc, ENC_VALUES)
    if len(iv) != IV_BYTES:
        raise JoseError(f"expected an iv of {IV_BYTES} bytes, got {len(iv)}")
    full_header = {**header, "alg": ALG, "enc": enc, "epk": ephemeral.public().to_jwk()}
    secret = _agree(ephemeral, recipient)
    cek = derive_key(secret, enc, apu=_party_info(full_header, "apu"), apv=_party_info(full_header, "apv"))
    protected = b64url_encode(json_encode(full_header))
    sealed = AESGCM(cek).encrypt(iv, plaintext, protected.encode("ascii"))
    parts = (protected, "", *(b64url_encode(part) for part in (iv, sealed[:-TAG_BYTES], sealed[-TAG_BYTES:])))
    return ".".join(parts)


def derive_key(secret: bytes, enc: str, *, apu: bytes = b"", apv: bytes = b"") -> bytes:
    """Return the content encryption key for the shared *secret* (RFC 7518 4.6.2; one round of Concat KDF)."""
    size = ENC_KEY_BYTES[enc]
    return hashlib.sha256(b"\x00\x00\x00\x01" + secret + other_info(enc, apu=apu, apv=apv)).digest()[:size]


def other_info(enc: str, *, apu: bytes, apv: bytes) -> bytes:
    """Return the OtherInfo of RFC 7518 4.6.2: AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo."""
    fields = (enc.encode("ascii"), apu, apv)
    framed = b"".join(len(field).to_bytes(4, "big") + field for field in fields)
    return framed + (8 * ENC_KEY_BYTES[enc]).to_bytes(4, "big")


def _agree(private: PrivateKey, public: PublicKey) -> bytes:
    if private.algorithm is not public.algorithm:
        raise JoseError(f"expected a key on {private.algorithm.curve_name}, got {public.algorithm.curve_name}")
    return private.key.exchange(ec.ECDH(), public.key)


def _require_enc(enc: Json, allowed: Collection[str]) -> str:
    if not isinstance(enc, str) or enc not in allowed or enc not in ENC_KEY_BYTES:
        raise JoseError(f"expected enc of {', '.join(sorted(set(allowed) & ENC_KEY_BYTES.keys()))}")
    return enc


def _party_info(header: JsonObject, name: str) -> bytes:
    value = header.get(name, "")
    if not isinstance(value, str) or len(value) > _MAX_PARTY_INFO_BYTES:
        raise JoseError(f"expected {name} as base64url of at most {_MAX_PARTY_INFO_BYTES} characters")
    return b64url_decode(value)
