"""The guarded client: https only outside development, size, time and address limits, no redirects unless asked.

Everything fetched by a URL of the other side passes here: offers, metadata, request objects, status lists.
It stands on httpcore, httpx's own pool: that takes a network backend, and keeps no cookies between strangers' servers.
"""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpcore
from httpx import URL, InvalidURL

from billfold.adapters.http.addresses import AddressRefused, GuardedBackend
from billfold.errors import TransportError

MAX_BODY_BYTES = 2 * 1024 * 1024
TIMEOUT_S = 10.0

_PORTS: Final = range(1, 65536)
_TIMEOUTS: Final = dict.fromkeys(("connect", "read", "write", "pool"), TIMEOUT_S)
# Nothing identifies the software (OpenID4VP 15.8); sizes are checked as they are sent, so nothing comes compressed.
_ALWAYS: Final = ((b"accept-encoding", b"identity"),)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read whole; names of *headers* are in lower case."""

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
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=verify or ssl.create_default_context(),
            max_connections=32,
            keepalive_expiry=30.0,
            network_backend=GuardedBackend(allow_loopback=allow_loopback),
        )

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, max_redirects: int = 0) -> Answer:
        """GET *url*, following at most *max_redirects*, each to an address that passes the same guard.

        Raises:
            TransportError: refused, unreachable, too slow, too large, or redirected too often.
        """
        for _ in range(max_redirects + 1):
            answer = await self._send("GET", url, headers=headers)
            if answer.status not in (301, 302, 303, 307, 308) or not max_redirects:
                return answer
            url = _target(url, answer)
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
        await self._pool.aclose()

    async def _send(
        self, method: str, url: str, *, content: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        parsed = self._checked(url)
        sent = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
        try:
            async with self._pool.stream(
                method,
                httpcore.URL(scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path),
                headers=[(b"host", parsed.netloc), *_ALWAYS, *sent],
                content=content,
                extensions={"timeout": _TIMEOUTS},
            ) as response:
                return Answer(response.status, _read_headers(response.headers), await _read_body(response))
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as exc:
            raise TransportError(f"expected an answer from {parsed.host}, got {type(exc).__name__}") from exc

    def _checked(self, url: str) -> URL:
        """Return *url* in parts, if it is one that may be fetched from; its address is checked when it is reached."""
        try:
            parsed = URL(url)
            _, port = parsed.host, parsed.port  # both are read only now
        except (InvalidURL, UnicodeError) as exc:
            raise AddressRefused("expected a well-formed URL") from exc
        if port is not None and port not in _PORTS:
            raise AddressRefused("expected a URL with a port up to 65535")
        if parsed.scheme != "https" and not (self._allow_loopback and parsed.scheme == "http"):
            raise AddressRefused("expected an https URL")
        return parsed


def _target(url: str, answer: Answer) -> str:
    try:
        return urljoin(url, answer.headers.get("location", ""))
    except ValueError as exc:
        raise AddressRefused("expected a redirect to a well-formed URL") from exc


def _read_headers(headers: Sequence[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """Return headers by their names in lower case; one that came more than once is one list (RFC 9110 5.3)."""
    read: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        read[name] = f"{read[name]}, {value}" if name in read else value
    return read


async def _read_body(response: httpcore.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise TransportError(f"expected an answer of at most {MAX_BODY_BYTES} bytes")
    return bytes(body)
