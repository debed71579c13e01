"""Reading a presentation request in the wallet: who asks, is it proven, and does the request obey the rules.

Source: OpenID4VP 1.0 sections 5 to 5.11, 8.2, 8.3, 8.5, 11.1 and B.3.4; RFC 9101 4 and 6; HAIP 1.0 sections 5, 5.1.
Until the sender is authenticated a refusal is for the screen only. After that it is an `AnswerableRefusal`, which
may be sent to the `response_uri` (5.10.1).
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.core.dcql.query import FORMAT_SD_JWT_VC, DcqlQuery, parse_query
from billfold.core.encoding import Json, JsonObject
from billfold.core.jose.jws import Jws, check_times
from billfold.core.keys import VERIFYING_ALGORITHMS
from billfold.core.oauth.form import media_type
from billfold.core.oauth.urls import check_url, host_of
from billfold.core.openid4vp.client_id import ALWAYS_ENCRYPTED, ClientId, Prefix
from billfold.core.openid4vp.request import (
    AUDIENCE,
    MEDIA_TYPE,
    PURPOSE,
    TYP,
    PresentationRequest,
    RequestByValue,
    ResponseKey,
    ResponseMode,
    check_url_safe,
)
from billfold.core.openid4vp.response_key import choose_response_key
from billfold.core.trust.certificate import parse_x5c
from billfold.core.trust.chain import Anchor, Chain, Purpose, verify_chain
from billfold.errors import AnswerableRefusal, CredentialError, MetadataError, RequestRefused

LEEWAY: Final = timedelta(seconds=60)
MAX_AGE: Final = timedelta(days=1)
MAX_REQUEST_BYTES: Final = 256 * 1024
MAX_TEXT_CHARACTERS: Final = 300

AnchorsFor = Callable[[str], Collection[Anchor]]


@dataclass(frozen=True, slots=True)
class _Sender:
    """Who asks, as far as it is known, and where the answer goes."""

    client_id: ClientId
    response_uri: str
    chain: Chain | None


def verify_request_object(
    text: str,
    *,
    link_client_id: str,
    anchors_for: AnchorsFor,
    now: datetime,
    content_type: str | None = MEDIA_TYPE,
    posted_wallet_nonce: str | None = None,
    allow_loopback_http: bool = False,
    language: str = "en",
) -> PresentationRequest:
    """Verify a signed request that was fetched from the `request_uri` of a link.

    Steps: (1) parse, `typ`; (2) `client_id` as in the link, with an x509 prefix; (3) `response_uri`; (4) leaf fits
    `client_id`, chain up to an anchor for that host, signature; (5) the host is one the leaf names; (6) audience,
    times, `wallet_nonce`; (7) parameters; (8) query; (9) response encryption. From step 7 on refusals may be sent.

    Args:
        link_client_id: `client_id` of the link.
        anchors_for: is given the host of `response_uri`; returns the anchors that count for requesters there.
        content_type: of the answer that carried *text*.
        posted_wallet_nonce: what was posted to the `request_uri`, if anything.
        language: a language tag; the requester's words come in it where it has them (RFC 7591 2.2).

    Raises:
        RequestRefused: the code is the one the standard names; the cause tells which proof failed.
        AnswerableRefusal: as above, after the sender was authenticated.
    """
    if media_type(content_type) != MEDIA_TYPE:
        raise _refused(f"expected the request as {MEDIA_TYPE}")
    try:
        jws = Jws.parse(text, max_bytes=MAX_REQUEST_BYTES)
        jws.require_typ(TYP)
        claims = jws.claims()
        client_id = _client_id(claims, link_client_id)
        what = "response_uri"
        response_uri = check_url(claims.get(what), what=what, allow_loopback_http=allow_loopback_http)
        sender = _authenticate(jws, client_id, response_uri, anchors_for=anchors_for, now=now)
        _check_freshness(claims, now, posted_wallet_nonce)
    except CredentialError as exc:
        raise _refused(str(exc)) from exc
    try:
        return _read(claims, sender, language=language)
    except RequestRefused as exc:
        state = claims.get("state")
        known = state if isinstance(state, str) else None
        raise AnswerableRefusal(exc.code, str(exc), response_uri=sender.response_uri, state=known) from exc


def read_unsigned_request(
    request: RequestByValue, *, allow_loopback_http: bool = False, language: str = "en"
) -> PresentationRequest:
    """Read an unsigned request with the prefix `redirect_uri`; nothing proves who asks (5.9.3).

    Raises:
        RequestRefused: the code is the one the standard names.
    """
    claims = request.parameters
    client_id = ClientId.parse(claims.get("client_id"))
    if client_id.prefix is not Prefix.REDIRECT_URI:
        raise _refused("expected a signed request for this client_id")
    if claims.get("response_uri", client_id.value) != client_id.value:
        raise _refused("expected response_uri as client_id states it")
    try:
        check_url(client_id.value, what="response_uri", allow_loopback_http=allow_loopback_http)
    except MetadataError as exc:
        raise _refused(str(exc)) from exc
    return _read(claims, _Sender(client_id, client_id.value, None), language=language)


def _client_id(claims: JsonObject, link_client_id: str) -> ClientId:
    client_id = ClientId.parse(claims.get("client_id"))
    if client_id.text != link_client_id:
        raise _refused("expected client_id as the link states it")
    if client_id.prefix is Prefix.REDIRECT_URI:
        raise _refused("expected an unsigned request for the prefix redirect_uri")
    return client_id


def _authenticate(
    jws: Jws, client_id: ClientId, response_uri: str, *, anchors_for: AnchorsFor, now: datetime
) -> _Sender:
    x5c, host = jws.header.get("x5c"), host_of(response_uri)
    client_id.check_leaf(parse_x5c(x5c)[0])
    chain = verify_chain(x5c, anchors_for(host), now=now, purpose=Purpose.REQUESTER)
    jws.verify(chain.public_key, VERIFYING_ALGORITHMS)
    names = (client_id.value.lower(),) if client_id.prefix is Prefix.X509_SAN_DNS else chain.dns_names
    if host not in names:
        raise _refused("expected response_uri on a host that the requester's certificate names")
    return _Sender(client_id, response_uri, chain)


def _check_freshness(claims: JsonObject, now: datetime, posted_wallet_nonce: str | None) -> None:
    if claims.get("aud") != AUDIENCE:
        raise _refused(f"expected aud {AUDIENCE}")
    check_times(claims, now=now, leeway=LEEWAY, max_age=MAX_AGE if "iat" in claims else None)
    if posted_wallet_nonce is not None and claims.get("wallet_nonce") != posted_wallet_nonce:
        raise _refused("expected wallet_nonce as this wallet posted it")


def _read(claims: JsonObject, sender: _Sender, *, language: str) -> PresentationRequest:
    mode = _response_mode(claims, sender.client_id.prefix)
    query = _query(claims)
    state = check_url_safe(claims["state"], "state") if "state" in claims else None
    if state is None and not all(entry.require_cryptographic_holder_binding for entry in query.credentials):
        raise _refused("expected state beside a query without holder binding")
    metadata = _client_metadata(claims, query)
    return PresentationRequest(
        client_id=sender.client_id.text,
        response_uri=sender.response_uri,
        response_mode=mode,
        nonce=check_url_safe(claims.get("nonce"), "nonce"),
        state=state,
        dcql_query=query,
        response_key=_response_key(metadata, mode),
        requester_name=_name(sender),
        stated_name=_text(metadata, "client_name"),
        purpose=_text(metadata, f"{PURPOSE}#{language}") or _text(metadata, PURPOSE),
        retention=_retention(metadata),
        proven=sender.chain is not None,
        chain=sender.chain,
        claims=claims,
    )


def _response_mode(claims: JsonObject, prefix: Prefix) -> ResponseMode:
    for name in ("request", "request_uri"):
        if name in claims:
            raise _refused(f"expected no {name} inside the request")
    response_type, mode = claims.get("response_type"), claims.get("response_mode")
    if not isinstance(response_type, str):
        raise _refused("expected response_type")
    if response_type != "vp_token":
        raise RequestRefused("unsupported_response_type", "expected response_type vp_token")
    if "redirect_uri" in claims:
        raise _refused("expected response_uri without redirect_uri")
    if mode == "direct_post.jwt":
        return "direct_post.jwt"
    if mode == "direct_post" and prefix not in ALWAYS_ENCRYPTED:
        return "direct_post"
    raise _refused("expected response_mode direct_post.jwt")


def _query(claims: JsonObject) -> DcqlQuery:
    if "scope" in claims or "dcql_query" not in claims:
        raise _refused("expected dcql_query, and no scope")
    query = parse_query(claims["dcql_query"])
    if "transaction_data" in claims:
        raise RequestRefused("invalid_transaction_data", "expected no transaction_data, this wallet supports none")
    if "verifier_info" in claims:
        _check_verifier_info(claims["verifier_info"])
    return query


def _check_verifier_info(value: Json) -> None:
    """Check the shape; what is inside is of no format that is known here, so it is ignored (5.11)."""
    if not isinstance(value, list) or not value:
        raise _refused("expected verifier_info as a non-empty array")
    for entry in value:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("format"), str) or "data" not in entry:
            raise _refused("expected format and data in each entry of verifier_info")


def _client_metadata(claims: JsonObject, query: DcqlQuery) -> JsonObject:
    metadata = claims.get("client_metadata")
    if not isinstance(metadata, Mapping):
        raise _refused("expected client_metadata as an object")
    formats = metadata.get("vp_formats_supported")
    if not isinstance(formats, Mapping):
        raise _refused("expected vp_formats_supported")
    if FORMAT_SD_JWT_VC not in {entry.format for entry in query.credentials}:
        raise RequestRefused("vp_formats_not_supported", f"expected a query for format {FORMAT_SD_JWT_VC}")
    details = formats.get(FORMAT_SD_JWT_VC)
    if not isinstance(details, Mapping):
        raise RequestRefused("vp_formats_not_supported", f"expected {FORMAT_SD_JWT_VC} among vp_formats_supported")
    algorithms = details.get("kb-jwt_alg_values", ["ES256"])
    if not isinstance(algorithms, list) or "ES256" not in algorithms:
        raise RequestRefused("vp_formats_not_supported", "expected ES256 among kb-jwt_alg_values")
    return metadata


def _response_key(metadata: JsonObject, mode: ResponseMode) -> ResponseKey | None:
    return choose_response_key(metadata) if mode == "direct_post.jwt" else None


def _name(sender: _Sender) -> str:
    named = sender.chain.display_name if sender.chain is not None else ""
    return named or host_of(sender.response_uri)


def _text(metadata: JsonObject, name: str) -> str | None:
    """Return a text for the screen, or None where it is not one; it never spoils the request."""
    value = metadata.get(name)
    fits = isinstance(value, str) and 0 < len(value) <= MAX_TEXT_CHARACTERS and value.isprintable()
    return value if isinstance(value, str) and fits else None


def _retention(metadata: JsonObject) -> timedelta | None:
    value = metadata.get("billfold_retention_s")
    return timedelta(seconds=value) if type(value) is int and 0 <= value < 10**10 else None


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
