"""Forms: `application/x-www-form-urlencoded` bodies, each parameter once.

Source: RFC 6749 3.2 (no parameter twice, one without a value counts as absent) and appendix B, WHATWG URL 5.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import unquote_to_bytes, urlencode

from billfold.errors import RequestRefused

MEDIA_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FORM_BYTES: Final = 64 * 1024
MAX_FIELDS: Final = 64

_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


def parse_form(body: bytes, content_type: str | None, *, max_bytes: int = MAX_FORM_BYTES) -> dict[str, str]:
    """Read the form in *body*; parameters without a value are left out.

    Raises:
        RequestRefused: `invalid_request`: another content type, over *max_bytes* or ``MAX_FIELDS``, not UTF-8,
            a broken escape, or a parameter given twice.
    """
    if media_type(content_type) != MEDIA_TYPE:
        raise _refused(f"expected content type {MEDIA_TYPE}")
    if len(body) > max_bytes:
        raise _refused(f"expected a form of at most {max_bytes} bytes")
    try:
        text = body.decode("ascii")
    except UnicodeDecodeError as exc:
        raise _refused("expected a percent-encoded form") from exc
    return parse_query(text)


def parse_query(text: str) -> dict[str, str]:
    """Read parameters in form encoding, as they also stand in the query of a link.

    Raises:
        RequestRefused: as `parse_form`.
    """
    if _BROKEN_ESCAPE.search(text):
        raise _refused("expected two hexadecimal digits after each percent sign")
    pairs = [pair for pair in text.split("&") if pair]
    if len(pairs) > MAX_FIELDS:
        raise _refused(f"expected at most {MAX_FIELDS} parameters")
    fields: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        name = _decode(name)
        if name in fields:
            raise _refused("expected each parameter once")
        fields[name] = _decode(value)
    return {name: value for name, value in fields.items() if value}


def encode_form(fields: Mapping[str, str]) -> bytes:
    """Return *fields* as a form body."""
    return urlencode(fields).encode("ascii")


def media_type(content_type: str | None) -> str:
    """Return the media type of a Content-Type value, without parameters and in lower case."""
    return (content_type or "").partition(";")[0].strip().lower()


def _decode(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _refused("expected parameters in UTF-8") from exc


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
