"""The tests' own helpers: the throw-away PostgreSQL, and what happens where a machine lacks something."""

import asyncpg
import pytest

from tests.support import needs


async def test_a_database_is_real_and_durable(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    try:
        assert await connection.fetchval("show fsync") == "on"
        assert connection.get_server_version().major >= 15
        await connection.execute("create table made_here (id integer)")
    finally:
        await connection.close()


async def test_the_next_database_knows_nothing_of_the_one_before(postgresql_url: str) -> None:
    connection = await asyncpg.connect(postgresql_url)
    try:
        assert await connection.fetchval("select to_regclass('made_here')") is None
    finally:
        await connection.close()


def test_a_missing_need_skips_the_test_and_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEED_ALL", raising=False)
    stash = pytest.Stash()

    for _ in range(2):
        with pytest.raises(pytest.skip.Exception, match="lacks a unicorn"):
            needs.missing(stash, "a unicorn")

    assert needs.summary(stash) == ["did not run: 2 tests, since this machine lacks a unicorn"]


def test_a_missing_need_fails_where_all_are_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEED_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="lacks a unicorn"):
        needs.missing(pytest.Stash(), "a unicorn")
