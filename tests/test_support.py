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


def test_a_missing_need_skips_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEED_ALL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="lacks a unicorn"):
        needs.missing("a unicorn")


def test_what_was_missing_is_counted_in_the_summary() -> None:
    """As reports come from the run itself, and from worker processes."""

    class Report:
        longrepr = ("test_x.py", 1, "Skipped: this machine lacks a unicorn")

    class Reporter:
        stats = {"skipped": [Report(), Report()]}  # noqa: RUF012  # as the real one has it

    expected = ["did not run: 2 tests, since this machine lacks a unicorn"]
    assert needs.summary(Reporter()) == expected  # type: ignore[arg-type]


def test_a_missing_need_fails_where_all_are_demanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEED_ALL", "1")
    with pytest.raises(pytest.fail.Exception, match="lacks a unicorn"):
        needs.missing("a unicorn")


def test_an_optional_need_skips_the_test_even_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEED_ALL", "1")
    with pytest.raises(pytest.skip.Exception, match="lacks a second unicorn"):
        needs.missing("a second unicorn", optional=True)
