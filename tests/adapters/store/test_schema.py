"""The schema: what the migrations make is what the tables say, on both engines."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from billfold.adapters.store import schema
from billfold.adapters.store.tables import metadata
from billfold.errors import ConfigurationError


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def test_migrations_make_the_tables_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    await schema.migrate(url)

    engine = create_engine(url)
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


async def test_migrations_make_the_tables_on_postgresql(postgresql_url: str) -> None:
    await schema.migrate(postgresql_url)

    engine = create_async_engine(postgresql_url.replace("postgresql://", "postgresql+asyncpg://", 1))
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    await schema.migrate(url)
    await schema.migrate(url)

    await (await schema.open_store(url)).close()


async def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    await schema.migrate(url)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    with pytest.raises(ConfigurationError, match="got 9999: run `billfold migrate`"):
        await schema.open_store(url)


async def test_an_empty_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="got an empty one: run `billfold migrate`"):
        await schema.open_store(f"sqlite:///{tmp_path / 'empty.db'}")


@pytest.mark.parametrize("url", ["mysql://localhost/billfold", "billfold.db", ""])
async def test_another_kind_of_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="sqlite:///PATH or postgresql://"):
        await schema.open_store(url)


async def test_a_database_out_of_reach_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected to reach the database"):
        await schema.open_store(f"sqlite:///{tmp_path / 'nowhere' / 'store.db'}")
