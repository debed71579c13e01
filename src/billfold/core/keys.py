"""Public and private keys as values: JWK in and out, thumbprints, allowed algorithms.

Source: RFC 7517 (JWK), RFC 7518 3.4 and 6.2 (ECDSA, EC keys), RFC 7638 (thumbprint); HAIP 1.0 section 7.
ECDSA signatures are raw ``r || s`` here, as JOSE has them.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from billfold.core.encoding import Json, JsonObject, b64url_decode, b64url_encode, json_encode
from billfold.errors import EncodingError, JoseError, KeyMaterialError


@dataclass(frozen=True, slots=True)
class EcAlgorithm:
    """One ECDSA algorithm of RFC 7518 3.4."""

    name: str
    curve_name: str
    curve: ec.EllipticCurve
    hash: hashes.SHA256 | hashes.SHA384 | hashes.SHA512
    size_bytes: int


ES256: Final = EcAlgorithm("ES256", "P-256", ec.SECP256R1(), hashes.SHA256(), 32)
ES384: Final = EcAlgorithm("ES384", "P-384", ec.SECP384R1(), hashes.SHA384(), 48)
ES512: Final = EcAlgorithm("ES512", "P-521", ec.SECP521R1(), hashes.SHA512(), 66)

_SCHEMES: Final = {algorithm.name: ec.ECDSA(algorithm.hash) for algorithm in (ES256, ES384, ES512)}
_BY_CURVE: Final = {algorithm.curve_name: algorithm for algorithm in (ES256, ES384, ES512)}

# One table per purpose. HAIP 1.0 section 7 demands ES256 everywhere; the others are welcome on receipt.
VERIFYING_ALGORITHMS: Final = frozenset({"ES256", "ES384", "ES512"})
KEY_PROOF_ALGORITHMS: Final = ("ES256",)
DPOP_ALGORITHMS: Final = ("ES256",)

_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An elliptic-curve public key."""

    algorithm: EcAlgorithm
    key: ec.EllipticCurvePublicKey

    @classmethod
    def from_jwk(cls, jwk: object) -> "PublicKey":
        """Read a public EC JWK (RFC 7517 4, RFC 7518 6.2.1).

        Raises:
            KeyMaterialError: not an EC key that is known here, off its curve, or with a private member.
        """
        if not isinstance(jwk, Mapping):
            raise KeyMaterialError(f"expected a JWK object, got {type(jwk).__name__}")
        if _PRIVATE_MEMBERS & jwk.keys():
            raise KeyMaterialError("expected a public JWK, got one with a private member")
        algorithm, point = _point(jwk)
        try:
            key = point.public_key()
        except ValueError as exc:
            raise KeyMaterialError("expected a point on the curve") from exc
        return cls(algorithm, key)

    @classmethod
    def from_crypto(cls, key: object) -> "PublicKey":
        """Wrap a key of the `cryptography` library.

        Raises:
            KeyMaterialError: not an EC key on a curve that is known here.
        """
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise KeyMaterialError("expected an EC public key")
        for algorithm in _BY_CURVE.values():
            if algorithm.curve.name == key.curve.name:
                return cls(algorithm, key)
        raise KeyMaterialError("expected an EC key on P-256, P-384 or P-521")

    def to_jwk(self) -> dict[str, str]:
        """Return the bare public JWK: `kty`, `crv`, `x`, `y`."""
        numbers, size = self.key.public_numbers(), self.algorithm.size_bytes
        return {
            "kty": "EC",
            "crv": self.algorithm.curve_name,
            "x": b64url_encode(numbers.x.to_bytes(size, "big")),
            "y": b64url_encode(numbers.y.to_bytes(size, "big")),
        }

    def thumbprint(self) -> str:
        """Return the SHA-256 JWK thumbprint in base64url (RFC 7638 3)."""
        jwk = self.to_jwk()
        members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}  # in lexicographic order
        return b64url_encode(hashlib.sha256(json_encode(members)).digest())

    def verify(self, signature: bytes, data: bytes) -> None:
        """Check a raw ``r || s`` *signature* over *data*.

        Raises:
            JoseError: wrong length, or it does not verify.
        """
        size = self.algorithm.size_bytes
        if len(signature) != 2 * size:
            raise JoseError(f"expected a signature of {2 * size} bytes, got {len(signature)}")
        r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
        try:
            self.key.verify(encode_dss_signature(r, s), data, _SCHEMES[self.algorithm.name])
        except InvalidSignature as exc:
            raise JoseError("expected a signature by this key") from exc


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """An elliptic-curve private key held in memory. Its signatures draw on OpenSSL's entropy, not ours."""

    algorithm: EcAlgorithm
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def from_jwk(cls, jwk: JsonObject) -> "PrivateKey":
        """Read a private EC JWK.

        Raises:
            KeyMaterialError: not an EC key known here, another private member, or `d` that does not belong to
                `x` and `y`.
        """
        if _PRIVATE_MEMBERS & jwk.keys() > {"d"}:
            raise KeyMaterialError("expected d as the only private member")
        algorithm, point = _point(jwk)
        d = _coordinate(jwk.get("d"), algorithm.size_bytes)
        try:
            key = ec.EllipticCurvePrivateNumbers(d, point).private_key()
        except ValueError as exc:
            raise KeyMaterialError("expected a private key that fits its public key") from exc
        return cls(algorithm, key)

    @classmethod
    def from_crypto(cls, key: ec.EllipticCurvePrivateKey) -> "PrivateKey":
        """Wrap a key of the `cryptography` library."""
        return cls(PublicKey.from_crypto(key.public_key()).algorithm, key)

    def to_jwk(self) -> dict[str, str]:
        """Return the private JWK. Only for sealing: the answer is a secret."""
        d = self.key.private_numbers().private_value.to_bytes(self.algorithm.size_bytes, "big")
        return {**self.public().to_jwk(), "d": b64url_encode(d)}

    def public(self) -> PublicKey:
        """Return the public half."""
        return PublicKey(self.algorithm, self.key.public_key())

    def sign(self, data: bytes) -> bytes:
        """Return the raw ``r || s`` signature over *data*."""
        return _raw_signature(self.key.sign(data, _SCHEMES[self.algorithm.name]), self.algorithm.size_bytes)


