"""The guarded client: https only outside development, size, time and address limits, no redirects unless asked.

Everything fetched by a URL of the other side passes here: offers, metadata, request objects, status lists.
"""

import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import urljoin

import httpcore
import httpx

from billfold.adapters.http.addresses import AddressRefused, GuardedBackend
from billfold.errors import TransportError

MAX_BODY_BYTES = 2 * 1024 * 1024
TIMEOUT_S = 10.0

_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        """Return the media type, lower case and without parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class GuardedClient:
    """Fetches by URLs that came from outside."""

    def __init__(self, *, allow_loopback: bool = False, verify: ssl.SSLContext | None = None) -> None:
        """Prepare a client.

        Args:
            allow_loopback: only development: reach loopback addresses and nothing else, over http too.
            verify: the TLS roots to trust, the system's by default.
        """
        self._allow_loopback = allow_loopback
        context = verify or ssl.create_default_context()
        pool = httpcore.AsyncConnectionPool(
            ssl_context=context,
            max_connections=32,
            keepalive_expiry=30.0,
            network_backend=GuardedBackend(allow_loopback=allow_loopback),
        )
        self._client = httpx.AsyncClient(
            transport=_PoolTransport(pool), timeout=TIMEOUT_S, trust_env=False, follow_redirects=False
        )
        del self._client.headers["user-agent"]  # nothing identifies the software (OpenID4VP 15.8)
        self._client.headers["accept-encoding"] = "identity"  # sizes are checked as they are sent

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, max_redirects: int = 0) -> Answer:
        """GET *url*, following at most *max_redirects*, each to an address that passes the same guard.

        Raises:
            TransportError: refused, unreachable, too slow, too large, or redirected too often.
        """
        for _ in range(max_redirects + 1):
            answer = await self._send("GET", url, headers=headers)
            if answer.status not in (301, 302, 303, 307, 308) or not max_redirects:
                return answer
            url = urljoin(url, answer.headers.get("location", ""))
        raise TransportError(f"expected at most {max_redirects} redirects")

    async def post(self, url: str, *, content: bytes, content_type: str, headers: Mapping[str, str]) -> Answer:
        """POST *content* to *url*; a redirect is returned, not followed.

        Raises:
            TransportError: refused, unreachable, too slow or too large.
        """
        return await self._send("POST", url, content=content, headers={"content-type": content_type, **headers})

    async def send(self, method: str, url: str, *, content: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send any other request, such as the PUT of a pairing.

        Raises:
            TransportError: refused, unreachable, too slow or too large.
        """
        return await self._send(method, url, content=content, headers=headers)

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _send(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        try:
            parsed = httpx.URL(url)
            host, port = parsed.host, parsed.port
        except (httpx.InvalidURL, UnicodeError) as exc:
            raise AddressRefused("expected a well-formed URL") from exc
        if port is not None and port not in _PORTS:
            raise AddressRefused("expected a URL with a port up to 65535")
        try:
            if parsed.scheme != "https" and not (self._allow_loopback and parsed.scheme == "http"):
                raise AddressRefused("expected an https URL")
            async with self._client.stream(method, parsed, content=content, headers=headers) as response:
                body = bytearray()
                async for chunk in response.aiter_bytes():
                    body += chunk
                    if len(body) > MAX_BODY_BYTES:
                        raise TransportError(f"expected an answer of at most {MAX_BODY_BYTES} bytes")
                return Answer(response.status_code, response.headers, bytes(body))
        except (httpx.HTTPError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as exc:
            raise TransportError(f"expected an answer from {host}, got {type(exc).__name__}") from exc


class _PoolTransport(httpx.AsyncBaseTransport):
    """httpx over a pool of ours, since only the pool takes a network backend."""

    def __init__(self, pool: httpcore.AsyncConnectionPool) -> None:
        self._pool = pool

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        response = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                url,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._pool.aclose()

    async def aclose(self) -> None:
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
