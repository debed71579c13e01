"""VAPID: who sends a push message, by a signed token in the request's Authorization header.

Source: RFC 8292 sections 2 to 4.2.
"""

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from billfold.core.encoding import Json, b64url_decode, b64url_encode
from billfold.core.jose.jws import Jws, attach, numeric_date, signing_input
from billfold.core.keys import PrivateKey, PublicKey
from billfold.core.webpush.message import point_of, public_key_from_point
from billfold.errors import CredentialError, PushError

MAX_LIFETIME: Final = timedelta(hours=24)
LIFETIME: Final = timedelta(hours=12)
MAX_HEADER_BYTES: Final = 4096

_HEADER: Final = re.compile(r"vapid\s+(?P<parameters>.+)\Z", re.IGNORECASE | re.DOTALL)


def origin_of(url: str) -> str:
    """Return scheme, host and port of *url*, as `aud` has them (RFC 6454 6.2)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def key_text(key: PublicKey) -> str:
    """Return *key* as `k` and as browsers take it for `applicationServerKey`."""
    return b64url_encode(point_of(key))


def authorization(endpoint: str, *, key: PrivateKey, subject: str, now: datetime) -> str:
    """Return the Authorization header for a push to *endpoint*.

    Args:
        subject: a mailto: or https: URI under which the push service reaches the sender.
    """
    claims: dict[str, Json] = {"aud": origin_of(endpoint), "exp": int((now + LIFETIME).timestamp()), "sub": subject}
    unsigned = signing_input({"typ": "JWT", "alg": "ES256"}, claims)
    return f"vapid t={attach(unsigned, key.sign(unsigned))}, k={key_text(key.public())}"


def verify_authorization(header: str, *, audiences: Collection[str], expected_key: str, now: datetime) -> None:
    """Check the Authorization header of a push: signed by *expected_key*, for one of *audiences*, in its time.

    Args:
        audiences: the origins under which this push service is reached.
        expected_key: the key that was registered with the endpoint, as `key_text` gives it.

    Raises:
        PushError: any of that is not so.
    """
    parameters = _parameters(header)
    if parameters.get("k", "").rstrip("=") != expected_key:
        raise PushError("expected the key that was registered with this endpoint", code="wrong_key")
    try:
        jws = Jws.parse(parameters.get("t", ""))
        jws.verify(public_key_from_point(b64url_decode(expected_key)), {"ES256"})
        claims = jws.claims()
        expires_at = numeric_date(claims, "exp", required=True)
    except CredentialError as exc:
        raise PushError(f"expected a VAPID token by the registered key: {exc}") from exc
    if claims.get("aud") not in audiences:
        raise PushError("expected aud as the origin of this endpoint")
    if expires_at is None or not now <= expires_at <= now + MAX_LIFETIME:
        raise PushError("expected exp within the next 24 hours", code="expired")


def _parameters(header: str) -> dict[str, str]:
    match = _HEADER.match(header) if len(header) <= MAX_HEADER_BYTES else None
    if match is None:
        raise PushError("expected Authorization: vapid with t and k")
    pairs = (part.strip().partition("=") for part in match["parameters"].split(","))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
