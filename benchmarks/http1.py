"""A lean HTTP/1.1 client over one connection that stays open, so that the load's generator costs little itself."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, read whole. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Connection:
    """Sends one request at a time to *port* of this machine; the URL's own port only stands in the Host header."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int) -> Self:
        """Connect."""
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    async def send(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """Send a request and return its answer, which must be a good one."""
        parts = urlsplit(url)
        lines = [f"{method} {parts.path}{'?' + parts.query if parts.query else ''} HTTP/1.1", f"host: {parts.netloc}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += [f"content-length: {len(body)}"] if method == "POST" else []
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in head[1:] if line)
        found = {name.lower(): value.strip() for name, _, value in pairs}
        content = await self._reader.readexactly(int(found.get("content-length", "0")))
        answer = Answer(int(head[0].split()[1]), found, content)
        assert answer.status < 300, f"expected success of {method} {parts.path}, got {answer.status}: {content!r}"
        return answer

    def close(self) -> None:
        """Close it."""
        self._writer.close()
