"""GET a Status List Token (Token Status List draft 20 sections 8.1, 8.2 and 8.4)."""

from urllib.parse import parse_qs

from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.accept import media_weight, takes_gzip
from billfold.apps.protocol.message import Request, Response
from billfold.core.status.status_token import STATUS_LIST_MEDIA_TYPE
from billfold.errors import RequestRefused
from billfold.roles.issuer.status import TTL_S
from billfold.roles.parts import NotFound

CWT_MEDIA_TYPE = "application/statuslist+cwt"


async def get(desk: Desk, request: Request) -> Response:
    """Return the list's token; who has it already learns that by its entity tag."""
    if "time" in parse_qs(request.query, keep_blank_values=True):
        raise RequestRefused("not_implemented", "expected no time, past states are not kept", status=501)
    issuer = await desk.issuer(request)
    published = await desk.status_tokens.current(issuer, request.parameters["list"])
    if published is None:
        raise NotFound("expected a status list of this issuer")
    accept = request.listed("accept")
    # Whoever names neither gets the JWT: HTTP libraries send an Accept of their own.
    if media_weight(accept, CWT_MEDIA_TYPE) and not media_weight(accept, STATUS_LIST_MEDIA_TYPE):
        raise RequestRefused("not_acceptable", f"expected Accept with {STATUS_LIST_MEDIA_TYPE}", status=406)
    # Whoever keeps a copy asks again, and mostly learns only that nothing changed.
    headers = {"cache-control": f"public, max-age={TTL_S}, must-revalidate", "etag": published.etag}
    headers["vary"] = "accept, accept-encoding"
    if _names(request.listed("if-none-match") or "", published.etag):
        return Response(304, content_type=None, headers=headers)
    if takes_gzip(request.listed("accept-encoding")):
        headers["content-encoding"] = "gzip"
        return Response(200, published.gzipped, STATUS_LIST_MEDIA_TYPE, headers)
    return Response(200, published.token, STATUS_LIST_MEDIA_TYPE, headers)


def _names(if_none_match: str, etag: str) -> bool:
    """Say whether *if_none_match* names *etag*, in whichever strength (RFC 9110 sections 8.8.3.2 and 13.1.2)."""
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in if_none_match
