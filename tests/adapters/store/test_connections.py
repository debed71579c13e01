"""Connections: one that is sound serves again, one that is in doubt does not."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from billfold.adapters.store.connections import POOL_SIZE, Connections

_WHO = "SELECT pg_backend_pid()"


@pytest.fixture
async def connections(postgresql_url: str) -> AsyncIterator[Connections]:
    opened = await Connections.open(postgresql_url)
    yield opened
    await opened.close()


async def who(connections: Connections) -> int:
    ((pid,),) = await connections.fetch(_WHO)
    return int(pid)


async def test_a_connection_serves_again(connections: Connections) -> None:
    first = await who(connections)

    assert [await who(connections) for _ in range(3)] == [first] * 3


async def test_a_refused_statement_does_not_end_its_connection(connections: Connections) -> None:
    first = await who(connections)

    with pytest.raises(asyncpg.DivisionByZeroError):
        await connections.fetch("SELECT 1 / 0")

    assert await who(connections) == first


async def test_a_refused_transaction_leaves_nothing_behind(connections: Connections) -> None:
    await connections.fetch("CREATE TABLE kept (number int)")

    async def insert() -> None:
        async with connections.acquire() as connection, connection.transaction():
            await connection.fetch("INSERT INTO kept VALUES (1)")
            await connection.fetch("SELECT 1 / 0")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await insert()

    assert await connections.fetch("SELECT * FROM kept") == []


async def test_a_transaction_that_breaks_off_leaves_nothing_behind(connections: Connections) -> None:
    await connections.fetch("CREATE TABLE kept (number int)")

    async def insert() -> None:
        async with connections.acquire() as connection:
            await connection.fetch("BEGIN")
            await connection.fetch("INSERT INTO kept VALUES (1)")
            raise KeyError("broken off")

    with pytest.raises(KeyError, match="broken off"):
        await insert()

    assert await connections.fetch("SELECT * FROM kept") == []


async def test_a_cancelled_statement_disturbs_no_other(connections: Connections) -> None:
    began = asyncio.Event()

    async def wait() -> None:
        async with connections.acquire() as connection:
            began.set()
            await connection.fetch("SELECT pg_sleep(60)")

    waiting = asyncio.create_task(wait())
    await began.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert await connections.fetch("SELECT 1") == [(1,)]


async def test_a_connection_that_the_server_closed_is_replaced(connections: Connections, postgresql_url: str) -> None:
    closed = asyncio.Event()
    async with connections.acquire() as connection:
        gone = connection.get_server_pid()
        connection.add_termination_listener(lambda _: closed.set())
    other = await asyncpg.connect(postgresql_url)
    await other.fetch("SELECT pg_terminate_backend($1)", gone)
    await other.close()
    await closed.wait()

    assert await who(connections) != gone


async def test_no_more_are_lent_than_there_may_be(connections: Connections) -> None:
    lent = [connections.acquire() for _ in range(POOL_SIZE)]
    for each in lent:
        await each.__aenter__()
    asking = asyncio.create_task(who(connections))
    await asyncio.sleep(0.05)
    assert not asking.done()

    for each in lent:
        await each.__aexit__(None, None, None)

    assert await asking
