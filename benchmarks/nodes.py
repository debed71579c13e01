"""A second serving process on the same PostgreSQL, beside one alone: whole issuances and presentations a second."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.flows import AT_ONCE, FLOWS, NAMES, PORTS, Kind, databases, load, node
from benchmarks.rows import Row
from tests.support.ports import free_block

CORES: Final = os.cpu_count() or 1
_ENOUGH: Final = 6  # two nodes, their database's processes, and the generator


def measure() -> Iterator[Row]:
    """Measure one node, then two, on one database, where there are cores for that."""
    if CORES < _ENOUGH:
        why = f"{CORES} cores cannot tell: two nodes, their database and the generator need {_ENOUGH} at once"
        yield Row("second node on the same PostgreSQL", "≥ 1.8×", None, "flows/s", note=why)
        return
    for engine, url in databases():
        if engine == "postgresql" and url is not None:
            yield from _on(url)


def _on(url: str) -> Iterator[Row]:
    public = free_block(PORTS)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        first = stack.enter_context(node(Path(folder), url, public, public, 4 * FLOWS + 4 * AT_ONCE))
        second = stack.enter_context(node(Path(folder), url, public, free_block(PORTS), 0))
        said = json.loads(first.said)
        for kind in ("issue", "present"):
            alone, both = (_per_second(kind, public, nodes, said) for nodes in ([first], [first, second]))
            ratio = both / alone
            name = f"{NAMES[kind]}, two nodes on one PostgreSQL"
            yield Row(name, "≥ 1.8×", both, "flows/s", f"one node, {alone:.0f} flows/s", ratio, ratio >= 1.8)


def _per_second(kind: Kind, public: int, nodes: list, said: dict) -> float:  # type: ignore[type-arg]  # JSON
    needed = FLOWS if kind == "issue" else AT_ONCE
    mine, said["people"] = said["people"][:needed], said["people"][needed:]
    return load(kind, public, nodes, json.dumps({**said, "people": mine}), FLOWS).per_second
