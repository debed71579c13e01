"""Error answers as JSON: `error`, `error_description`, and the pairing profile's `billfold_pairing`.

Source: RFC 6749 5.2 (printable ASCII without quotation mark and backslash), OpenID4VCI 1.0 8.3.1.2.
"""

import re
from typing import Final

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.errors import EncodingError, RequestRefused, ResponseError

MAX_ERROR_BYTES: Final = 16 * 1024

_NOT_ALLOWED: Final = re.compile(r"[^\x20-\x21\x23-\x5b\x5d-\x7e]")


class ErrorResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an endpoint answers instead of success. `billfold_pairing` is `ended` when the pairing is over."""

    error: str
    error_description: str | None = None
    billfold_pairing: str | None = None


def build_error_response(refused: RequestRefused, *, billfold_pairing: str | None = None) -> bytes:
    """Return the JSON body for *refused*, its text made fit for the wire."""
    description = _NOT_ALLOWED.sub("'", str(refused)) or None
    return json_encode(ErrorResponse(refused.code, description, billfold_pairing))


def parse_error_response(data: bytes) -> ErrorResponse:
    """Read an error answer of the other side; unknown members are ignored.

    Raises:
        ResponseError: not a JSON object with `error` as text.
    """
    try:
        return msgspec.convert(json_decode_object(data, max_bytes=MAX_ERROR_BYTES), ErrorResponse)
    except (EncodingError, msgspec.ValidationError) as exc:
        raise ResponseError("expected an error answer as a JSON object with error") from exc
