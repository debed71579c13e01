"""JWS in compact form: build, sign from outside, parse, verify; and the time claims of a JWT.

Source: RFC 7515 3.1, 4.1, 5 and 7.1 (compact JWS), RFC 7519 2 and 4.1 (NumericDate, exp, nbf, iat), RFC 8725 3.
Building is cut in two so that a key may live elsewhere: `signing_input`, then `attach(signing_input, signature)`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from billfold.core.encoding import Json, JsonObject, b64url_decode, b64url_encode, json_decode_object, json_encode
from billfold.core.keys import PublicKey, check_algorithm
from billfold.errors import JoseError

MAX_JWS_BYTES: Final = 64 * 1024

# Each changes how the signature is made or read (RFC 7515 4.1.11, RFC 7797), and nothing here understands any.
_REFUSED_HEADERS: Final = ("crit", "b64")
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC).timestamp()
_LATEST: Final = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Jws:
    """A parsed compact JWS. Nothing in it is proven until `verify` has returned."""

    compact: str
    header: dict[str, Json]
    payload: bytes
    signature: bytes
    signing_input: bytes

    @classmethod
    def parse(cls, text: str, *, max_bytes: int = MAX_JWS_BYTES) -> "Jws":
        """Read a compact JWS of at most *max_bytes* (RFC 7515 7.1).

        Raises:
            JoseError: too long, not three parts, or a header that changes the rules (`crit`, `b64`).
            EncodingError: a part is not strict base64url, or the header is not one strict JSON object.
        """
        if len(text) > max_bytes:
            raise JoseError(f"expected a JWS of at most {max_bytes} bytes")
        parts = text.split(".")
        if len(parts) != 3:
            raise JoseError(f"expected a JWS of 3 parts, got {len(parts)}")
        header = json_decode_object(b64url_decode(parts[0]))
        for name in _REFUSED_HEADERS:
            if name in header:
                raise JoseError(f"expected a JWS header without {name}")
        payload, signature = b64url_decode(parts[1]), b64url_decode(parts[2])
        return cls(text, header, payload, signature, text[: text.rindex(".")].encode("ascii"))

    def verify(self, key: PublicKey, algorithms: Collection[str]) -> None:
        """Check the signature with *key*; its `alg` must be in *algorithms* and be the key's own.

        Raises:
            JoseError: another `alg`, or the signature does not verify.
        """
        algorithm = self.header.get("alg")
        check_algorithm(algorithm, algorithms)
        if algorithm != key.algorithm.name:
            raise JoseError(f"expected alg {key.algorithm.name}, as the key has it")
        key.verify(self.signature, self.signing_input)

    def require_typ(self, *typ: str) -> None:
        """Check that `typ` is one of *typ*, with or without `application/` (RFC 7515 4.1.9).

        Raises:
            JoseError: `typ` is absent or another.
        """
        value = self.header.get("typ")
        found = value.lower().removeprefix("application/") if isinstance(value, str) else None
        if found not in {name.lower() for name in typ}:
            raise JoseError(f"expected typ {' or '.join(typ)}", code="wrong_typ")

    def claims(self) -> dict[str, Json]:
        """Return the payload as a strict JSON object.

        Raises:
            EncodingError: the payload is something else.
        """
        return json_decode_object(self.payload, max_bytes=len(self.payload))


def signing_input(header: JsonObject, claims: JsonObject) -> bytes:
    """Return the bytes to sign for a JWT of *header* and *claims* (RFC 7515 5.1)."""
    return f"{b64url_encode(json_encode(header))}.{b64url_encode(json_encode(claims))}".encode("ascii")


def attach(signing_input: bytes, signature: bytes) -> str:
    """Return the compact JWS of a *signing_input* and its raw ``r || s`` *signature*."""
    return f"{signing_input.decode('ascii')}.{b64url_encode(signature)}"


def numeric_date(claims: JsonObject, name: str, *, required: bool = False) -> datetime | None:
    """Read the NumericDate claim *name*: seconds since 1970, whole or not (RFC 7519 2).

    Returns:
        An aware UTC instant, or None where the claim is absent.

    Raises:
        JoseError: *required* and absent, not a number, or not between 1970 and 9999.
    """
    value = claims.get(name)
    if name not in claims:
        if required:
            raise JoseError(f"expected claim {name}")
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise JoseError(f"expected {name} as a number of seconds")
    if not _EARLIEST <= value < _LATEST:
        raise JoseError(f"expected {name} between 1970 and 9999")
    return datetime.fromtimestamp(value, UTC)


def check_times(claims: JsonObject, *, now: datetime, leeway: timedelta, max_age: timedelta | None = None) -> None:
    """Check `exp`, `nbf` and `iat`, as far as present, at *now* give or take *leeway* (RFC 7519 4.1.4 to 4.1.6).

    Args:
        max_age: refuse what was issued longer ago than this, *leeway* added; then `iat` must be there.

    Raises:
        JoseError: a claim is malformed, or with code `expired`, `not_yet_valid`, `issued_in_future` or `too_old`.
    """
    expires_at, begins_at = numeric_date(claims, "exp"), numeric_date(claims, "nbf")
    issued_at = numeric_date(claims, "iat", required=max_age is not None)
    if expires_at is not None and now >= expires_at + leeway:
        raise JoseError("expected exp in the future", code="expired")
    if begins_at is not None and now < begins_at - leeway:
        raise JoseError("expected nbf in the past", code="not_yet_valid")
    if issued_at is not None and now < issued_at - leeway:
        raise JoseError("expected iat in the past", code="issued_in_future")
    if issued_at is not None and max_age is not None and now > issued_at + max_age + leeway:
        raise JoseError(f"expected iat at most {max_age.total_seconds():.0f} s ago", code="too_old")
