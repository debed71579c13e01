"""Notifications: the wallet reports what became of the Creds it was given.

Source: OpenID4VCI 1.0 sections 11.1 and 11.3.
"""

import re
from typing import Final, Literal

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.oauth.form import media_type
from billfold.errors import EncodingError, RequestRefused

Event = Literal["credential_accepted", "credential_failure", "credential_deleted"]

MAX_REQUEST_BYTES: Final = 16 * 1024

_DESCRIPTION: Final = re.compile(r"[\x20-\x21\x23-\x5b\x5d-\x7e]*\Z")


class NotificationRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One report; sending it twice changes nothing more."""

    notification_id: str
    event: Event
    event_description: str | None = None


def parse_notification_request(body: bytes, content_type: str | None) -> NotificationRequest:
    """Read a notification; unknown members are ignored.

    Raises:
        RequestRefused: `invalid_notification_request`.
    """
    if media_type(content_type) != "application/json":
        raise _refused("expected content type application/json")
    try:
        request = msgspec.convert(json_decode_object(body, max_bytes=MAX_REQUEST_BYTES), NotificationRequest)
    except EncodingError as exc:
        raise _refused("expected a JSON object") from exc
    except msgspec.ValidationError as exc:
        raise _refused("expected notification_id and an event that the standard names") from exc
    if not request.notification_id:
        raise _refused("expected notification_id as text")
    if request.event_description is not None and not _DESCRIPTION.match(request.event_description):
        raise _refused("expected event_description in printable ASCII without quotation mark and backslash")
    return request


def build_notification_request(notification_id: str, event: Event, *, description: str | None = None) -> bytes:
    """Return the JSON body that reports *event*."""
    return json_encode(NotificationRequest(notification_id, event, description))


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_notification_request", message)
