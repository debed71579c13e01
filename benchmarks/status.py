"""A status list with 10 million entries: how long a change takes to be published, and how much memory beyond."""

import asyncio
import sqlite3
import tempfile
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.flows import PORTS
from benchmarks.rows import Row
from billfold.adapters.store import status_lists
from billfold.adapters.store.tables import credential_instances
from billfold.apps.compose import installation
from billfold.apps.demo.seed import seed
from billfold.apps.settings import Settings
from billfold.roles.issuer.issuer import load_issuer
from billfold.roles.issuer.status import StatusTokens
from tests.support.ports import free_block

ENTRIES: Final = 10_000_000
NOT_VALID: Final = 100_000
ROUNDS: Final = 3


def measure() -> Iterator[Row]:
    """Publish the list, one in a hundred of its entries not valid, after each of some changes."""
    seconds, extra = asyncio.run(_published())
    note = f"{NOT_VALID:,} entries not valid; read, packed, compressed and signed"
    yield Row("status list of 10 million entries: publish a change", "≤ 1 s", seconds, "s", met=seconds <= 1, note=note)
    mega = extra / 2**20
    yield Row("the same, extra memory at its peak", "≤ 64 MB", mega, "MB", met=mega <= 64, note="by tracemalloc")


async def _published() -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.on_loopback(free_block(PORTS), Path(folder))
        async with installation(settings, bring_up_to_date=True) as running:
            parts = running.parts
            await seed(parts)
            issuer = await load_issuer(parts, "northwind")
            assert issuer is not None
            list_id = parts.new_id()
            await status_lists.add(parts.store, issuer.id, status_list_id=list_id, size=ENTRIES, now=parts.now())
            _fill(Path(folder) / "billfold.db", list_id)
            began = time.process_time()
            for _ in range(ROUNDS):
                await StatusTokens(parts).current(issuer, list_id)
            seconds = (time.process_time() - began) / ROUNDS
            tracemalloc.start()
            await StatusTokens(parts).current(issuer, list_id)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            return seconds, peak


def _fill(database: Path, list_id: str) -> None:
    """Write the entries that are not valid, past the store's own statements: no Credential stands behind them."""
    table = credential_instances.name
    made = {"status_list_id": list_id, "status": 1}
    names = [column.name for column in credential_instances.columns]
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608  # names of our own columns
    with sqlite3.connect(database) as connection:
        connection.executemany(statement, (_entry(names, made, number) for number in range(NOT_VALID)))


def _entry(names: list[str], made: dict[str, object], number: int) -> dict[str, object]:
    """Return one row: every column that is not named by *made* is a text of its own."""
    index = number * (ENTRIES // NOT_VALID)
    return {name: made.get(name, index if name == "status_index" else f"{name}-{number}") for name in names}
