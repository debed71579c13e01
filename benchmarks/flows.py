"""Whole issuance and presentation over HTTP: CPU of server and database for each flow, and the server's memory."""

import asyncio
import contextlib
import json
import os
import pstats
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import asyncpg

from benchmarks.processes import cpu_s, family, memory_bytes, parent
from benchmarks.profiling import note
from benchmarks.rows import Row
from tests.roles.test_statement_budget import ISSUANCE, PRESENTATION
from tests.support import postgresql
from tests.support.ports import free_block

FLOWS: Final = int(os.environ.get("BENCHMARK_FLOWS", "1000"))
AT_ONCE: Final = 8
PROFILED: Final = 200
PORTS: Final = 4

Kind = Literal["issue", "present"]
STATEMENTS: Final = {"issue": ISSUANCE, "present": PRESENTATION}
# Server and database CPU of the closest open product, measured earlier on another machine: docs name it as such.
CLOSEST: Final = {"issue": (59.0, 24.0), "present": (39.0, 13.0)}
NAMES: Final = {"issue": "whole issuance", "present": "whole presentation"}
# What pg_stat_statements and perf said on 2026-11-24 (an issuance without the row of its used proof); the benchmark's
# own cluster runs without them.
DATABASE_PROFILE: Final = {
    "issue": "profile: executing and planning 0.5 ms; kernel 42 % (12 round trips, 4 commits with their sync)",
    "present": "profile: executing and planning 0.27 ms; the rest is 6 round trips and 3 commits with their sync",
}
GOALS: Final[dict[str, tuple[float, float]]] = {"issue": (3.0, 1.2), "present": (2.0, 0.7)}


@dataclass(frozen=True, slots=True)
class Node:
    """A serving process, and what it said when it was ready."""

    process: "subprocess.Popen[str]"
    port: int
    said: str


@dataclass(frozen=True, slots=True)
class Used:
    """What some flows cost, each: CPU milliseconds of the servers and of the database."""

    server_ms: float
    database_ms: float
    per_second: float


def measure() -> Iterator[Row]:
    """Measure on SQLite, then on PostgreSQL where there is one."""
    for engine, url in databases():
        with tempfile.TemporaryDirectory() as folder:
            yield from _on(engine, url or f"sqlite:///{folder}/billfold.db", Path(folder))


def databases() -> Iterator[tuple[str, str | None]]:
    """Give each engine with an empty database's address."""
    yield "sqlite", None
    binaries = postgresql.find_binaries()
    if binaries is not None:
        with postgresql.running_cluster(binaries) as cluster, cluster.database() as url:
            yield "postgresql", url


