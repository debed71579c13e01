"""Programs in Node that speak JSON lines: started, listened to with bounded waits, and ended by their own process."""

import json
import os
import queue
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

FOLDER = Path(__file__).parents[1] / "interop" / "node"
WAIT_S = 30
STOP_S = 5

Event = dict[str, Any]


class NodeProgram:
    """A running program of ``tests/interop/node``."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: list[str] = []
        self._readers = [
            threading.Thread(target=self._read_lines, args=(process.stdout,), daemon=True),
            threading.Thread(target=self._read_errors, args=(process.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def next_event(self, name: str | None = None, *, wait_s: float = WAIT_S) -> Event:
        """Return the program's next line, which must be the event *name* where one is given.

        Raises:
            AssertionError: another event came, none came in time, or the program ended.
        """
        try:
            line = self._lines.get(timeout=wait_s)
        except queue.Empty:
            raise AssertionError(f"expected a line within {wait_s} s, got none; {self._said()}") from None
        if line is None:
            raise AssertionError(f"expected another line, got the end of the program; {self._said()}")
        event: Event = json.loads(line)
        if name is not None and event["event"] != name:
            raise AssertionError(f"expected the event {name}, got {line}")
        return event

    def finish(self, *, wait_s: float = WAIT_S) -> tuple[int, list[Event]]:
        """Wait for the program's end and return its exit code with the events not yet taken."""
        code = self._process.wait(wait_s)
        for reader in self._readers:
            reader.join(STOP_S)
        events = []
        while (line := self._lines.get(timeout=STOP_S)) is not None:
            events.append(json.loads(line))
        return code, events

    def succeed(self, *, wait_s: float = WAIT_S) -> list[Event]:
        """Wait for the program's end, which must be a good one, and return its events."""
        code, events = self.finish(wait_s=wait_s)
        if code != 0:
            raise AssertionError(f"expected exit code 0, got {code} after {events}; {self._said()}")
        return events

    def stop(self) -> None:
        """End the program: asked first, then made to."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_S)
        for reader in self._readers:
            reader.join(STOP_S)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()

    def _read_lines(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self, stream: IO[str]) -> None:
        self._errors.extend(stream)

    def _said(self) -> str:
        return "it wrote: " + "".join(self._errors)[-2000:]


def find_node() -> str | None:
    """Return the path of a node whose packages for these programs are installed, or nothing."""
    return shutil.which("node") if (FOLDER / "node_modules").is_dir() else None


@contextmanager
def running_program(node: str, name: str, *arguments: str, **options: object) -> Iterator[NodeProgram]:
    """Start ``name.mjs``; *options* become ``--name value`` (with ``_`` as ``-``), those that are None are left out."""
    given = ((f"--{key.replace('_', '-')}", str(value)) for key, value in options.items() if value is not None)
    command = [node, str(FOLDER / f"{name}.mjs"), *arguments, *(word for pair in given for word in pair)]
    environment = {"PATH": os.environ["PATH"]}  # no proxy, no preloaded module: these programs stay on loopback
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    program = NodeProgram(process)
    try:
        yield program
    finally:
        program.stop()
