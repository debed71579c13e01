"""The schema: what the migrations make is what the tables say, on both engines."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from billfold.adapters.store import credential_types, schema
from billfold.adapters.store.tables import metadata
from billfold.adapters.store.type_definition import ContractClaim
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


def _with_a_type_of_old(connection: Connection) -> None:
    """Bring a database to the version before Cred types had any, with one type in it."""
    command.upgrade(schema._config(connection), "0003")
    definition = '{"names":{"en":"Badge"},"fields":[{"claim":"team","labels":{"en":"Team"},"source":"attribute"}]}'
    columns = "id, organisation_id, slug, version, definition, created_at"
    connection.execute(
        text(f"INSERT INTO credential_types ({columns}) VALUES ('t', 'o', 'badge', 1, :definition, 7)"),  # noqa: S608  # our own table
        {"definition": definition},
    )


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
async def test_cred_types_of_old_become_first_versions(
    request: pytest.FixtureRequest, tmp_path: Path, engine: str
) -> None:
    sqlite_url = f"sqlite:///{tmp_path / 'store.db'}"
    url = sqlite_url if engine == "sqlite" else request.getfixturevalue("postgresql_url")
    await schema._on_connection(url, _with_a_type_of_old)

    await schema.migrate(url)

    store = await schema.open_store(url)
    (found,) = await credential_types.of_organisation(store, "o")
    (version,) = await credential_types.versions_of(store, "o", "badge")
    await store.close()
    assert found.contract == (ContractClaim("team"),)
    assert (version.version, version.definition) == (1, found.definition)
