"""Bring a database to this version's schema, or refuse one of another version, and open the engine on it.

Here alone SQLAlchemy opens connections of its own: Alembic works on them.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from billfold.adapters.store.engine import Engine
from billfold.adapters.store.postgresql import PostgresqlEngine
from billfold.adapters.store.sqlite import SqliteEngine
from billfold.errors import ConfigurationError

_MIGRATIONS = Path(__file__).parent / "migrations"
SQLITE_PREFIX = "sqlite:///"


async def open_store(url: str) -> Engine:
    """Open the database at *url*: ``sqlite:///PATH`` or ``postgresql://…``.

    Raises:
        ConfigurationError: another kind of URL, out of reach, or a schema of another version.
    """
    await _on_connection(url, _require_newest)
    if url.startswith(SQLITE_PREFIX):
        return SqliteEngine(Path(url.removeprefix(SQLITE_PREFIX)))
    return await PostgresqlEngine.open(url)


async def migrate(url: str) -> None:
    """Bring the database at *url* to the newest version; an empty one gets its tables.

    Raises:
        ConfigurationError: another kind of URL, or out of reach.
    """
    await _on_connection(url, lambda connection: command.upgrade(_config(connection), "head"))


async def _on_connection(url: str, work: Callable[[Connection], None]) -> None:
    try:
        if url.startswith(SQLITE_PREFIX):
            await asyncio.to_thread(_on_sqlite, url, work)
        elif url.startswith("postgresql://"):
            engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
            async with engine.begin() as connection:
                await connection.run_sync(work)
            await engine.dispose()
        else:
            raise ConfigurationError("expected a database URL of sqlite:///PATH or postgresql://…")
    except (SQLAlchemyError, OSError) as exc:
        said = str(exc.orig if isinstance(exc, DBAPIError) else exc).partition("\n")[0]
        raise ConfigurationError(f"expected to reach the database, got {type(exc).__name__} “{said}”") from exc


def _on_sqlite(url: str, work: Callable[[Connection], None]) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        work(connection)
    engine.dispose()


def _require_newest(connection: Connection) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if found != newest:
        raise ConfigurationError(
            f"expected a database of version {newest}, got {found or 'an empty one'}: run `billfold migrate`"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
