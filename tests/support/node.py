"""Programs in Node that speak JSON lines."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import program

FOLDER = Path(__file__).parents[1] / "interop" / "node"

Event = dict[str, Any]


class NodeProgram:
    """A running program of ``tests/interop/node``."""

    def __init__(self, running: program.Program) -> None:
        self._running = running

    def next_event(self, name: str | None = None, *, wait_s: float = program.WAIT_S) -> Event:
        """Return the program's next line, which must be the event *name* where one is given.

        Raises:
            AssertionError: another event came, none came in time, or the program ended.
        """
        line = self._running.next_line(wait_s=wait_s)
        event: Event = json.loads(line)
        if name is not None and event["event"] != name:
            raise AssertionError(f"expected the event {name}, got {line}")
        return event

    def finish(self, *, wait_s: float = program.WAIT_S) -> tuple[int, list[Event]]:
        """Wait for the program's end and return its exit code with the events not yet taken."""
        code, lines = self._running.end(wait_s=wait_s)
        return code, [json.loads(line) for line in lines]

    def succeed(self, *, wait_s: float = program.WAIT_S) -> list[Event]:
        """Wait for the program's end, which must be a good one, and return its events."""
        code, events = self.finish(wait_s=wait_s)
        if code != 0:
            raise AssertionError(f"expected exit code 0, got {code} after {events}; {self._running.said()}")
        return events


def find_node() -> str | None:
    """Return the path of a node whose packages for these programs are installed, or nothing."""
    return shutil.which("node") if (FOLDER / "node_modules").is_dir() else None


@contextmanager
def running_program(node: str, name: str, *arguments: str, **options: object) -> Iterator[NodeProgram]:
    """Start ``name.mjs``; *options* become ``--name value`` (with ``_`` as ``-``), those that are None are left out."""
    given = ((f"--{key.replace('_', '-')}", str(value)) for key, value in options.items() if value is not None)
    command = [node, str(FOLDER / f"{name}.mjs"), *arguments, *(word for pair in given for word in pair)]
    with program.running(command) as running:
        yield NodeProgram(running)
