"""Rows of measurements, and the page that they make. The format of a row stands in README.md."""

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

PAGE: Final = Path(__file__).parents[1] / "docs" / "benchmarks.md"
KEPT: Final = Path(__file__).parent / "results.json"
_HEAD: Final = """# Benchmarks

{machine}.

CPU is what the processes used by their own counters. Each comparison was measured in the same run, unless it says
otherwise. How, and how to run it: `benchmarks/README.md`; make it new by `make bench`.
"""


class Row(msgspec.Struct, frozen=True):
    """One measured value beside its goal and what it is compared with; *figure* is None where none could be taken."""

    name: str
    goal: str
    figure: float | None
    unit: str
    comparison: str = ""
    ratio: float | None = None
    met: bool | None = None
    note: str = ""


class Results(msgspec.Struct, frozen=True):
    """Rows by benchmark, each measured on a day and a machine."""

    rows: dict[str, list[Row]] = {}
    measured: dict[str, str] = {}


def read() -> Results:
    """Return what earlier runs kept."""
    return msgspec.json.decode(KEPT.read_bytes(), type=Results) if KEPT.exists() else Results()


def write(results: Results, new: Mapping[str, Sequence[Row]]) -> None:
    """Keep *new* rows in place of those of the same benchmarks, and write the page."""
    stamp = f"{datetime.now(UTC):%Y-%m-%d}, {machine()}"
    rows = {**results.rows, **{name: list(found) for name, found in new.items()}}
    measured = {**results.measured, **dict.fromkeys(new, stamp)}
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(Results(rows, measured)), indent=1) + b"\n")
    PAGE.write_text("\n".join([_HEAD.format(machine=stamp), *(_section(n, rows[n], measured[n]) for n in rows)]))


def machine() -> str:
    """Name the machine: processor, cores, memory, system and Python."""
    cpu = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if "model name" in line), "unknown")
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def _section(name: str, rows: Sequence[Row], measured: str) -> str:
    head = [f"## {name}", "", f"Measured {measured}.", ""]
    table = [
        "| what | goal | figure | comparison | ratio | met | note |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *table, *map(_line, rows), ""])


def _line(row: Row) -> str:
    met = {True: "yes", False: "**no**", None: ""}[row.met]
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}×"
    cells = (row.name, row.goal, figure_of(row), row.comparison, ratio, met, row.note)
    return f"| {' | '.join(cells)} |"


def figure_of(row: Row) -> str:
    """Return the figure with its unit, in words where there is none."""
    if row.figure is None:
        return "not measured"
    return f"{row.figure:,.3g} {row.unit}" if row.figure < 1000 else f"{row.figure:,.0f} {row.unit}"
