"""A server process of the product that ends itself by SIGKILL just before or just after its n-th write.

The product knows nothing of it: the process puts the product's own parts together as `billfold serve` and `billfold
worker` do, and wraps the store's engine. On SQLite each statement that changes something is a moment of its own, and
so is each COMMIT, before it and after it; on PostgreSQL the same holds for units that go step by step, while a unit of
one statement has two moments, before it was sent and after it took effect.
"""

import asyncio
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from billfold.adapters.store.engine import Engine
from billfold.adapters.store.postgresql import PostgresqlEngine
from billfold.adapters.store.sqlite import SqliteEngine
from billfold.adapters.store.unit import Query, Row, Unit, Value
from billfold.apps.compose import Installation, Servers, claimed_ports, console_pages, installation
from billfold.apps.settings import Settings
from billfold.apps.worker.worker import working
from billfold.roles.parts import Parts

START_S = 30
WORKER_PAUSE_S = 0.05
_CHANGES = ("INSERT", "UPDATE", "DELETE")
_READY, _ARMED, _FALLING = "ready", "armed", "falling"

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([__name__])
console_pages()  # a process begins with what takes longest to build


class Fuse:
    """Counts moments from when it is armed, and ends the process at the one it was armed for."""

    def __init__(self, orders: Connection) -> None:
        self._orders = orders
        self._moments_left: int | None = None

    def arm(self, moment: int) -> None:
        """Let the process end at its *moment*-th moment from now, counted from 1."""
        self._moments_left = moment

    def burn(self) -> None:
        """Count one moment."""
        if self._moments_left is None:
            return
        self._moments_left -= 1
        if self._moments_left == 0:
            self._orders.send(_FALLING)
            os.kill(os.getpid(), signal.SIGKILL)


class _FusedSqlite:
    """A connection whose changes and commits burn the fuse."""

    def __init__(self, connection: sqlite3.Connection, fuse: Fuse) -> None:
        self._connection, self._fuse = connection, fuse
        self._has_changes = False

    def execute(self, sql: str, arguments: Sequence[Value] = ()) -> sqlite3.Cursor:
        if sql.startswith(_CHANGES):
            self._fuse.burn()
            self._has_changes = True
        if sql != "COMMIT" or not self._has_changes:
            return self._connection.execute(sql, arguments)
        self._has_changes = False
        self._fuse.burn()
        done = self._connection.execute(sql, arguments)
        self._fuse.burn()
        return done

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a connection has
        return getattr(self._connection, name)


class _FusedPool:
    """A pool whose transactions burn the fuse: units of one statement go through `_FusedPostgresql.run`."""

    def __init__(self, pool: Any, fuse: Fuse) -> None:  # noqa: ANN401  # asyncpg is untyped
        self._pool, self._fuse = pool, fuse

    @contextlib.asynccontextmanager
    async def acquire(self) -> AsyncIterator["_FusedConnection"]:
        async with self._pool.acquire() as connection:
            yield _FusedConnection(connection, self._fuse)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a pool has
        return getattr(self._pool, name)


class _FusedConnection:
    """A connection inside a unit that goes step by step."""

    def __init__(self, connection: Any, fuse: Fuse) -> None:  # noqa: ANN401  # asyncpg is untyped
        self._connection, self._fuse = connection, fuse

    async def fetch(self, sql: str, *arguments: Value) -> Any:  # noqa: ANN401  # asyncpg is untyped
        if sql.startswith(_CHANGES):
            self._fuse.burn()
        return await self._connection.fetch(sql, *arguments)

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        async with self._connection.transaction():
            yield
            self._fuse.burn()
        self._fuse.burn()


