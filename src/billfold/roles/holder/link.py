"""Links: what somebody scanned, opened, pasted or typed, and what it leads to.

Source: OpenID4VCI 1.0 section 4.1, OpenID4VP 1.0 section 5.7, HAIP 1.0 sections 4.2 and 5.1; Billfold's own links:
`https://WALLET/#c=CODE` with a short code that the wallet's host looks up, `#offer=` and `#request=`.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.oauth.urls import check_url
from billfold.core.openid4vci import offer
from billfold.core.openid4vp import request
from billfold.errors import CredentialError, EncodingError, MetadataError, ResponseError
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import require_success

MAX_LINK_CHARACTERS: Final = 64 * 1024

_SHORT_CODE: Final = re.compile(r"[0-9A-Za-z]{8}(?:[0-9A-Za-z]{4})?\Z")
_CODE_FRAGMENT: Final = "c="


class LinkUnknown(CredentialError):
    """The text is no link or code that a wallet can follow."""

    code = "link_unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """What a link leads to: an offer of an issuer, or a request of a requester."""

    kind: Literal["offer", "request"]
    link: str


async def resolve(parts: HolderParts, text: str) -> Target:
    """Return what *text* leads to; a short code is looked up at the host that it names, or at our own.

    Raises:
        LinkUnknown: neither a link nor a code that is known here.
        PeerRefusal: the host knows no such code, or no longer.
        TransportError: the host did not answer.
    """
    text = text.strip()
    if len(text) > MAX_LINK_CHARACTERS:
        raise LinkUnknown(f"expected a link of at most {MAX_LINK_CHARACTERS} characters")
    code = re.sub(r"[\s-]", "", text)
    if _SHORT_CODE.match(code):
        return await _look_up(parts, _own_host(parts), code)
    host, _, fragment = text.partition("#")
    if fragment.startswith(_CODE_FRAGMENT) and _scheme(text) in ("https", "http"):
        return await _look_up(parts, host, fragment.removeprefix(_CODE_FRAGMENT))
    return _read(text)


def _read(text: str) -> Target:
    scheme, fragment = _scheme(text), text.partition("#")[2]
    query = text.partition("#")[0].partition("?")[2]
    if scheme in offer.SCHEMES:
        return Target("offer", text)
    if scheme in request.SCHEMES:
        return Target("request", text)
    if scheme in ("https", "http"):
        if fragment.startswith("offer=") or "credential_offer" in query:
            return Target("offer", text)
        if fragment.startswith("request=") or "client_id=" in query:
            return Target("request", text)
    raise LinkUnknown("expected a pairing link, a request's link, or a short code of 8 or 12 characters")


async def _look_up(parts: HolderParts, host: str, code: str) -> Target:
    address = urlsplit(host)
    url = f"{address.scheme}://{address.netloc}/codes"
    try:
        check_url(url, what="the wallet's address", allow_loopback_http=parts.allow_loopback_http)
    except MetadataError as exc:
        raise LinkUnknown(str(exc)) from exc
    answer = await parts.peers.post(url, json_encode({"code": code}), content_type="application/json")
    try:
        found = json_decode_object(require_success(answer, "what the short code leads to", 200).body)
    except EncodingError as exc:
        raise ResponseError("expected what the short code leads to as JSON") from exc
    for name in ("offer", "request"):
        link = found.get(name)
        if isinstance(link, str):
            return _expected(_read(link), name)
    raise ResponseError("expected an offer or a request behind the short code")


def _expected(target: Target, kind: str) -> Target:
    if target.kind != kind:
        raise ResponseError("expected the short code to lead to what its host says")
    return target


def _own_host(parts: HolderParts) -> str:
    if parts.wallet_url is None:
        raise LinkUnknown("expected a link, since this wallet has no host to look short codes up at")
    return parts.wallet_url


def _scheme(text: str) -> str:
    return text.partition(":")[0].lower()
