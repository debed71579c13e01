"""What processes have used, by the counters that Linux keeps for them (`proc(5)`)."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds, user and system, that processes used so far, children that they waited for included."""
    return sum(sum(map(int, _stat(pid)[11:15])) for pid in pids) / _TICKS


def memory_bytes(pid: int) -> tuple[int, int]:
    """Return resident and proportional set size of a process."""
    found = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(found[name].split()[0]) * 1024 for name in ("Rss", "Pss"))  # type: ignore[return-value]


def family(word: str) -> list[int]:
    """Return the process whose command line holds *word* as an argument, and its children."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    heads = [pid for pid in pids if word in _arguments(pid)]
    return heads + [pid for pid in pids if _parent(pid) in heads]


def _arguments(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:  # it ended meanwhile
        return []


def _parent(pid: int) -> int | None:
    try:
        return int(_stat(pid)[1])
    except OSError:
        return None


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