@contextlib.contextmanager
def node(folder: Path, url: str, public: int, port: int, people: int, *more: str) -> Iterator[Node]:
    """Run a serving process."""
    command = [sys.executable, "-m", "benchmarks.node", str(folder), url, str(public), str(port), str(people), *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Node(process, port, process.stdout.readline())
        finally:
            process.send_signal(signal.SIGTERM)


def load(kind: Kind, public: int, nodes: Sequence[Node], said: str, flows: int, *, database: int | None = None) -> Used:
    """Let another process make load, and return what it cost; *database* is its first process, where it has any."""
    ports = ",".join(str(each.port) for each in nodes)
    command = [sys.executable, "-m", "benchmarks.load", kind, str(public), ports, str(flows), str(AT_ONCE)]
    servers = [each.process.pid for each in nodes]
    before = cpu_s(servers), _cpu_s(database)
    done: dict[str, Any] = json.loads(
        subprocess.run(command, input=said, stdout=subprocess.PIPE, text=True, check=True).stdout
    )
    server_s, database_s = cpu_s(servers) - before[0], _cpu_s(database) - before[1]
    return Used(server_s * 1000 / flows, database_s * 1000 / flows, flows / done["seconds"])


def database_of(url: str) -> int | None:
    """Return the first process of the database at *url*, which the others are children of; None for SQLite."""
    return asyncio.run(_postmaster(url)) if url.startswith("postgresql") else None


async def _postmaster(url: str) -> int:
    connection = await asyncpg.connect(url)
    found = parent(await connection.fetchval("SELECT pg_backend_pid()"))
    await connection.close()
    return found


def _cpu_s(database: int | None) -> float:
    return 0.0 if database is None else cpu_s(family(database))


def _on(engine: str, url: str, folder: Path) -> Iterator[Row]:
    public = free_block(PORTS)
    people, database = 2 * FLOWS + 4 * AT_ONCE, database_of(url)
    with node(folder, url, public, public, people) as running:
        said = json.loads(running.said)
        for kind in ("issue", "present"):  # what is compiled and cached once is not a flow's
            _take(said, running, public, kind, FLOWS // 10, database=database)
        if engine == "postgresql":
            asyncio.run(_analyze(url))
        found = {kind: _take(said, running, public, kind, FLOWS, database=database) for kind in ("issue", "present")}
        rss, pss = memory_bytes(running.process.pid)
    for kind, used in found.items():
        yield from _rows(engine, kind, used, lambda kind=kind: _profile(kind, url, folder, public))  # type: ignore[misc]
    yield Row(
        f"memory of the serving process after it, {engine}",
        "≤ 200 MB",
        rss / 2**20,
        "MB",
        "closest open product, 590 MB (measured earlier)",
        rss / 2**20 / 590,
        rss <= 200 * 2**20,
        f"{pss / 2**20:.0f} MB of it proportional (PSS)",
    )


async def _analyze(url: str) -> None:
    """Tell PostgreSQL how full the tables are, as its own housekeeping does once it has run for a minute."""
    connection = await asyncpg.connect(url)
    await connection.execute("ANALYZE")
    await connection.close()


def _take(said: dict[str, Any], running: Node, public: int, kind: Kind, flows: int, *, database: int | None) -> Used:
    """Run flows with people that nobody had before."""
    needed = flows if kind == "issue" else AT_ONCE
    mine, said["people"] = said["people"][:needed], said["people"][needed:]
    return load(kind, public, [running], json.dumps({**said, "people": mine}), flows, database=database)


def _rows(engine: str, kind: str, used: Used, profile: Any) -> Iterator[Row]:  # noqa: ANN401  # a function
    goal, theirs = GOALS[kind], CLOSEST[kind]
    statements = sum(count for count, _ in STATEMENTS[kind][engine].values())
    commits = sum(count for _, count in STATEMENTS[kind][engine].values())
    cost = f"{used.per_second:.0f} flows/s with {AT_ONCE} at once; {statements} statements, {commits} commits"
    most = sum(goal) if engine == "sqlite" else goal[0]
    met = used.server_ms <= most
    yield Row(
        f"{NAMES[kind]}, server CPU, {engine}",
        f"≤ {most:.1f} ms" + (" (server and database in one)" if engine == "sqlite" else ""),
        used.server_ms,
        "ms a flow",
        f"closest open product, {theirs[0]:.0f} ms (measured earlier)",
        theirs[0] / used.server_ms,
        met,
        cost if met else f"{cost}; {profile()}",
    )
    if engine == "postgresql":
        yield Row(
            f"{NAMES[kind]}, database CPU",
            f"≤ {goal[1]:.1f} ms",
            used.database_ms,
            "ms a flow",
            f"closest open product, {theirs[1]:.0f} ms (measured earlier)",
            theirs[1] / max(used.database_ms, 0.01),
            used.database_ms <= goal[1],
            "" if used.database_ms <= goal[1] else DATABASE_PROFILE[kind],
        )


def _profile(kind: Kind, url: str, folder: Path, public: int) -> str:
    """Run some flows against a profiled node, and say where the time went."""
    stats = folder / "profile"
    with node(folder, url, public, public, PROFILED + AT_ONCE, str(stats)) as running:
        load(kind, public, [running], running.said, PROFILED)
    return note(pstats.Stats(str(stats)))
