"""What all protocol endpoints share: CORS, methods, limits, references, and failures that give nothing away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest

from billfold.apps.protocol.message import Request, Response
from billfold.apps.protocol.router import MAX_BODY_BYTES, ProtocolApp, Route, refuse_oauth
from billfold.errors import ConfigurationError, RequestRefused, TransportError
from billfold.roles.parts import NotFound
from tests.support.refusals import assert_closed, assert_refused
from tests.support.wire import Wire, served

ENDPOINTS = [
    ("issuer", "/.well-known/openid-credential-issuer/o/northwind", "GET"),
    ("issuer", "/.well-known/oauth-authorization-server/o/northwind", "GET"),
    ("issuer", "/o/northwind/offers/x", "GET"),
    ("issuer", "/o/northwind/token", "POST"),
    ("issuer", "/o/northwind/nonce", "POST"),
    ("issuer", "/o/northwind/credential", "POST"),
    ("issuer", "/o/northwind/notification", "POST"),
    ("issuer", "/o/northwind/pairing", "GET, PUT, DELETE"),
    ("issuer", "/o/northwind/status/x", "GET"),
    ("issuer", "/o/northwind/types/employee-badge", "GET"),
    ("issuer", "/o/northwind/types/employee-badge/look", "GET"),
    ("verifier", "/o/harbour/requests/x", "GET, POST"),
    ("verifier", "/o/harbour/responses/x", "POST"),
]
ALL = pytest.mark.parametrize(("app", "path", "methods"), ENDPOINTS)
EXPOSED = {"dpop-nonce", "www-authenticate", "billfold-reference", "date", "etag", "retry-after"}
SENT = {"authorization", "dpop", "content-type", "accept", "accept-language", "*"}


def words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def allowed(methods: str) -> set[str]:
    """RFC 9110 9.3.2: what answers GET answers HEAD, too."""
    return words(f"{methods}, OPTIONS") | ({"head"} if "GET" in methods else set())


@ALL
async def test_a_browser_wallet_may_call_it(wire: Wire, app: str, path: str, methods: str) -> None:
    client: httpx.AsyncClient = getattr(wire, app)
    asks = {"origin": "https://wallet.example", "access-control-request-method": methods.partition(",")[0]}
    got = await client.options(path, headers={**asks, "access-control-request-headers": "authorization, dpop"})
    assert (got.status_code, got.content) == (204, b"")
    assert got.headers["access-control-allow-origin"] == "*"
    assert words(got.headers["access-control-allow-methods"]) == words(got.headers["allow"]) == allowed(methods)
    assert words(got.headers["access-control-allow-headers"]) >= SENT
    assert "access-control-allow-credentials" not in got.headers
    assert "content-type" not in got.headers


@ALL
async def test_answers_and_refusals_are_readable_by_a_browser_wallet(
    wire: Wire, app: str, path: str, methods: str
) -> None:
    client: httpx.AsyncClient = getattr(wire, app)
    for method in (*methods.split(", "), "PATCH"):
        got = await client.request(method, path, headers={"origin": "https://wallet.example"})
        assert got.headers["access-control-allow-origin"] == "*"
        assert words(got.headers["access-control-expose-headers"]) >= EXPOSED
        assert got.headers["billfold-reference"]


@ALL
async def test_other_methods_are_named(wire: Wire, app: str, path: str, methods: str) -> None:
    client: httpx.AsyncClient = getattr(wire, app)
    for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - set(methods.split(", ")):
        got = await client.request(method, path)
        assert got.status_code == 405
        assert words(got.headers["allow"]) == allowed(methods)
        assert_closed(got)


@ALL
async def test_head_says_what_get_would(wire: Wire, app: str, path: str, methods: str) -> None:
    client: httpx.AsyncClient = getattr(wire, app)
    got = await client.head(path)
    assert got.content == b""
    if "GET" not in methods:
        assert got.status_code == 405
        return
    by_get = await client.get(path)
    assert got.status_code == by_get.status_code
    assert got.headers.get("content-type") == by_get.headers.get("content-type")


@pytest.mark.parametrize(("app", "path"), [("issuer", "/o/northwind/token"), ("verifier", "/o/harbour/responses/x")])
async def test_a_body_that_is_too_large_is_not_read(wire: Wire, app: str, path: str) -> None:
    sent = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(64):
            sent += 64 * 1024
            yield b"x" * 64 * 1024

    client: httpx.AsyncClient = getattr(wire, app)
    got = await client.post(path, content=body())
    assert got.status_code == 413
    assert_closed(got)
    assert MAX_BODY_BYTES < sent < 2 * MAX_BODY_BYTES


@pytest.mark.parametrize(
    "path", ["/x", "/o", "/o/northwind/", "/o/northwind/token/x", "/%2e%2e/o/northwind/token", "/o//token"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
async def test_an_unknown_path_is_not_found(wire: Wire, path: str, method: str) -> None:
    got = await wire.issuer.request(method, path)
    assert got.status_code == 404
    assert_closed(got)


@pytest.mark.parametrize(
    ("app", "method", "path", "body"),
    [
        ("issuer", "POST", "/o/%00/nonce", b""),
        ("issuer", "GET", "/o/northwind/offers/%00", b""),
        ("issuer", "GET", "/o/northwind/status/%00", b""),
        ("issuer", "GET", "/o/northwind/types/%00", b""),
        ("issuer", "GET", "/o/northwind/status/%F0%9F%92%A9", b""),
        ("verifier", "GET", "/o/%00/requests/x", b""),
        ("verifier", "GET", "/o/harbour/requests/%00", b""),
        ("verifier", "POST", "/o/harbour/responses/%00", b"error=x&state=%00"),
    ],
)
async def test_no_character_makes_it_fail(either_wire: Wire, app: str, method: str, path: str, body: bytes) -> None:
    """A zero byte is no text to PostgreSQL."""
    client: httpx.AsyncClient = getattr(either_wire, app)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    got = await client.request(method, path, content=body, headers=headers)
    assert got.status_code in {400, 404}, got.text
    assert_closed(got)


async def test_no_character_of_a_token_request_makes_it_fail(either_wire: Wire) -> None:
    code = await either_wire.code()
    grant = (await either_wire.offer(code))["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]
    device = either_wire.device()
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:pre-authorized_code", "client_id": "a\0b"}
    refused = await device.token({**form, "pre-authorized_code": grant["pre-authorized_code"]})
    assert_refused(refused, "invalid_request")
    assert await device.redeem(grant["pre-authorized_code"])


async def test_no_character_of_a_credential_request_makes_it_fail(either_wire: Wire) -> None:
    device = either_wire.device()
    code = await either_wire.code()
    grant = (await either_wire.offer(code))["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]
    await device.redeem(grant["pre-authorized_code"], details=["employee-badge"])
    proof = device.key_proof(await device.c_nonce())
    refused = await device.credential({"credential_identifier": "a\0b", "proofs": {"jwt": [proof]}})
    assert refused.status_code == 400


def app_of(endpoint: Callable[[Request], Awaitable[Response]]) -> ProtocolApp:
    return ProtocolApp([Route("/x", {"POST": endpoint})], refuse=refuse_oauth, new_reference=lambda: "4M8T-C2WP")


async def post(app: ProtocolApp) -> httpx.Response:
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # httpx asks for its own scope type
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        return await client.post("/x", content=b"secret=1")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RuntimeError("the secret inside"), 500, "server_error"),
        (RequestRefused("invalid_request", "expected better"), 400, "invalid_request"),
        (NotFound("expected something"), 404, "not_found"),
        (TransportError("expected the database to be free for writing"), 503, "temporarily_unavailable"),
        (ConfigurationError("expected a value sealed under the secret key"), 500, "server_error"),
    ],
)
async def test_an_error_becomes_an_answer(error: Exception, status: int, code: str) -> None:
    async def endpoint(_request: Request) -> Response:
        raise error

    got = await post(app_of(endpoint))
    assert (got.status_code, got.json()["error"]) == (status, code)
    assert "secret" not in got.text
    assert_closed(got)


async def test_a_body_that_breaks_off_is_not_taken_for_a_whole_one() -> None:
    """The client hangs up in the middle: half a form must not count as a form."""
    called: list[bytes] = []
    sent: list[MutableMapping[str, Any]] = []

    async def endpoint(request: Request) -> Response:
        called.append(request.body)
        return Response(200)

    messages = iter([{"type": "http.request", "body": b"tx_code=12", "more_body": True}, {"type": "http.disconnect"}])

    async def receive() -> MutableMapping[str, Any]:
        return next(messages)

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "raw_path": b"/x", "query_string": b"", "headers": []}
    await app_of(endpoint)(scope, receive, send)
    assert called == []


@pytest.mark.parametrize(("path", "status"), [("/o/northwind%2Fnonce", 404), ("/o/north%77ind/nonce", 200)])
async def test_an_escaped_slash_separates_nothing(wire: Wire, path: str, status: int) -> None:
    """RFC 3986 2.2 and 2.4: a path is cut before its segments are decoded."""
    assert (await wire.issuer.post(path)).status_code == status


async def test_what_is_not_http_is_left_alone() -> None:
    async def endpoint(_request: Request) -> Response:
        return Response(200)

    async def nothing(*_: object) -> Any:  # noqa: ANN401  # ASGI's own
        raise AssertionError

    await app_of(endpoint)({"type": "websocket"}, nothing, nothing)


async def test_over_real_http(wire: Wire) -> None:
    """HEAD has no body, 304 and 204 no length, and the server does not name itself."""
    base = f"http://localhost:{wire.issuer_port}"
    async with served(wire.issuer_app, wire.issuer_port), httpx.AsyncClient(base_url=base, trust_env=False) as client:
        metadata = await client.get("/.well-known/openid-credential-issuer/o/northwind")
        head = await client.head("/.well-known/openid-credential-issuer/o/northwind")
        preflight = await client.options("/o/northwind/token")
        nonces = await asyncio.gather(*(client.post("/o/northwind/nonce") for _ in range(20)))
        wrong = await client.post("/o/northwind/token", content=b"x" * (MAX_BODY_BYTES + 1))
    assert metadata.status_code == 200
    assert metadata.headers["date"]
    assert "server" not in metadata.headers
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == metadata.headers["content-length"]
    assert preflight.status_code == 204
    assert len({got.json()["c_nonce"] for got in nonces}) == 20
    assert wrong.status_code == 413
