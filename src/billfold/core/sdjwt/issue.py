"""Issue an SD-JWT whose top-level claims may be disclosed one by one.

Source: RFC 9901 4 to 4.2.4.1 (format, disclosures, digests), 9.3 (salts), 9.7 (what stays in the clear).
This is the hot path of issuing. It spends next to nothing beside the signature: one run of salts for all
disclosures, the header encoded once per key, and the wire text made without intermediate objects.
"""

from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import msgspec

from billfold.core.encoding import Json, JsonObject, b64url_encode, json_encode
from billfold.core.jose.jws import attach
from billfold.core.sdjwt.disclosure import DEFAULT_ALGORITHM, NEVER_DISCLOSABLE, RESERVED_NAMES
from billfold.errors import SdJwtError

SALT_BYTES: Final = 16

_encode = msgspec.json.Encoder().encode
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")


@dataclass(frozen=True, slots=True)
class Prepared:
    """An SD-JWT that lacks nothing but its signature."""

    signing_input: bytes
    disclosures: tuple[str, ...]

    def attach(self, signature: bytes) -> str:
        """Return the SD-JWT as issued: ``<jws>~<disclosure>~...~`` (RFC 9901 4)."""
        return "~".join((attach(self.signing_input, signature), *self.disclosures, ""))


def encode_header(header: JsonObject) -> str:
    """Return the protected *header* in base64url; it stays the same for all credentials of one key."""
    return b64url_encode(json_encode(header))


def prepare(claims: Mapping[str, Json], disclosable: Mapping[str, Json], *, header_b64u: str, salts: bytes) -> Prepared:
    """Build an SD-JWT of *claims* in the clear and one disclosure for each member of *disclosable*.

    Args:
        header_b64u: from `encode_header`.
        salts: ``SALT_BYTES`` fresh random bytes for each member of *disclosable*, in one piece.

    Raises:
        SdJwtError: a claim on both sides, a name that must not be disclosable or is reserved, too few salts.
    """
    _check_names(claims, disclosable)
    if len(salts) != SALT_BYTES * len(disclosable):
        raise SdJwtError(f"expected {SALT_BYTES} bytes of salt for each disclosure")
    salt_texts = _b64url_each([salts[start : start + SALT_BYTES] for start in range(0, len(salts), SALT_BYTES)])
    plain = [_encode((salt, *field)) for salt, field in zip(salt_texts, disclosable.items(), strict=True)]
    disclosures = [_b64url(text) for text in plain]
    digests = _b64url_each([sha256(text).digest() for text in disclosures])
    digests.sort()  # so that their order says nothing about the claims (RFC 9901 4.2.4.1)
    payload = _encode({**claims, "_sd": digests, "_sd_alg": DEFAULT_ALGORITHM} if digests else claims)
    _refuse_reserved(payload, b"".join(plain), sd_members=1 if digests else 0)
    texts = tuple(b"~".join(disclosures).decode("ascii").split("~")) if plain else ()
    return Prepared(b"%b.%b" % (header_b64u.encode("ascii"), _b64url(payload)), texts)


def _b64url(data: bytes) -> bytes:
    return b2a_base64(data, newline=False).translate(_TO_URL).rstrip(b"=")


def _b64url_each(chunks: list[bytes]) -> list[str]:
    """Return each of *chunks*, which are of one length, in base64url, at the price of one encoding.

    Padded with zeros to a multiple of 3 bytes, every chunk starts at a whole character; what the zeros add is cut.
    """
    size = len(chunks[0]) if chunks else 0
    padding = bytes(-size % 3)
    text = b2a_base64(padding.join((*chunks, b"")), newline=False).translate(_TO_URL).decode("ascii")
    stride, kept = (size + len(padding)) * 4 // 3, (size * 8 + 5) // 6
    return [text[start : start + kept] for start in range(0, len(text), stride or 1)]


def _check_names(claims: Mapping[str, Json], disclosable: Mapping[str, Json]) -> None:
    if not NEVER_DISCLOSABLE.isdisjoint(disclosable):
        raise SdJwtError(f"expected {', '.join(sorted(NEVER_DISCLOSABLE & disclosable.keys()))} in the clear")
    if not claims.keys().isdisjoint(disclosable):
        raise SdJwtError("expected each claim either in the clear or as a disclosure")
    if "_sd_alg" in claims or "_sd" in claims or not RESERVED_NAMES.isdisjoint(disclosable):
        raise SdJwtError("expected claim names other than _sd, _sd_alg and ...")


def _refuse_reserved(payload: bytes, disclosures: bytes, *, sd_members: int) -> None:
    """In compact JSON only a member name can look like this, whatever the values hold."""
    if payload.count(b'"_sd":') != sd_members or b'"...":' in payload:
        raise SdJwtError("expected claims without members named _sd or ...")
    if b'"_sd":' in disclosures or b'"...":' in disclosures:
        raise SdJwtError("expected disclosed claims without members named _sd or ...")
