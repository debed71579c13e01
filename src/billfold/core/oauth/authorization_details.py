"""`authorization_details` of type `openid_credential`: which Cred types a token is to be good for.

Source: RFC 9396 2, 5 and 7; OpenID4VCI 1.0 sections 5.1.1, 6.1 and 6.2.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from billfold.core.encoding import Json, json_decode, json_encode
from billfold.errors import EncodingError, RequestRefused

TYPE: Final = "openid_credential"
MAX_DETAILS_BYTES: Final = 32 * 1024
MAX_DETAILS: Final = 64


class AuthorizedDetail(msgspec.Struct, frozen=True):
    """One granted entry of a token response: the identifiers that are there for a configuration (6.2)."""

    credential_configuration_id: str
    credential_identifiers: tuple[str, ...]
    type: str = TYPE


def parse_authorization_details(text: str, *, location: str | None = None) -> tuple[str, ...]:
    """Read the parameter and return the configuration ids it names, each once, in order.

    Args:
        location: the credential issuer identifier, when metadata names `authorization_servers`: then every entry
            must list it in `locations` (OpenID4VCI 5.1.1).

    Raises:
        RequestRefused: `invalid_authorization_details`.
    """
    try:
        entries = json_decode(text, max_bytes=MAX_DETAILS_BYTES)
    except EncodingError as exc:
        raise _refused("expected authorization_details as JSON") from exc
    if not isinstance(entries, list) or not 0 < len(entries) <= MAX_DETAILS:
        raise _refused(f"expected authorization_details as an array of 1 to {MAX_DETAILS} objects")
    return tuple(dict.fromkeys(_configuration_id(entry, location) for entry in entries))


def build_authorization_details(configuration_ids: Sequence[str], *, location: str | None = None) -> str:
    """Return the parameter that asks for *configuration_ids*, with `locations` where *location* is given."""
    extra = {} if location is None else {"locations": [location]}
    entries = [{"type": TYPE, "credential_configuration_id": name, **extra} for name in configuration_ids]
    return json_encode(entries).decode("utf-8")


def _configuration_id(entry: Json, location: str | None) -> str:
    if not isinstance(entry, Mapping) or entry.get("type") != TYPE:
        raise _refused(f"expected entries of type {TYPE}")
    configuration_id, claims = entry.get("credential_configuration_id"), entry.get("claims")
    if not isinstance(configuration_id, str) or not configuration_id:
        raise _refused("expected credential_configuration_id in each entry")
    if "claims" in entry and (not isinstance(claims, list) or not claims):
        raise _refused("expected claims as a non-empty array")
    if "credential_identifiers" in entry:
        raise _refused("expected a request without credential_identifiers")
    locations = entry.get("locations")
    if location is not None and (not isinstance(locations, list) or location not in locations):
        raise _refused("expected locations with the credential issuer identifier")
    return configuration_id


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_authorization_details", message)
