"""Where the time goes: the functions in which a profiled run spent most, as a note of a row that misses its goal."""

import cProfile
import pstats
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

RUNS: Final = 500
MOST: Final = 12

_OURS: Final = "/billfold/"


def note_of(run: Callable[[], object]) -> str:
    """Profile *run* and return the note."""
    profile = cProfile.Profile(time.thread_time)  # waiting is no cost here
    with profile:
        for _ in range(RUNS):
            run()
    return note(pstats.Stats(profile))


def note(stats: pstats.Stats) -> str:
    """Return our own functions that took most time, what they call included, with their share of the whole."""
    entries: dict[tuple[str, int, str], Any] = stats.stats  # type: ignore[attr-defined]  # the documented way to read it
    total = sum(entry[2] for entry in entries.values()) or 1
    ours = [(where, entry[3]) for where, entry in entries.items() if _OURS in where[0] and not where[2].startswith("<")]
    top = sorted(ours, key=lambda item: -item[1])[:MOST]
    return "profile: " + ", ".join(f"{_name(*where)} {100 * spent / total:.0f} %" for where, spent in top)


def _name(file: str, _: int, function: str) -> str:
    path = Path(file)
    return f"`{path.parent.name}/{path.stem}.{function}`"
