"""A real HTTP server on loopback whose answers a test decides, one by one, and that remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:  # noqa: ANN401  # JSON of a test
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


def as_json(document: object, status: int = 200, **headers: str) -> Reply:
    """Return *document* as JSON."""
    return Reply(status, json.dumps(document).encode(), headers={k.replace("_", "-"): v for k, v in headers.items()})


def error(code: str, status: int = 400, **members: str) -> Reply:
    """Return an error answer in the form of OAuth."""
    return as_json({"error": code, **members}, status)


Answer = Callable[[Asked], Reply]


# Wallets that are pages read answers of other origins only where those say so.
_FOR_PAGES = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "authorization, content-type, dpop",
    "access-control-expose-headers": "billfold-reference, date, dpop-nonce, www-authenticate",
}


class StubServer:
    """Serves ``routes``: answers by method and path, to pages too. Anything else is 404."""

    def __init__(self) -> None:
        self.routes: dict[tuple[str, str], Answer] = {}
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def url(self) -> str:
        """The server's address; ``localhost``, as certificates name it."""
        return f"http://localhost:{self._server.server_port}"

    def asked_for(self, path: str) -> list[Asked]:
        """Return the requests that came to *path*."""
        return [asked for asked in self.asked if asked.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        route = self.routes.get((asked.method, asked.path))
        return Reply(404, b'{"error":"not_found"}') if route is None else route(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def handle_one(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = urlsplit(self.path).path
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = stub._answer(Asked(self.command, path, headers, body))
                self.send_response_only(reply.status)
                self.send_header("date", reply.headers.get("date", self.date_time_string()))
                for name, value in ({**_FOR_PAGES, **reply.headers}).items():
                    if name != "date":
                        self.send_header(name, value)
                if reply.content_type is not None:
                    self.send_header("content-type", reply.content_type)
                self.send_header("content-length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def do_OPTIONS(self) -> None:
                """Let a page's preflight through."""
                self.send_response_only(204)
                for name, value in _FOR_PAGES.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST = do_PUT = do_DELETE = handle_one  # noqa: N815  # the base class's own names

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's own names
                """Say nothing: a test looks at ``asked``."""

        return Handler
