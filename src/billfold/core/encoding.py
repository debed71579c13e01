"""Strict base64url and JSON: refuses what a lenient decoder would mend.

Source: RFC 7515 2 and appendix C (base64url without padding), RFC 8259 (JSON), RFC 8725 3.
A text that two readers understand differently is an attack, so duplicate member names, non-canonical
base64url, NaN and runaway nesting are errors here.
"""

import binascii
import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import NoReturn

import msgspec

from billfold.errors import EncodingError

JsonScalar = str | int | float | bool | None
Json = JsonScalar | Sequence["Json"] | Mapping[str, "Json"]
JsonObject = Mapping[str, Json]

MAX_JSON_BYTES = 4 * 1024 * 1024
MAX_JSON_DEPTH = 64

INTEGERS = range(-(2**63), 2**64)  # what any JSON library can write again

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_B64URL = re.compile(rb"[A-Za-z0-9_-]*\Z")
_PADDING = (b"", b"===", b"==", b"=")  # by the length of the text, modulo 4
_UNPADDED = "base64url without padding"
_json_encoder = msgspec.json.Encoder()


def b64url_encode(data: bytes) -> str:
    """Return *data* as base64url without padding."""
    return _b64url(data).decode("ascii")


def b64url_decode(text: str | bytes) -> bytes:
    """Read base64url without padding, in its one canonical spelling.

    Raises:
        EncodingError: padding, a foreign character, an impossible length, or bits that are left over.
    """
    try:
        raw = text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError as exc:
        raise EncodingError("expected base64url, got a character outside ASCII") from exc
    try:
        data = binascii.a2b_base64(raw.replace(b"-", b"+").replace(b"_", b"/") + _PADDING[len(raw) % 4])
    except binascii.Error as exc:
        raise EncodingError(f"expected {_UNPADDED}") from exc
    if _b64url(data) != raw:  # the one spelling has no padding, no foreign character and no bits left over
        left_over = _B64URL.match(raw) and len(raw) % 4 != 1
        raise EncodingError(f"expected {'canonical base64url, got bits left over' if left_over else _UNPADDED}")
    return data


def json_encode(value: object) -> bytes:
    """Return *value* as compact UTF-8 JSON."""
    return _json_encoder.encode(value)


def json_decode(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES) -> Json:
    """Read one JSON text strictly.

    Raises:
        EncodingError: not UTF-8, not JSON, over *max_bytes*, nested past ``MAX_JSON_DEPTH``,
            a member name given twice, half a surrogate pair, or a number that is none or beyond all use.
    """
    if len(data) > max_bytes:
        raise EncodingError(f"expected JSON of at most {max_bytes} bytes")
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        _check_depth(text)
        value: Json = _json_decoder.decode(text)
        if _SURROGATE.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")  # fails for half a character
    except EncodingError:
        raise
    except (ValueError, RecursionError) as exc:
        raise EncodingError("expected one JSON text in UTF-8") from exc
    return value


def json_decode_object(data: bytes | str, *, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Json]:
    """Read one JSON object strictly (see `json_decode`).

    Raises:
        EncodingError: as `json_decode`, or the text is not an object.
    """
    value = json_decode(data, max_bytes=max_bytes)
    if not isinstance(value, dict):
        raise EncodingError(f"expected a JSON object, got {type(value).__name__}")
    return value


def _b64url(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False).replace(b"+", b"-").replace(b"/", b"_").rstrip(b"=")


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise EncodingError("expected each member name once")
    return members


def _no_constant(name: str) -> NoReturn:
    raise EncodingError(f"expected a JSON number, got {name}")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise EncodingError("expected a number that a double can hold")
    return number


def _bounded(text: str) -> int:
    if len(text) > 20 or (number := int(text)) not in INTEGERS:
        raise EncodingError("expected integers of at most 64 bits")
    return number


_json_decoder = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite, parse_int=_bounded
)


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser recurses into it; a bracket inside a string can only over-count."""
    if text.count("[") + text.count("{") <= MAX_JSON_DEPTH:
        return
    depth = 0
    for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', text):
        character = token[0]
        if character in "[{":
            depth += 1
            if depth > MAX_JSON_DEPTH:
                raise EncodingError(f"expected JSON nested at most {MAX_JSON_DEPTH} deep")
        elif character in "]}":
            depth -= 1
