"""Server nonces that need no store: time and random bytes under an HMAC.

Source: RFC 9449 8 and 9 (DPoP nonces), OpenID4VCI 1.0 section 7 (`c_nonce`), RFC 2104 (HMAC).
Shape: 8 bytes of Unix time, 16 random bytes, 16 bytes of HMAC-SHA-256 over the purpose and both; in base64url.
A nonce for one purpose is worth nothing for another. Using one only once is the caller's business.
"""

import hmac
from datetime import datetime, timedelta
from typing import Final

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.errors import EncodingError, RequestRefused

RANDOM_BYTES: Final = 16
MAX_AHEAD: Final = timedelta(seconds=60)  # nodes that share the key need not agree on the time to the second

_TIME_BYTES: Final = 8
_MAC_BYTES: Final = 16
_NONCE_BYTES: Final = _TIME_BYTES + RANDOM_BYTES + _MAC_BYTES


def make_server_nonce(secret_key: bytes, *, purpose: str, now: datetime, random: bytes) -> str:
    """Return a nonce of 54 characters for *purpose*.

    Args:
        random: 16 random bytes.
    """
    if len(random) != RANDOM_BYTES:
        raise ValueError(f"expected {RANDOM_BYTES} random bytes, got {len(random)}")
    body = int(now.timestamp()).to_bytes(_TIME_BYTES, "big") + random
    return b64url_encode(body + _mac(secret_key, purpose, body))


def check_server_nonce(
    secret_key: bytes, nonce: str, *, purpose: str, now: datetime, lifetime: timedelta, code: str, status: int = 400
) -> None:
    """Check that *nonce* was made here for *purpose*, at most *lifetime* ago.

    Raises:
        RequestRefused: with *code* and *status*: forged, for another purpose, or too old.
    """
    try:
        raw = b64url_decode(nonce)
    except EncodingError:
        raw = b""
    body, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(raw) != _NONCE_BYTES or not hmac.compare_digest(mac, _mac(secret_key, purpose, body)):
        raise RequestRefused(code, "expected a nonce of this server, fetch a new one", status=status)
    age_s = now.timestamp() - int.from_bytes(body[:_TIME_BYTES], "big")
    if not -MAX_AHEAD.total_seconds() <= age_s <= lifetime.total_seconds():
        raise RequestRefused(code, "expected a fresh nonce, fetch a new one", status=status)


def _mac(secret_key: bytes, purpose: str, body: bytes) -> bytes:
    label = purpose.encode("utf-8")
    return hmac.digest(secret_key, len(label).to_bytes(2, "big") + label + body, "sha256")[:_MAC_BYTES]
