"""What processes have used, by the counters that Linux keeps for them (`proc(5)`)."""

import os
from collections.abc import Iterable
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """Return the CPU seconds, user and system, that processes used so far, children that they waited for included."""
    return sum(map(_ticks, pids)) / _TICKS


def memory_bytes(pid: int) -> tuple[int, int]:
    """Return resident and proportional set size of a process."""
    found = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    return tuple(int(found[name].split()[0]) * 1024 for name in ("Rss", "Pss"))  # type: ignore[return-value]


def family(pid: int) -> list[int]:
    """Return a process and its children."""
    return [
        pid,
        *(int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal() and _is_child(path, pid)),
    ]


def parent(pid: int) -> int:
    """Return the process that made this one."""
    return int(_stat(pid)[1])


def _is_child(path: Path, pid: int) -> bool:
    try:
        return parent(int(path.name)) == pid
    except OSError:  # it ended meanwhile
        return False


def _ticks(pid: int) -> int:
    try:
        return sum(map(int, _stat(pid)[11:15]))
    except OSError:  # it ended meanwhile: its parent has its ticks
        return 0


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
