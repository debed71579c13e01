"""Authorization server metadata: what ours says, and what a wallet accepts from others.

Source: RFC 8414 2, 3.1 and 3.3; OpenID4VCI 1.0 section 12.3; RFC 9449 5.1; RFC 9396 10.
"""

from typing import Final

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.keys import DPOP_ALGORITHMS
from billfold.core.oauth.authorization_details import TYPE as OPENID_CREDENTIAL
from billfold.core.oauth.token import PRE_AUTHORIZED_CODE, REFRESH_TOKEN
from billfold.core.oauth.urls import check_url, well_known_url
from billfold.errors import EncodingError, MetadataError

WELL_KNOWN: Final = "oauth-authorization-server"
MAX_METADATA_BYTES: Final = 256 * 1024


class AuthorizationServerMetadata(
    msgspec.Struct,
    frozen=True,
    omit_defaults=True,
    rename={"pre_authorized_grant_anonymous_access_supported": "pre-authorized_grant_anonymous_access_supported"},
):
    """The members that Billfold says or reads; lists are empty where the member is absent."""

    issuer: str
    token_endpoint: str | None = None
    authorization_endpoint: str | None = None
    pushed_authorization_request_endpoint: str | None = None
    jwks_uri: str | None = None
    response_types_supported: tuple[str, ...] = ()
    grant_types_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ()
    code_challenge_methods_supported: tuple[str, ...] = ()
    dpop_signing_alg_values_supported: tuple[str, ...] = ()
    authorization_details_types_supported: tuple[str, ...] = ()
    pre_authorized_grant_anonymous_access_supported: bool = False


def own_metadata(issuer: str, *, token_endpoint: str) -> AuthorizationServerMetadata:
    """Return what our authorization server says of itself: pre-authorized codes and refresh, bound by DPoP."""
    return AuthorizationServerMetadata(
        issuer=issuer,
        token_endpoint=token_endpoint,
        grant_types_supported=(PRE_AUTHORIZED_CODE, REFRESH_TOKEN),
        token_endpoint_auth_methods_supported=("none",),
        dpop_signing_alg_values_supported=DPOP_ALGORITHMS,
        authorization_details_types_supported=(OPENID_CREDENTIAL,),
        pre_authorized_grant_anonymous_access_supported=True,
    )


def metadata_url(issuer: str) -> str:
    """Return where the metadata of *issuer* lies (RFC 8414 3.1)."""
    return well_known_url(issuer, WELL_KNOWN)


def encode_metadata(metadata: AuthorizationServerMetadata) -> bytes:
    """Return the JSON document."""
    return json_encode(metadata)


def parse_metadata(data: bytes, issuer: str, *, allow_loopback_http: bool = False) -> AuthorizationServerMetadata:
    """Read the metadata that was fetched for *issuer*; unknown members are ignored.

    Raises:
        MetadataError: malformed, `issuer` is another (RFC 8414 3.3), or an endpoint is no https URL.
    """
    try:
        metadata = msgspec.convert(json_decode_object(data, max_bytes=MAX_METADATA_BYTES), AuthorizationServerMetadata)
    except (EncodingError, msgspec.ValidationError) as exc:
        raise MetadataError("expected authorization server metadata as a JSON object") from exc
    if metadata.issuer != issuer:
        raise MetadataError("expected issuer as the identifier that was used")
    for what in ("token_endpoint", "authorization_endpoint", "pushed_authorization_request_endpoint"):
        url = getattr(metadata, what)
        if url is not None:
            check_url(url, what=what, allow_loopback_http=allow_loopback_http)
    if metadata.token_endpoint is None:
        raise MetadataError("expected token_endpoint")
    return metadata
