"""The credential endpoint's messages: what is asked for, and the signed Creds that come back.

Source: OpenID4VCI 1.0 sections 8.2, 8.3, 8.3.1.2 and 9.1. Encryption is not announced, so asking for it is refused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from billfold.core.encoding import Json, JsonObject, json_decode_object, json_encode
from billfold.core.oauth.form import media_type
from billfold.core.openid4vci.proof import PROOF_TYPE
from billfold.errors import EncodingError, RequestRefused, ResponseError

MAX_REQUEST_BYTES: Final = 512 * 1024
MAX_RESPONSE_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CredentialRequest:
    """Exactly one of the two ids is set. `proofs` is the member as it came, for `verify_key_proofs`."""

    credential_identifier: str | None
    credential_configuration_id: str | None
    proofs: Json


class IssuedCredential(msgspec.Struct, frozen=True):
    """One element of `credentials`: an SD-JWT VC as it is, or a base64url mdoc."""

    credential: str


class CredentialResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """Either `credentials`, or `transaction_id` with `interval` in seconds when they come later."""

    credentials: tuple[IssuedCredential, ...] | None = None
    notification_id: str | None = None
    transaction_id: str | None = None
    interval: float | None = None


def parse_credential_request(body: bytes, content_type: str | None) -> CredentialRequest:
    """Read a credential request; unknown members are ignored (8.2).

    Raises:
        RequestRefused: `invalid_credential_request`, or `invalid_encryption_parameters` where encryption is asked for.
    """
    kind = media_type(content_type)
    if kind == "application/jwt":
        raise RequestRefused("invalid_encryption_parameters", "expected a plain request, encryption is not offered")
    if kind != "application/json":
        raise _refused("expected content type application/json")
    try:
        given = json_decode_object(body, max_bytes=MAX_REQUEST_BYTES)
    except EncodingError as exc:
        raise _refused("expected a JSON object") from exc
    # Many write null for what they leave out.
    request: JsonObject = {name: value for name, value in given.items() if value is not None}
    if "credential_response_encryption" in request:
        message = "expected no credential_response_encryption, encryption is not offered"
        raise RequestRefused("invalid_encryption_parameters", message)
    identifier = _id(request, "credential_identifier")
    configuration_id = _id(request, "credential_configuration_id")
    if (identifier is None) == (configuration_id is None):
        raise _refused("expected either credential_identifier or credential_configuration_id")
    return CredentialRequest(identifier, configuration_id, request.get("proofs"))


def build_credential_request(
    proof_jwts: Sequence[str],
    *,
    credential_identifier: str | None = None,
    credential_configuration_id: str | None = None,
) -> bytes:
    """Return the JSON body that asks for one Cred per proof; give exactly one of the two ids."""
    if (credential_identifier is None) == (credential_configuration_id is None):
        raise ValueError("expected either credential_identifier or credential_configuration_id")
    request: dict[str, object] = {}
    if credential_identifier is not None:
        request["credential_identifier"] = credential_identifier
    else:
        request["credential_configuration_id"] = credential_configuration_id
    if proof_jwts:
        request["proofs"] = {PROOF_TYPE: list(proof_jwts)}
    return json_encode(request)


def build_deferred_request(transaction_id: str) -> bytes:
    """Return the JSON body that asks for Creds that were promised (9.1)."""
    return json_encode({"transaction_id": transaction_id})


def build_credential_response(credentials: Sequence[str], *, notification_id: str | None = None) -> bytes:
    """Return the JSON body that hands over *credentials*."""
    return json_encode(CredentialResponse(tuple(map(IssuedCredential, credentials)), notification_id))


def parse_credential_response(
    data: bytes, content_type: str | None = "application/json", *, keys_sent: int
) -> CredentialResponse:
    """Read a credential response; unknown members are ignored (8.3).

    Args:
        keys_sent: how many keys the request proved; more Creds than that are refused.

    Raises:
        ResponseError: malformed, both or neither of the two forms, or more Creds than keys.
    """
    if media_type(content_type) != "application/json":
        raise ResponseError("expected the credential response as application/json")
    try:
        response = msgspec.convert(json_decode_object(data, max_bytes=MAX_RESPONSE_BYTES), CredentialResponse)
    except EncodingError as exc:
        raise ResponseError("expected the credential response as a JSON object") from exc
    except msgspec.ValidationError as exc:
        raise ResponseError(f"expected a credential response by the standard: {exc}") from exc
    if (response.credentials is None) == (response.transaction_id is None):
        raise ResponseError("expected either credentials or transaction_id")
    if response.transaction_id is not None:
        if response.interval is None or response.interval <= 0 or not response.transaction_id:
            raise ResponseError("expected transaction_id with interval above 0")
    elif not 0 < len(response.credentials or ()) <= keys_sent:
        raise ResponseError(f"expected 1 to {keys_sent} credentials, got {len(response.credentials or ())}")
    return response


def check_bound_keys(bound: Sequence[str | None], *, sent: Collection[str]) -> None:
    """Check that the Creds of one response are bound to different keys that this wallet sent (8.3).

    Args:
        bound: thumbprints of the keys the Creds are bound to, in any order.
        sent: thumbprints of the keys that were proven.

    Raises:
        ResponseError: a foreign key, or one key twice; the event to report is `credential_failure`.
    """
    if len(set(bound)) != len(bound):
        raise ResponseError("expected each Cred bound to a key of its own")
    if not set(bound) <= set(sent):
        raise ResponseError("expected each Cred bound to a key that this wallet sent")


def _id(request: JsonObject, name: str) -> str | None:
    if name not in request:
        return None
    value = request[name]
    if not isinstance(value, str) or not value:
        raise _refused(f"expected {name} as text")
    return value


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_credential_request", message)
