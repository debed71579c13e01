"""Request: fetch what a requester asks, and check who asks, before anything of this wallet is looked at.

Source: OpenID4VP 1.0 sections 5.7, 5.9.3, 5.10, 5.10.1, 8.5 and 14.8 (no redirects followed); HAIP 1.0 section 5.1.
"""

import contextlib
from typing import Final

from billfold.adapters.http.client import Answer
from billfold.core.encoding import b64url_encode
from billfold.core.openid4vp.request import (
    MEDIA_TYPE,
    PresentationRequest,
    RequestByReference,
    RequestByValue,
    parse_request_link,
)
from billfold.core.openid4vp.request_object import read_unsigned_request, verify_request_object
from billfold.core.openid4vp.response import error_form
from billfold.errors import AnswerableRefusal, TransportError
from billfold.roles.holder.link import LinkUnknown, Target
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import require_success

WALLET_NONCE_BYTES: Final = 16


async def fetch_request(parts: HolderParts, target: Target) -> PresentationRequest:
    """Fetch the request behind *target* and verify it; one that an authenticated sender got wrong is answered so.

    Raises:
        LinkUnknown: *target* is an offer.
        RequestRefused: the request breaks a rule, or nothing proves who asks although it says so.
        PeerRefusal, ResponseError: there is no such request, or no longer.
        TransportError: the requester did not answer.
    """
    if target.kind != "request":
        raise LinkUnknown("expected a request's link, got a pairing link: look at it instead", code="is_offer")
    found = parse_request_link(target.link, allow_loopback_http=parts.allow_loopback_http)
    try:
        if isinstance(found, RequestByValue):
            return read_unsigned_request(found, allow_loopback_http=parts.allow_loopback_http)
        return await _fetch_signed(parts, found)
    except AnswerableRefusal as exc:
        await _answer_refusal(parts, exc)
        raise


async def _fetch_signed(parts: HolderParts, link: RequestByReference) -> PresentationRequest:
    wallet_nonce = b64url_encode(parts.random(WALLET_NONCE_BYTES)) if link.request_uri_method == "post" else None
    answer = require_success(await _fetch(parts, link.request_uri, wallet_nonce), "the request", 200)
    return verify_request_object(
        answer.body.decode("ascii", "replace"),
        link_client_id=link.client_id,
        anchors_for=parts.trust.requester_anchors,
        now=parts.now(),
        content_type=answer.headers.get("content-type"),
        posted_wallet_nonce=wallet_nonce,
        allow_loopback_http=parts.allow_loopback_http,
    )


async def _fetch(parts: HolderParts, uri: str, wallet_nonce: str | None) -> Answer:
    if wallet_nonce is None:
        return await parts.peers.get(uri, accept=MEDIA_TYPE)
    return await parts.peers.post_form(uri, {"wallet_nonce": wallet_nonce}, accept=MEDIA_TYPE)


async def _answer_refusal(parts: HolderParts, refusal: AnswerableRefusal) -> None:
    """Tell the requester its request's fault, by code alone (15.9); whether that arrives changes nothing here."""
    with contextlib.suppress(TransportError):
        await parts.peers.post_form(refusal.response_uri, error_form(refusal.code, state=refusal.state))
