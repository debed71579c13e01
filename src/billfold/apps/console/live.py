"""Live parts of pages: a piece of a page that is sent again whenever it changed, as server-sent events.

Source: HTML Living Standard, section 9.2. Without script the page shows the same piece, as new as its last load.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
from litestar.response import ServerSentEvent, ServerSentEventMessage

from billfold.apps.console.page import HEADERS

PAUSE_S = 0.5
LONGEST_S = 600  # then the browser asks again, and sign-in and state are checked anew


class Piece(msgspec.Struct, frozen=True):
    """What is sent: the piece as HTML, what a screen reader says of it, and whether nothing more will come."""

    html: str
    said: str
    over: bool = False


@dataclass
class Streams:
    """All streams of an installation, so that they can be told to end when it stops."""

    stopping: bool = False

    def stop(self) -> None:
        """End every stream soon."""
        self.stopping = True

    def follow(self, look: Callable[[], Awaitable[Piece]]) -> ServerSentEvent:
        """Return the answer that sends what *look* finds, whenever it differs from what was sent before."""
        return ServerSentEvent(self._events(look), headers=dict(HEADERS))

    async def _events(self, look: Callable[[], Awaitable[Piece]]) -> AsyncIterator[ServerSentEventMessage]:
        sent: Piece | None = None
        for _ in range(int(LONGEST_S / PAUSE_S)):
            if self.stopping:
                return
            piece = await look()
            if piece != sent:
                sent = piece
                yield ServerSentEventMessage(msgspec.json.encode(piece).decode(), event="piece")
            if piece.over:
                return
            await asyncio.sleep(PAUSE_S)
