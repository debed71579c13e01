"""Connections to PostgreSQL: asyncpg's pool makes them, and between two statements they wait here.

Giving one back to the pool costs a task, two timeouts and a timer each time, as much as a short statement. So it goes
back only where its state is in doubt: it was closed, or what used it broke off by something else than the database's
own answer.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

POOL_SIZE = 8
_SERVER_SETTINGS = {
    "jit": "off",
    "tcp_keepalives_idle": "60",  # seconds; a connection that waits long must not be dropped on the way, unseen by us
}


class _Connection(asyncpg.Connection):  # type: ignore[misc]  # untyped base
    """A connection without asyncpg's reset query: safe while no operation sets session state."""

    __slots__ = ()

    def get_reset_query(self) -> str:
        return ""


class Connections:
    """At most ``POOL_SIZE`` connections, the one used last first."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self.pool = pool
        self._waiting: list[Any] = []
        self._free = asyncio.Semaphore(POOL_SIZE)

    @classmethod
    async def open(cls, url: str) -> "Connections":
        """Connect to *url*, with one connection at first.

        Raises:
            OSError, asyncpg.PostgresError, ValueError: it cannot be reached, or is no such URL.
        """
        pool = await asyncpg.create_pool(
            url, min_size=1, max_size=POOL_SIZE, connection_class=_Connection, server_settings=_SERVER_SETTINGS
        )
        return cls(pool)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Any]:
        """Lend a connection, waiting while all are lent."""
        async with self._free:
            connection, sound = await self._next(), False
            try:
                yield connection
                sound = True
            except asyncpg.PostgresError:
                sound = True  # the database answered, and awaits the next statement
                raise
            finally:
                if sound:
                    self._waiting.append(connection)
                else:
                    await self.pool.release(connection)

    async def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """Run one statement and return its rows."""
        async with self.acquire() as connection:
            rows: list[Any] = await connection.fetch(sql, *arguments)
        return rows

    async def close(self) -> None:
        """Give all back, and close them."""
        while self._waiting:
            await self.pool.release(self._waiting.pop())
        await self.pool.close()

    async def _next(self) -> Any:  # asyncpg is untyped
        while self._waiting:
            connection = self._waiting.pop()
            with suppress(asyncpg.InterfaceError):  # one that was closed went back by itself, which makes room
                if not connection.is_closed():
                    return connection
                await self.pool.release(connection)
        return await self.pool.acquire()
