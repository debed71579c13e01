"""References: each request gets one, and its answer carries it, so that person, log and audit name one event."""

from collections.abc import Callable
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

HEADER = b"billfold-reference"


def with_references(new_reference: Callable[[], str]) -> Any:  # noqa: ANN401  # Litestar's middleware type is as wide
    """Return the middleware that keeps a reference in the request's state and sends it along with the answer."""

    def middleware(app: ASGIApp) -> ASGIApp:
        async def handle(scope: Scope, receive: Receive, send: Send) -> None:
            reference = new_reference()
            scope.setdefault("state", {})["reference"] = reference

            async def send_with_reference(message: Message) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (HEADER, reference.encode())]
                await send(message)

            await app(scope, receive, send_with_reference)

        return handle

    return middleware
