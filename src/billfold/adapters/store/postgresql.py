"""The shared engine: PostgreSQL 15 or newer through asyncpg, a unit of work as one data-modifying CTE.

Each unit is one autocommitted statement, so it costs one round trip and holds no lock while we compute.
"""

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from billfold.adapters.store.connections import Connections
from billfold.adapters.store.engine import Conflict, TextRefused
from billfold.adapters.store.unit import (
    Compiled,
    CteSteps,
    Parameters,
    Query,
    Row,
    StepList,
    Unit,
    Value,
    compile_statement,
)
from billfold.errors import ConfigurationError

OLDEST_VERSION = 15


class PostgresqlEngine:
    """See `billfold.adapters.store.engine.Engine`."""

    def __init__(self, pool: Connections) -> None:
        self._dialect = asyncpg_dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
        self._queries: dict[Query, Compiled] = {}
        self._units: dict[Unit, Compiled] = {}
        self._step_lists: dict[Unit, StepList] = {}
        self.pool = pool

    @classmethod
    async def open(cls, url: str) -> "PostgresqlEngine":
        """Connect to *url* (``postgresql://…``).

        Raises:
            ConfigurationError: the server cannot be reached, or is older than ``OLDEST_VERSION``.
        """
        try:
            pool = await Connections.open(url)
        except (OSError, asyncpg.PostgresError, ValueError) as exc:
            raise ConfigurationError(f"expected a PostgreSQL database at the given URL, got {exc}") from exc
        ((version,),) = await pool.fetch("SELECT current_setting('server_version_num')::int / 10000")
        if version < OLDEST_VERSION:
            await pool.close()
            raise ConfigurationError(f"expected PostgreSQL {OLDEST_VERSION} or newer, got {version}")
        return cls(pool)

    async def fetch(self, query: Query, /, **parameters: Value) -> list[Row]:
        """See `Engine.fetch`."""
        compiled = self._queries.get(query)
        if compiled is None:
            compiled = self._queries[query] = compile_statement(query.statement, self._dialect)
        try:
            return [tuple(r) for r in await self.pool.fetch(compiled.sql, *compiled.arguments(parameters))]
        except asyncpg.CharacterNotInRepertoireError as exc:
            raise TextRefused from exc

    async def run(self, unit: Unit, /, **parameters: Value) -> list[Row]:
        """See `Engine.run`."""
        try:
            if unit.stepwise:
                return await self._run_stepwise(unit, parameters)
            compiled = self._one_statement(unit)
            return [tuple(r) for r in await self.pool.fetch(compiled.sql, *compiled.arguments(parameters))]
        except asyncpg.UniqueViolationError as exc:
            raise Conflict(exc.constraint_name or "") from exc
        except asyncpg.CharacterNotInRepertoireError as exc:
            raise TextRefused from exc

    def _one_statement(self, unit: Unit) -> Compiled:
        compiled = self._units.get(unit)
        if compiled is None:
            steps = CteSteps()
            unit.define(steps)
            compiled = self._units[unit] = compile_statement(steps.statement(), self._dialect)
        return compiled

    async def _run_stepwise(self, unit: Unit, parameters: Parameters) -> list[Row]:
        steps = self._step_lists.get(unit)
        if steps is None:
            steps = self._step_lists[unit] = StepList(self._dialect)
            unit.define(steps)
        returned: dict[str, list[Row]] = {}
        async with self.pool.acquire() as connection, connection.transaction():
            for step in steps.steps:
                rows: list[Row] = []
                for given in steps.given_to(step, parameters, returned):
                    fetched = await connection.fetch(step.compiled.sql, *step.compiled.arguments(given))
                    rows += [tuple(r) for r in fetched]
                returned[step.name] = rows
        return returned[steps.final] if steps.final else []

    async def scrub(self) -> None:
        """Leave it to autovacuum: an update keeps the old row until then (docs/how-to/run.md)."""

    async def close(self) -> None:
        """See `Engine.close`."""
        await self.pool.close()
