"""`c_nonce`: the issuer's challenge, which a key proof must repeat.

Source: OpenID4VCI 1.0 sections 7, 7.2 and 8.3.1.2. Made without a store; see `oauth.server_nonce`.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.oauth.server_nonce import check_server_nonce, make_server_nonce
from billfold.errors import EncodingError, ResponseError

MAX_RESPONSE_BYTES: Final = 16 * 1024

_PURPOSE: Final = "c_nonce"


class NonceResponse(msgspec.Struct, frozen=True):
    """The nonce endpoint's answer."""

    c_nonce: str


def make_c_nonce(secret_key: bytes, *, now: datetime, random: bytes) -> str:
    """Return a fresh `c_nonce`.

    Args:
        random: 16 random bytes.
    """
    return make_server_nonce(secret_key, purpose=_PURPOSE, now=now, random=random)


def check_c_nonce(secret_key: bytes, nonce: str, *, now: datetime, lifetime: timedelta) -> None:
    """Check that *nonce* was made with *secret_key* at most *lifetime* ago.

    Raises:
        RequestRefused: `invalid_nonce`.
    """
    check_server_nonce(secret_key, nonce, purpose=_PURPOSE, now=now, lifetime=lifetime, code="invalid_nonce")


def build_nonce_response(nonce: str) -> bytes:
    """Return the JSON body of the nonce endpoint's answer."""
    return json_encode(NonceResponse(nonce))


def parse_nonce_response(data: bytes) -> str:
    """Read the nonce endpoint's answer and return the `c_nonce`.

    Raises:
        ResponseError: it is malformed or empty.
    """
    try:
        response = msgspec.convert(json_decode_object(data, max_bytes=MAX_RESPONSE_BYTES), NonceResponse)
    except (EncodingError, msgspec.ValidationError) as exc:
        raise ResponseError("expected a nonce response with c_nonce") from exc
    if not response.c_nonce:
        raise ResponseError("expected c_nonce as text that is not empty")
    return response.c_nonce
