"""The protocol app: routes, limits, CORS, references and error answers of the protocol endpoints, as bare ASGI.

A framework's typed handler costs ten times as much as this (docs/decisions/0003-protocol-app.md), and the standards
want every header, status and error code in hand. So: method, path and size are checked here, an endpoint parses and
calls one use case, and errors become answers in `refuse`.
"""

import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import structlog

from billfold.apps.protocol.message import NO_STORE, Request, Response
from billfold.core.oauth.error_response import build_error_response
from billfold.errors import BillfoldError, RequestRefused, TransportError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Endpoint = Callable[[Request], Awaitable[Response]]
Refusal = Callable[[Request, BillfoldError], Response]

MAX_BODY_BYTES = 1024 * 1024
REFERENCE_HEADER = "billfold-reference"
_NOT_FOUND = "not_found"
_CORS = (
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"DPoP-Nonce, WWW-Authenticate, Billfold-Reference, Date, ETag, Retry-After",
    ),
)
_PREFLIGHT = (
    (b"access-control-allow-headers", b"authorization, dpop, content-type, accept, accept-language, if-none-match, *"),
    (b"access-control-max-age", b"7200"),
)

log = structlog.get_logger("billfold.protocol")


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: a path whose `{name}` segments are parameters, and what answers each method."""

    path: str
    endpoints: Mapping[str, Endpoint]

    @property
    def allowed(self) -> str:
        """Return the methods that are answered, as the header `Allow` has them (RFC 9110 10.2.1)."""
        heads = ["HEAD"] if "GET" in self.endpoints else []
        return ", ".join([*self.endpoints, *heads, "OPTIONS"])


class ProtocolApp:
    """An ASGI app over a table of routes."""

    def __init__(self, routes: Iterable[Route], *, refuse: Refusal, new_reference: Callable[[], str]) -> None:
        self._refuse, self._new_reference = refuse, new_reference
        self._routes: dict[int, list[tuple[tuple[str, ...], Route]]] = {}
        for route in routes:
            segments = _segments(route.path)
            self._routes.setdefault(len(segments), []).append((segments, route))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        started = time.perf_counter()
        reference = self._new_reference()
        found = self._find(scope["raw_path"].decode("latin-1"))
        response = await self._respond(found, scope, receive, reference)
        await _send(send, response, reference, head=scope["method"] == "HEAD")
        log.info(
            "request",
            method=scope["method"],
            path=_public_path(scope["path"]) if found else "…",
            status=response.status,
            reference=reference,
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )

    async def _respond(
        self, found: tuple[Route, dict[str, str]] | None, scope: Scope, receive: Receive, reference: str
    ) -> Response:
        if found is None:
            return Response(404, b'{"error":"not_found"}')
        route, parameters = found
        allowed = route.allowed
        if scope["method"] == "OPTIONS":
            headers = {"allow": allowed, "access-control-allow-methods": allowed}
            return Response(204, content_type=None, headers=headers)
        endpoint = route.endpoints.get("GET" if scope["method"] == "HEAD" else scope["method"])
        if endpoint is None:
            return Response(405, b'{"error":"method_not_allowed"}', headers={"allow": allowed, **NO_STORE})
        body = await _read(receive)
        if isinstance(body, Response):
            return body
        query = scope["query_string"].decode("latin-1")
        request = Request(scope["method"], parameters, tuple(scope["headers"]), query, body, reference)
        return await self._answer(endpoint, request)

    async def _answer(self, endpoint: Endpoint, request: Request) -> Response:
        try:
            return await endpoint(request)
        except BillfoldError as exc:
            ours = not isinstance(exc, RequestRefused) and exc.code != _NOT_FOUND
            event, tell = ("failed", log.error) if ours else ("refused", log.info)
            tell(event, code=exc.code, why=str(exc), reference=request.reference)
            return self._refuse(request, exc)
        except Exception:
            log.exception("failed", reference=request.reference)
            return Response(500, b'{"error":"server_error"}')

    def _find(self, path: str) -> tuple[Route, dict[str, str]] | None:
        given = _segments(path)
        for segments, route in self._routes.get(len(given), ()):
            parameters: dict[str, str] = {}
            for segment, value in zip(segments, given, strict=True):
                if segment.startswith("{") and value:
                    parameters[segment[1:-1]] = value
                elif segment != value:
                    break
            else:
                return route, parameters
        return None


def refuse_oauth(_request: Request, exc: BillfoldError) -> Response:
    """Answer an error as OAuth and OpenID4VCI have it: `error` and `error_description` in JSON (RFC 6749 5.2)."""
    if isinstance(exc, RequestRefused):
        return Response(exc.status, build_error_response(exc))
    return refuse_other(exc)


def refuse_other(exc: BillfoldError) -> Response:
    """Answer that something is not there, or a failure that is not the peer's; of that only the log says more."""
    if exc.code == _NOT_FOUND:
        return Response(404, build_error_response(RequestRefused(_NOT_FOUND, str(exc))))
    if isinstance(exc, TransportError):
        busy = RequestRefused("temporarily_unavailable", "expected to have time for this, try again in a moment")
        return Response(503, build_error_response(busy), headers={"retry-after": "1", **NO_STORE})
    failed = RequestRefused("server_error", "expected no mistake here; the operator can look up the reference")
    return Response(500, build_error_response(failed))


def _segments(path: str) -> tuple[str, ...]:
    """Cut a path, then decode (RFC 3986 2.4): a slash at its end makes another one, as it does in OpenID4VCI 12.2.4."""
    return tuple(map(unquote, path.removeprefix("/").split("/")))


async def _read(receive: Receive) -> bytes | Response:
    """Return the whole body, or the refusal of one that is too large or breaks off."""
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return Response(400, b'{"error":"invalid_request"}')
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return Response(413, b'{"error":"request_too_large"}')
        if chunk:
            chunks.append(chunk)
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def _send(send: Send, response: Response, reference: str, *, head: bool) -> None:
    headers = [*_CORS, (REFERENCE_HEADER.encode(), reference.encode())]
    if response.status == 204 and "access-control-allow-methods" in response.headers:
        headers += _PREFLIGHT
    if response.content_type:
        headers.append((b"content-type", response.content_type.encode()))
    if response.status not in (204, 304):
        headers.append((b"content-length", str(len(response.body)).encode()))
    headers += [(name.encode(), value.encode()) for name, value in response.headers.items()]
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else response.body})


def _public_path(path: str) -> str:
    """Return *path* as it may be logged: what follows these words is a secret of somebody."""
    for word in ("/offers/", "/requests/", "/responses/"):
        head, found, _ = path.partition(word)
        if found:
            return f"{head}{word}…"
    return path
