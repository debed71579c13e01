"""Somebody's TLS server in front: it speaks https on ports of its own, and passes every byte on to others."""

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator, Sequence

from tests.support.pki import Identity

HOST = "127.0.0.1"
CHUNK_BYTES = 64 * 1024


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _serve(pairs: Sequence[tuple[int, int]], context: ssl.SSLContext, ready: threading.Event) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port: int = writer.get_extra_info("sockname")[1]
        try:
            behind = await asyncio.open_connection(HOST, dict(pairs)[port])
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass_on(reader, behind[1]), _pass_on(behind[0], writer))

    async with contextlib.AsyncExitStack() as stack:
        for port, _ in pairs:
            await stack.enter_async_context(await asyncio.start_server(connected, HOST, port, ssl=context))
        ready.set()
        await asyncio.Event().wait()


@contextlib.contextmanager
def tls_server(first: int, first_behind: int, ports: int, identity: Identity) -> Iterator[None]:
    """Speak https on *ports* ports from *first*, and pass on to as many from *first_behind*, in a thread of its own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(identity.chain, identity.key)
    pairs = [(first + number, first_behind + number) for number in range(ports)]
    loop, ready = asyncio.new_event_loop(), threading.Event()
    serving = loop.create_task(_serve(pairs, context, ready))

    async def finish() -> None:
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def run() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            loop.run_until_complete(serving)
        loop.run_until_complete(finish())
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    ready.wait()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(serving.cancel)
        thread.join()
