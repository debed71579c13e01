"""Presentation requests: the value that the wallet works with, the requester's side of making one, and the links.

Source: OpenID4VP 1.0 sections 5 to 5.2, 5.7, 5.8, 5.10, 8.2 and 8.3; HAIP 1.0 sections 5 and 5.1; RFC 7591 2.2.
Reading a signed request is `request_object`'s.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import quote

from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.encoding import Json, JsonObject, b64url_encode, json_decode, json_encode
from billfold.core.jose.jwe import ALG, ENC_VALUES
from billfold.core.jose.jws import signing_input
from billfold.core.keys import PublicKey
from billfold.core.oauth import form
from billfold.core.oauth.urls import check_url
from billfold.core.trust.chain import Chain
from billfold.errors import EncodingError, MetadataError, RequestRefused

TYP: Final = "oauth-authz-req+jwt"
MEDIA_TYPE: Final = f"application/{TYP}"
AUDIENCE: Final = "https://self-issued.me/v2"  # of every wallet that is not known beforehand (5.8)
SCHEMES: Final = ("openid4vp", "haip-vp")
MAX_REMEMBERED: Final = 256  # queries that were checked
NONCE_BYTES: Final = 32  # 43 characters; strict wallets flag shorter and longer ones

ResponseMode = Literal["direct_post", "direct_post.jwt"]
UriMethod = Literal["get", "post"]

PURPOSE: Final = "billfold_purpose"  # `client_metadata` has no member of the standard for it

_FRAGMENT: Final = "#request="
_SIGNED_ONLY: Final = ("aud", "iat", "exp")
MAX_WALLET_NONCE: Final = 2048
_JSON_PARAMETERS: Final = ("dcql_query", "client_metadata", "transaction_data", "verifier_info")
_VP_FORMATS: Final[JsonObject] = {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}}
_URL_SAFE: Final = re.compile(r"[A-Za-z0-9\-._~]+\Z")


@dataclass(frozen=True, slots=True)
class ResponseKey:
    """Whom to encrypt the response to, and how."""

    public_key: PublicKey
    kid: str
    enc: str


@dataclass(frozen=True, slots=True)
class PresentationRequest:
    """A request that was read and checked, as the wallet goes on with it.

    Args:
        response_key: None only where the response goes unencrypted (`direct_post`).
        requester_name: the certificate's organisation, or the host of *response_uri* where nothing is proven.
        stated_name: `client_name`, the requester's own word; never shown as proven.
        purpose: why it asks, in its own words, in the language that was wanted where it speaks it.
        retention: how long it says to keep what it gets.
        proven: whether *chain* proves who asks.
        claims: the request as it came, for the record.
    """

    client_id: str
    response_uri: str
    response_mode: ResponseMode
    nonce: str
    state: str | None
    dcql_query: DcqlQuery
    response_key: ResponseKey | None
    requester_name: str
    stated_name: str | None
    purpose: str | None
    retention: timedelta | None
    proven: bool
    chain: Chain | None
    claims: JsonObject


@dataclass(frozen=True, slots=True)
class RequestByReference:
    """A link that says where the signed request is, and how to fetch it."""

    client_id: str
    request_uri: str
    request_uri_method: UriMethod


@dataclass(frozen=True, slots=True)
class RequestByValue:
    """A link that carries an unsigned request; its JSON parameters are parsed."""

    parameters: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class RequesterText:
    """What the wallet shows beside the proven name: the requester's own words and picture.

    *purposes* are texts by language, *logo* is a data URI: a wallet fetches nothing from whoever asks before consent.
    """

    name: str | None = None
    purposes: Mapping[str, str] = field(default_factory=dict)
    retention: timedelta | None = None
    logo: str | None = None


def request_claims(
    *,
    client_id: str,
    response_uri: str,
    nonce: str,
    state: str,
    dcql_query: DcqlQuery,
    encryption_key: PublicKey | None,
    encryption_kid: str | None = None,
    now: datetime,
    lifetime: timedelta,
    text: RequesterText = RequesterText(),
    wallet_nonce: str | None = None,
) -> dict[str, Json]:
    """Return the claims of a request by reference, its query checked as a wallet would.

    Args:
        nonce: 43 characters: base64url of ``NONCE_BYTES`` fresh random bytes; see `make_nonce`.
        encryption_key: fresh for this request, as HAIP has it; None asks for an answer in the clear (`direct_post`).
        encryption_kid: names the key; its thumbprint by default.
        wallet_nonce: as the wallet posted it to the `request_uri`.

    Raises:
        RequestRefused: `invalid_request`: the query breaks DCQL.
    """
    encryption = {} if encryption_key is None else _encryption(encryption_key, encryption_kid)
    claims: dict[str, Json] = {
        "client_id": client_id,
        "aud": AUDIENCE,
        "response_type": "vp_token",
        "response_mode": "direct_post" if encryption_key is None else "direct_post.jwt",
        "response_uri": response_uri,
        "nonce": nonce,
        "state": state,
        "iat": int(now.timestamp()),
        "exp": int((now + lifetime).timestamp()),
        "dcql_query": _checked(json_encode(dcql_query)).to_json(),
        "client_metadata": {**encryption, "vp_formats_supported": _VP_FORMATS, **_texts(text)},
    }
    return claims if wallet_nonce is None else {**claims, "wallet_nonce": wallet_nonce}


@lru_cache(maxsize=MAX_REMEMBERED)
def _checked(query_json: bytes) -> DcqlQuery:
    """Check a query as it will be read; a requester asks the same few again and again."""
    return parse_query(json_decode(query_json))


def make_nonce(random: bytes) -> str:
    """Return a nonce of 43 characters from 32 random bytes."""
    if len(random) != NONCE_BYTES:
        raise ValueError(f"expected {NONCE_BYTES} random bytes, got {len(random)}")
    return b64url_encode(random)


def request_signing_input(claims: JsonObject, *, x5c: Sequence[str], algorithm: str = "ES256") -> bytes:
    """Return the bytes to sign with the leaf's key.

    Args:
        x5c: leaf first, without the anchor.
    """
    return signing_input({"typ": TYP, "alg": algorithm, "x5c": list(x5c)}, claims)


def read_wallet_nonce(fields: Mapping[str, str]) -> str | None:
    """Return the `wallet_nonce` of a POST to the `request_uri`; unknown parameters are ignored (5.10).

    Raises:
        RequestRefused: `invalid_request`: a nonce that is no printable ASCII text of up to ``MAX_WALLET_NONCE``
            characters, or `wallet_metadata` that is not JSON.
    """
    if "wallet_metadata" in fields:
        _json_parameter(fields["wallet_metadata"], "wallet_metadata")
    nonce = fields.get("wallet_nonce")
    if nonce is not None and not (nonce and nonce.isascii() and nonce.isprintable() and len(nonce) <= MAX_WALLET_NONCE):
        raise _refused(f"expected wallet_nonce as up to {MAX_WALLET_NONCE} characters of printable ASCII")
    return nonce


def request_link(
    client_id: str, request_uri: str, *, scheme: str = "openid4vp", request_uri_method: UriMethod | None = None
) -> str:
    """Return the link under *scheme*, one of ``SCHEMES``."""
    return f"{scheme}://?{_reference(client_id, request_uri, request_uri_method)}"


def unsigned_request_link(claims: JsonObject, *, scheme: str = "openid4vp") -> str:
    """Return the link that carries a request itself, for a requester that proves nothing (5.1, 5.9.3: never signed).

    Args:
        claims: as `request_claims` made them; what only a signed request has is left out.
    """
    parameters = {name: value for name, value in claims.items() if name not in _SIGNED_ONLY}
    texts = {n: v if isinstance(v, str) else json_encode(v).decode() for n, v in parameters.items()}
    return f"{scheme}://?{form.encode_form(texts).decode()}"


def parse_request_link(link: str, *, allow_loopback_http: bool = False) -> RequestByReference | RequestByValue:
    """Read a scanned, opened or pasted link: under ``SCHEMES``, or a wallet's own https link.

    Parameters beside the reference are not read: the signed request alone counts (5.10.1).

    Raises:
        RequestRefused: `invalid_request`, or `invalid_request_uri_method`.
    """
    fields = _link_parameters(link)
    request_uri, method = fields.get("request_uri"), fields.get("request_uri_method")
    if "request" in fields:
        raise _refused("expected the request by request_uri, not by value")
    client_id = fields.get("client_id")
    if not client_id:
        raise _refused("expected client_id in the link")
    if request_uri is None:
        if method is not None:
            raise _refused("expected request_uri beside request_uri_method")
        return RequestByValue({name: _parameter(name, value) for name, value in fields.items()})
    if method is not None and method not in ("get", "post"):
        raise RequestRefused("invalid_request_uri_method", "expected request_uri_method get or post")
    try:
        check_url(request_uri, what="request_uri", allow_loopback_http=allow_loopback_http)
    except MetadataError as exc:
        raise _refused(str(exc)) from exc
    return RequestByReference(client_id, request_uri, "post" if method == "post" else "get")


def check_url_safe(value: Json, what: str) -> str:
    """Return *value* when it is text of letters, digits and ``-._~`` (5.2).

    Raises:
        RequestRefused: `invalid_request`.
    """
    if not isinstance(value, str) or not _URL_SAFE.match(value) or len(value) > 512:
        raise _refused(f"expected {what} of up to 512 URL-safe characters")
    return value


def _encryption(key: PublicKey, kid: str | None) -> dict[str, Json]:
    """Return whom to encrypt to, and how (8.3, HAIP 5)."""
    return {
        "jwks": {"keys": [{**key.to_jwk(), "kid": kid or key.thumbprint(), "use": "enc", "alg": ALG}]},
        "encrypted_response_enc_values_supported": list(ENC_VALUES),
    }


def _texts(text: RequesterText) -> dict[str, Json]:
    """Return the requester's own words as members that others ignore (5.1), by language as RFC 7591 2.2 has it."""
    retention_s = None if text.retention is None else int(text.retention.total_seconds())
    default = text.purposes.get("en") or next(iter(text.purposes.values()), None)
    members: dict[str, Json] = {
        "client_name": text.name,
        "logo_uri": text.logo,
        PURPOSE: default,
        **{f"{PURPOSE}#{language}": purpose for language, purpose in text.purposes.items()},
        "billfold_retention_s": retention_s,
    }
    return {name: value for name, value in members.items() if value is not None}


def _reference(client_id: str, request_uri: str, method: UriMethod | None) -> str:
    suffix = "" if method is None else f"&request_uri_method={method}"
    return f"client_id={quote(client_id, safe='')}&request_uri={quote(request_uri, safe='')}{suffix}"


def _link_parameters(link: str) -> dict[str, str]:
    scheme, separator, rest = link.strip().partition(":")
    if not separator or scheme.lower() not in (*SCHEMES, "https", "http"):
        raise _refused("expected a presentation request link")
    if _FRAGMENT in rest:
        return form.parse_query(_unwrapped(rest.partition(_FRAGMENT)[2]))
    return form.parse_query(rest.partition("#")[0].partition("?")[2])


def _unwrapped(fragment: str) -> str:
    """Return the parameters behind `#request=`, which may be percent-encoded as one value or stand as they are."""
    return fragment if "=" in fragment else form.parse_query(f"request={fragment}").get("request", "")


def _parameter(name: str, value: str) -> Json:
    return _json_parameter(value, name) if name in _JSON_PARAMETERS else value


def _json_parameter(value: str, name: str) -> Json:
    try:
        return json_decode(value)
    except EncodingError as exc:
        raise _refused(f"expected {name} as JSON") from exc


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