def check_algorithm(name: Json, allowed: Collection[str]) -> None:
    """Refuse a header `alg` outside *allowed*, `none` and MACs among them.

    Raises:
        JoseError: *name* is not allowed for this purpose.
    """
    if not isinstance(name, str) or name not in allowed:
        raise JoseError(f"expected alg of {', '.join(sorted(allowed))}")


def _raw_signature(der: bytes, size: int) -> bytes:
    """Cut ``r`` and ``s`` out of the DER that OpenSSL wrote; only for our own signatures, since nothing is checked."""
    start = 4 + (der[1] >> 7)  # the outer length takes a second byte from P-521 on
    end = start + der[start - 1]
    r, s = der[start:end], der[end + 2 :]
    return r[-size:].rjust(size, b"\0") + s[-size:].rjust(size, b"\0")


def _point(jwk: JsonObject) -> tuple[EcAlgorithm, ec.EllipticCurvePublicNumbers]:
    curve_name = jwk.get("crv")
    algorithm = _BY_CURVE.get(curve_name) if jwk.get("kty") == "EC" and isinstance(curve_name, str) else None
    if algorithm is None:
        raise KeyMaterialError("expected an EC key on P-256, P-384 or P-521")
    x, y = (_coordinate(jwk.get(name), algorithm.size_bytes) for name in ("x", "y"))
    return algorithm, ec.EllipticCurvePublicNumbers(x, y, algorithm.curve)


def _coordinate(value: Json | object, size_bytes: int) -> int:
    if not isinstance(value, str):
        raise KeyMaterialError("expected key coordinates as base64url")
    try:
        raw = b64url_decode(value)
    except EncodingError as exc:
        raise KeyMaterialError("expected key coordinates as base64url") from exc
    if len(raw) != size_bytes:
        raise KeyMaterialError(f"expected a coordinate of {size_bytes} bytes, got {len(raw)}")
    return int.from_bytes(raw, "big")
