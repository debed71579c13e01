"""The token endpoint's messages: a grant in, a token response or an error out.

Source: RFC 6749 4.1.3, 5.1, 5.2 and 6; OpenID4VCI 1.0 sections 6.1 and 6.2; RFC 9449 5.
Shapes only: whether a code is good, and a `tx_code` expected, is decided by whoever keeps the codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.oauth.authorization_details import (
    AuthorizedDetail,
    build_authorization_details,
    parse_authorization_details,
)
from billfold.core.oauth.error_response import ErrorResponse, parse_error_response
from billfold.errors import EncodingError, RequestRefused, ResponseError

PRE_AUTHORIZED_CODE: Final = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
REFRESH_TOKEN: Final = "refresh_token"  # noqa: S105 -- a grant type's name
MAX_RESPONSE_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class PreAuthorizedCodeGrant:
    """A request that spends a pre-authorized code (OpenID4VCI 6.1)."""

    code: str
    tx_code: str | None = None
    authorization_details: tuple[str, ...] | None = None
    client_id: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshTokenGrant:
    """A request for a new access token (RFC 6749 6)."""

    refresh_token: str
    authorization_details: tuple[str, ...] | None = None
    scope: str | None = None
    client_id: str | None = None


TokenRequest = PreAuthorizedCodeGrant | RefreshTokenGrant


class TokenResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A successful answer (RFC 6749 5.1, OpenID4VCI 6.2). `expires_in` counts seconds."""

    access_token: str
    token_type: str
    expires_in: int | None = None
    refresh_token: str | None = None
    scope: str | None = None
    authorization_details: tuple[AuthorizedDetail, ...] | None = None


TokenError = ErrorResponse
parse_token_error = parse_error_response


def parse_token_request(form: Mapping[str, str], *, location: str | None = None) -> TokenRequest:
    """Read the grant out of a parsed form; unknown parameters are ignored.

    Args:
        location: see `parse_authorization_details`.

    Raises:
        RequestRefused: `invalid_request`, `unsupported_grant_type` or `invalid_authorization_details`.
    """
    grant_type = _required(form, "grant_type")
    if grant_type == PRE_AUTHORIZED_CODE:
        return PreAuthorizedCodeGrant(
            code=_required(form, "pre-authorized_code"),
            tx_code=form.get("tx_code"),
            authorization_details=_details(form, location),
            client_id=_client_id(form),
        )
    if grant_type == REFRESH_TOKEN:
        return RefreshTokenGrant(
            refresh_token=_required(form, "refresh_token"),
            authorization_details=_details(form, location),
            scope=form.get("scope"),
            client_id=_client_id(form),
        )
    raise RequestRefused("unsupported_grant_type", "expected a pre-authorized code or a refresh token")


def build_token_request(
    grant: TokenRequest, *, configuration_ids: Sequence[str] | None = None, location: str | None = None
) -> dict[str, str]:
    """Return the form fields of *grant*, for `encode_form`.

    Args:
        configuration_ids: in place of the grant's own `authorization_details`, where given.
        location: see `build_authorization_details`.
    """
    if isinstance(grant, PreAuthorizedCodeGrant):
        fields = {"grant_type": PRE_AUTHORIZED_CODE, "pre-authorized_code": grant.code}
        optional = {"tx_code": grant.tx_code, "client_id": grant.client_id}
    else:
        fields = {"grant_type": REFRESH_TOKEN, "refresh_token": grant.refresh_token}
        optional = {"scope": grant.scope, "client_id": grant.client_id}
    named = configuration_ids if configuration_ids is not None else grant.authorization_details
    if named is not None:
        optional["authorization_details"] = build_authorization_details(named, location=location)
    return {**fields, **{name: value for name, value in optional.items() if value is not None}}


def build_token_response(response: TokenResponse) -> bytes:
    """Return the JSON body of *response*."""
    return json_encode(response)


def parse_token_response(data: bytes) -> TokenResponse:
    """Read a token response; unknown members are ignored, `token_type` is brought to `DPoP` or `Bearer`.

    Raises:
        ResponseError: malformed, an unknown `token_type`, or an entry without identifiers.
    """
    try:
        response = msgspec.convert(json_decode_object(data, max_bytes=MAX_RESPONSE_BYTES), TokenResponse)
    except (EncodingError, msgspec.ValidationError) as exc:
        raise ResponseError("expected a token response as a JSON object") from exc
    token_type = {"dpop": "DPoP", "bearer": "Bearer"}.get(response.token_type.lower())
    if token_type is None or not response.access_token:
        raise ResponseError("expected access_token with token_type DPoP or Bearer")
    if response.expires_in is not None and response.expires_in <= 0:
        raise ResponseError("expected expires_in above 0")
    if any(not detail.credential_identifiers for detail in response.authorization_details or ()):
        raise ResponseError("expected credential_identifiers in each entry of authorization_details")
    return msgspec.structs.replace(response, token_type=token_type)


def _required(form: Mapping[str, str], name: str) -> str:
    value = form.get(name)
    if not value:
        raise RequestRefused("invalid_request", f"expected parameter {name}")
    return value


def _client_id(form: Mapping[str, str]) -> str | None:
    """Return the client identifier (RFC 6749 A.1: printable ASCII)."""
    client_id = form.get("client_id")
    if client_id is not None and not (client_id.isascii() and client_id.isprintable()):
        raise RequestRefused("invalid_request", "expected client_id in printable ASCII")
    return client_id


def _details(form: Mapping[str, str], location: str | None) -> tuple[str, ...] | None:
    text = form.get("authorization_details")
    return None if text is None else parse_authorization_details(text, location=location)
