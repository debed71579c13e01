"""The pairing profile's messages: what the wallet reads and writes at the pairing endpoint.

Source: Billfold's pairing profile (docs/pairing-profile.md), item 4; RFC 8030 8 and RFC 8291 3.1, 3.2 for the
push subscription. What a wallet says of itself is for support to see; nothing proves it.
"""

from typing import Final

import msgspec

from billfold.core.encoding import b64url_decode, b64url_encode, json_decode_object, json_encode
from billfold.core.keys import PublicKey
from billfold.core.oauth.form import media_type
from billfold.core.oauth.urls import check_url
from billfold.core.openid4vci.states import PairingState
from billfold.errors import CredentialError, RequestRefused, ResponseError

MAX_BODY_BYTES: Final = 16 * 1024
MAX_VIEW_BYTES: Final = 1024 * 1024
MAX_NAME_CHARACTERS: Final = 100

_POINT_BYTES: Final = 65
_AUTH_BYTES: Final = 16


class PairedEntitlement(msgspec.Struct, frozen=True):
    """One Cred that the person should hold; `revision` rises when its content changes."""

    credential_configuration_id: str
    credential_identifier: str
    revision: int


class PairingView(msgspec.Struct, frozen=True):
    """GET: the pairing as the issuer sees it. The list is the whole truth, possibly empty."""

    state: PairingState
    entitlements: tuple[PairedEntitlement, ...] = ()


class PushKeys(msgspec.Struct, frozen=True):
    """The subscription's public key (uncompressed point) and secret, both base64url."""

    p256dh: str
    auth: str


class PushSubscription(msgspec.Struct, frozen=True):
    """Where and to which key push messages go."""

    endpoint: str
    keys: PushKeys


class ClientReport(msgspec.Struct, frozen=True, omit_defaults=True):
    """What support needs to see of the wallet; said by the wallet, proven by nothing."""

    version: str | None = None
    display_mode: str | None = None
    unlock: str | None = None
    persisted: bool | None = None
    notifications: str | None = None


class PairingUpdate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT: replaces what the issuer knows of the device; `push_subscription` null ends push."""

    device_name: str
    push_subscription: PushSubscription | None
    client: ClientReport = ClientReport()


def parse_pairing_update(body: bytes, content_type: str | None, *, allow_loopback_http: bool = False) -> PairingUpdate:
    """Read the body of a PUT.

    Raises:
        RequestRefused: `invalid_request`: malformed, an unknown member, or a push subscription that cannot be used.
    """
    if media_type(content_type) != "application/json":
        raise _refused("expected content type application/json")
    try:
        update = msgspec.convert(json_decode_object(body, max_bytes=MAX_BODY_BYTES), PairingUpdate)
        if update.push_subscription is not None:
            _check_subscription(update.push_subscription, allow_loopback_http=allow_loopback_http)
    except msgspec.ValidationError as exc:
        raise _refused("expected device_name, push_subscription or null, and client") from exc
    except CredentialError as exc:
        raise _refused(str(exc)) from exc
    if not 0 < len(update.device_name) <= MAX_NAME_CHARACTERS or not update.device_name.isprintable():
        raise _refused(f"expected device_name of 1 to {MAX_NAME_CHARACTERS} printable characters")
    report = update.client
    words = (report.version, report.display_mode, report.unlock, report.notifications)
    if any(word is not None and len(word) > MAX_NAME_CHARACTERS for word in words):
        raise _refused(f"expected members of client of at most {MAX_NAME_CHARACTERS} characters")
    return update


def encode_pairing(message: PairingView | PairingUpdate) -> bytes:
    """Return the JSON of *message*."""
    return json_encode(message)


def parse_pairing_view(data: bytes) -> PairingView:
    """Read the issuer's view; unknown members are ignored.

    Raises:
        ResponseError: malformed, or one identifier twice.
    """
    try:
        view = msgspec.convert(json_decode_object(data, max_bytes=MAX_VIEW_BYTES), PairingView)
    except (CredentialError, msgspec.ValidationError) as exc:
        raise ResponseError("expected a pairing with state and entitlements") from exc
    identifiers = [entry.credential_identifier for entry in view.entitlements]
    if len(set(identifiers)) != len(identifiers):
        raise ResponseError("expected each credential_identifier once")
    return view


def _check_subscription(subscription: PushSubscription, *, allow_loopback_http: bool) -> None:
    """Check endpoint and keys (RFC 8030 8, RFC 8291 3.1 and 3.2)."""
    check_url(subscription.endpoint, what="endpoint", allow_loopback_http=allow_loopback_http)
    point, auth = b64url_decode(subscription.keys.p256dh), b64url_decode(subscription.keys.auth)
    if len(point) != _POINT_BYTES or point[0] != 4:  # 0x04 opens an uncompressed point
        raise RequestRefused("invalid_request", "expected p256dh as an uncompressed P-256 point")
    half = _POINT_BYTES // 2
    jwk = {"kty": "EC", "crv": "P-256", "x": b64url_encode(point[1 : half + 1]), "y": b64url_encode(point[half + 1 :])}
    PublicKey.from_jwk(jwk)
    if len(auth) != _AUTH_BYTES:
        raise RequestRefused("invalid_request", f"expected auth of {_AUTH_BYTES} bytes")


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