class _FusedPostgresql:
    """An engine whose units of one statement burn the fuse before and after."""

    def __init__(self, engine: PostgresqlEngine, fuse: Fuse) -> None:
        engine.pool = _FusedPool(engine.pool, fuse)
        self._engine, self._fuse = engine, fuse

    async def fetch(self, query: Query, /, **parameters: Value) -> list[Row]:
        return await self._engine.fetch(query, **parameters)

    async def run(self, unit: Unit, /, **parameters: Value) -> list[Row]:
        if unit.stepwise:
            return await self._engine.run(unit, **parameters)
        self._fuse.burn()
        rows = await self._engine.run(unit, **parameters)
        self._fuse.burn()
        return rows

    async def scrub(self) -> None:
        await self._engine.scrub()

    async def close(self) -> None:
        await self._engine.close()


def fused(engine: Engine, fuse: Fuse) -> Engine:
    """Return *engine* with every moment of its writes burning the fuse."""
    if isinstance(engine, SqliteEngine):
        engine.connection = _FusedSqlite(engine.connection, fuse)  # type: ignore[assignment]  # it stands in for one
        return engine
    assert isinstance(engine, PostgresqlEngine)
    return _FusedPostgresql(engine, fuse)


@dataclass
class ServerProcess:
    """A server, with a worker beside it, in a process of its own."""

    _process: Any
    _orders: Connection
    _fallen: bool = False

    def arm(self, moment: int) -> None:
        """Let it end itself at the *moment*-th moment from now."""
        self._orders.send(moment)
        self._expect(_ARMED)

    @property
    def has_fallen(self) -> bool:
        """Whether it ended itself; then it is gone when this returns."""
        if not self._fallen and self._orders.poll():
            self._expect(_FALLING)
            self._process.join(START_S)
            assert self._process.exitcode == -signal.SIGKILL
            self._fallen = True
        return self._fallen

    def end(self) -> None:
        """Kill it, unless it fell by itself."""
        self._process.kill()
        self._process.join(START_S)
        self._process.close()
        self._orders.close()

    def _expect(self, word: str) -> None:
        if not self._orders.poll(START_S):
            raise AssertionError(f"expected the server to say {word}, got silence")
        said = self._orders.recv()
        assert said == word, f"expected the server to say {word}, got {said}"


@contextlib.contextmanager
def server_process(settings: Settings, *, worker_ahead: timedelta | None) -> Iterator[ServerProcess]:
    """Serve the installation of *settings*.

    Args:
        worker_ahead: let a worker run beside it, its clock so far ahead: what a killed one has leased is due again
            when its lease has run out. None: no worker.
    """
    ours, theirs = _processes.Pipe()
    process = _processes.Process(target=_serve, args=(settings, worker_ahead, theirs), daemon=True)
    process.start()
    theirs.close()
    server = ServerProcess(process, ours)
    try:
        server._expect(_READY)
        yield server
    finally:
        server.end()


def _serve(settings: Settings, worker_ahead: timedelta | None, orders: Connection) -> None:
    asyncio.run(_run(settings, worker_ahead, orders))


async def _run(settings: Settings, worker_ahead: timedelta | None, orders: Connection) -> None:
    fuse = Fuse(orders)
    with claimed_ports(settings) as sockets:
        async with installation(settings, bring_up_to_date=False) as made:
            parts = dataclasses.replace(made.parts, store=fused(made.parts.store, fuse))
            servers = Servers(Installation(settings, parts), sockets)
            await servers.start()
            async with contextlib.AsyncExitStack() as stack:
                if worker_ahead is not None:
                    await stack.enter_async_context(working(_later(parts, worker_ahead), pause_s=WORKER_PAUSE_S))
                asyncio.get_running_loop().add_reader(orders.fileno(), _obey, orders, fuse)
                orders.send(_READY)
                await asyncio.Event().wait()


def _obey(orders: Connection, fuse: Fuse) -> None:
    try:
        fuse.arm(orders.recv())
    except EOFError:  # nobody is left to order anything
        os.kill(os.getpid(), signal.SIGKILL)
    orders.send(_ARMED)


def _later(parts: Parts, ahead: timedelta) -> Parts:
    return dataclasses.replace(parts, now=lambda: datetime.now(UTC) + ahead)
