"""The embedded engine: the standard library's `sqlite3`, on the event loop, one connection a process.

Nothing may suspend between BEGIN and COMMIT, since another request would join the transaction; so only the wait
before BEGIN awaits. ``busy_timeout`` is 0 and we back off ourselves: SQLite's own handler would block the loop.
"""

import asyncio
import random
import sqlite3
import time
from pathlib import Path

from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect

from billfold.adapters.store.engine import Conflict, unique_names
from billfold.adapters.store.unit import (
    Compiled,
    Parameters,
    Query,
    Row,
    StepList,
    Unit,
    Value,
    compile_statement,
)
from billfold.errors import TransportError

_LONGEST_WAIT_S = 5.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.0005, 0.02


class SqliteEngine:
    """See `billfold.adapters.store.engine.Engine`."""

    def __init__(self, path: Path) -> None:
        self._dialect = sqlite_dialect(paramstyle="qmark")
        self._queries: dict[Query, Compiled] = {}
        self._units: dict[Unit, StepList] = {}
        self._unique_names = unique_names()
        self.connection = connect(path)

    async def fetch(self, query: Query, /, **parameters: Value) -> list[Row]:
        """See `Engine.fetch`."""
        compiled = self._queries.get(query)
        if compiled is None:
            compiled = self._queries[query] = compile_statement(query.statement, self._dialect)
        return self.connection.execute(compiled.sql, compiled.arguments(parameters)).fetchall()

    async def run(self, unit: Unit, /, **parameters: Value) -> list[Row]:
        """See `Engine.run`."""
        steps = self._units.get(unit)
        if steps is None:
            steps = self._units[unit] = StepList(self._dialect)
            unit.define(steps)
        await self._begin()
        try:
            answer = _run_steps(self.connection, steps, parameters)
            self.connection.execute("COMMIT")
        except sqlite3.IntegrityError as exc:
            self.connection.execute("ROLLBACK")
            raise self._conflict(exc) from exc
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        return answer

    async def scrub(self) -> None:
        """Move the write-ahead log into the database and empty it: old pages, with deleted values, lie there."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    async def close(self) -> None:
        """See `Engine.close`."""
        self.connection.close()

    async def _begin(self) -> None:
        """Take the write lock, waiting for other processes without holding up this one's event loop."""
        pause, give_up_at = _FIRST_PAUSE_S, time.monotonic() + _LONGEST_WAIT_S
        while True:
            try:
                self.connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise TransportError("expected the database to be free for writing") from exc
                await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # spreads waiters; guards nothing
                pause = min(pause * 2, _LONGEST_PAUSE_S)
            else:
                return

    def _conflict(self, exc: sqlite3.IntegrityError) -> Exception:
        if exc.sqlite_errorcode not in (sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY):
            return exc
        columns = frozenset(str(exc).removeprefix("UNIQUE constraint failed: ").split(", "))
        return Conflict(self._unique_names.get(columns, ",".join(sorted(columns))))


def connect(path: Path) -> sqlite3.Connection:
    """Open *path* with the settings that every connection to it needs.

    ``synchronous=FULL`` because after a power cut a spent code must stay spent, and a Credential must keep the
    row that revokes it.
    """
    connection = sqlite3.connect(path, isolation_level=None, timeout=0, cached_statements=512)
    connection.execute("PRAGMA busy_timeout = 5000")  # first: switching to WAL on two connections else fails at once
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")  # what was deleted is overwritten
    connection.execute("PRAGMA cache_size = -20000")
    connection.execute("PRAGMA busy_timeout = 0")
    return connection


def _run_steps(connection: sqlite3.Connection, steps: StepList, parameters: Parameters) -> list[Row]:
    returned: dict[str, list[Row]] = {}
    for step in steps.steps:
        rows: list[Row] = []
        for given in steps.given_to(step, parameters, returned):
            cursor = connection.execute(step.compiled.sql, step.compiled.arguments(given))
            if step.columns:
                rows += cursor.fetchall()
        returned[step.name] = rows
    return returned[steps.final] if steps.final else []
