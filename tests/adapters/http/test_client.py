"""The guarded client, against a real server on loopback: what it reaches, and where it stops."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpcore
import pytest
import uvicorn

from billfold.adapters.http.addresses import AddressRefused, GuardedBackend
from billfold.adapters.http.client import MAX_BODY_BYTES, GuardedClient
from billfold.errors import TransportError
from tests.support.ports import free_port


async def answer(scope: dict[str, object], _receive: object, send: object) -> None:
    """Serve /ok, /large, /loop, /twice (two redirects) /away (a redirect to a private address), /broken."""
    path = str(scope["path"])
    places = {
        "/loop": b"/loop",
        "/twice": b"/once",
        "/once": b"/ok",
        "/away": b"http://192.168.0.1/",
        "/broken": b"http://[::1/",
    }
    status = 302 if path in places else 200
    headers = [(b"location", places[path])] if path in places else [(b"content-type", b"Text/Plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": status, "headers": headers})  # type: ignore[operator]
    size = MAX_BODY_BYTES + 1 if path == "/large" else 2
    await send({"type": "http.response.body", "body": b"x" * size})  # type: ignore[operator]


@asynccontextmanager
async def serving(app: Callable[..., Any]) -> AsyncIterator[str]:
    """Serve *app* on loopback; gives its base URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=free_port(), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    yield f"http://localhost:{config.port}"
    server.should_exit = True
    await running


@pytest.fixture
async def base() -> AsyncIterator[str]:
    async with serving(answer) as base:
        yield base


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    client = GuardedClient(allow_loopback=True)
    yield client
    await client.close()


async def test_an_answer_comes_with_status_headers_and_body(base: str, client: GuardedClient) -> None:
    found = await client.get(f"{base}/ok")

    assert (found.status, found.media_type, found.body) == (200, "text/plain", b"xx")


async def test_a_redirect_is_not_followed_unless_asked(base: str, client: GuardedClient) -> None:
    assert (await client.get(f"{base}/twice")).status == 302
    assert (await client.get(f"{base}/twice", max_redirects=2)).status == 200


async def test_a_redirect_loop_stops(base: str, client: GuardedClient) -> None:
    """Row sl-redirect-loop; Token Status List 11.4."""
    with pytest.raises(TransportError, match="at most 3 redirects"):
        await client.get(f"{base}/loop", max_redirects=3)


async def test_a_redirect_to_a_private_address_is_refused(base: str, client: GuardedClient) -> None:
    with pytest.raises(AddressRefused, match="private or reserved"):
        await client.get(f"{base}/away", max_redirects=1)


async def test_an_answer_that_is_too_large_is_cut_off(base: str, client: GuardedClient) -> None:
    """Row ruri-too-large."""
    with pytest.raises(TransportError, match=f"at most {MAX_BODY_BYTES} bytes"):
        await client.get(f"{base}/large")


async def test_a_silent_host_is_named_without_its_path(client: GuardedClient) -> None:
    with pytest.raises(TransportError, match="answer from localhost, got ConnectError") as failed:
        await client.get(f"http://localhost:{free_port()}/secret")
    assert "secret" not in str(failed.value)


async def test_outside_development_http_is_refused(base: str) -> None:
    client = GuardedClient()
    with pytest.raises(AddressRefused, match="https"):
        await client.get(f"{base}/ok")
    await client.close()


@pytest.mark.rows("sl-uri-private", "ikd-private-address", "tm-private-address")
@pytest.mark.parametrize(
    "url",
    [
        "https://localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://192.168.1.1/",
        "https://[fd00::1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
    ],
)
async def test_outside_development_no_private_address_is_reached(url: str) -> None:
    """Rows sl-uri-private, ikd-private-address and tm-private-address."""
    client = GuardedClient(verify=ssl.create_default_context())
    with pytest.raises(AddressRefused, match="private or reserved"):
        await client.get(url)
    await client.close()


@pytest.mark.parametrize("url", ["ftp://localhost/", "file:///etc/passwd", "localhost/ok", "", "http://[::1"])
async def test_another_kind_of_url_is_refused(client: GuardedClient, url: str) -> None:
    with pytest.raises(AddressRefused, match="expected a"):
        await client.get(url)


async def test_in_development_nothing_but_loopback_is_reached() -> None:
    with pytest.raises(AddressRefused):
        await GuardedBackend(allow_loopback=True).connect_tcp("10.0.0.1", 80)


async def test_a_name_that_does_not_resolve_is_a_connection_error() -> None:
    with pytest.raises(httpcore.ConnectError, match="does not resolve"):
        await GuardedBackend(allow_loopback=True).connect_tcp("nowhere.invalid", 80)


@pytest.mark.parametrize(
    "host", ["a" * 64, "a..b", ".", "xn--", "%00", "localhost:99999", "localhost:0", "[::1", "\x00", "a b"]
)
async def test_a_host_that_cannot_be_is_a_transport_error_like_any_other(client: GuardedClient, host: str) -> None:
    with pytest.raises(TransportError):
        await client.get(f"https://{host}/")


async def test_a_redirect_that_is_no_url_is_refused(base: str, client: GuardedClient) -> None:
    with pytest.raises(TransportError):
        await client.get(f"{base}/broken", max_redirects=3)


async def test_a_request_says_nothing_of_the_software_and_brings_nothing_back(client: GuardedClient) -> None:
    """OpenID4VP 15.8; a cookie would tell one visit from another."""
    seen: list[dict[str, str]] = []

    async def remember(scope: dict[str, object], _receive: object, send: object) -> None:
        seen.append({name.decode(): value.decode("latin-1") for name, value in scope["headers"]})  # type: ignore[attr-defined]
        headers = [(b"set-cookie", b"visit=1"), (b"set-cookie", b"again=1"), (b"ETag", b'"\xe9"')]
        await send({"type": "http.response.start", "status": 200, "headers": headers})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b""})  # type: ignore[operator]

    async with serving(remember) as base:
        first = await client.get(f"{base}/")
        again = await client.get(f"{base}/", headers={"if-none-match": first.headers["etag"]})

    assert again.headers["set-cookie"] == "visit=1, again=1"
    assert seen[0] == {"host": base.removeprefix("http://"), "accept-encoding": "identity"}
    assert seen[1].keys() == {*seen[0], "if-none-match"}
