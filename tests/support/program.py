"""Programs that tests start: listened to with bounded waits, and ended by their own process."""

import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

WAIT_S = 30
STOP_S = 10


class Program:
    """A running program: its lines of standard output one by one, its standard error as a whole."""

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

    @property
    def errors(self) -> str:
        """What it wrote to standard error so far."""
        return "".join(self._errors)

    def next_line(self, *, wait_s: float = WAIT_S) -> str:
        """Return the program's next line.

        Raises:
            AssertionError: none came in time, or the program ended.
        """
        try:
            line = self._lines.get(timeout=wait_s)
        except queue.Empty:
            raise AssertionError(f"expected a line within {wait_s} s, got none; {self.said()}") from None
        if line is None:
            raise AssertionError(f"expected another line, got the end of the program; {self.said()}")
        return line

    def end(self, *, wait_s: float = WAIT_S) -> tuple[int, list[str]]:
        """Wait for the program's end and return its exit status with the lines not yet taken."""
        code = self._process.wait(wait_s)
        for reader in self._readers:
            reader.join(STOP_S)
        return code, list(self._rest())

    def send(self, number: signal.Signals) -> None:
        """Send the program a signal."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """End the program: asked first, then made to."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(STOP_S)
        for reader, stream in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join(STOP_S)
            # A child that outlives the program keeps the stream open, and closing it would wait for the reader.
            if stream is not None and not reader.is_alive():
                stream.close()

    def said(self) -> str:
        """Return the end of standard error, for a failed test's message."""
        return f"it wrote: {self.errors[-2000:]}"

    def _rest(self) -> Iterator[str]:
        while (line := self._lines.get(timeout=STOP_S)) is not None:
            yield line

    def _read_lines(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line)
        self._lines.put(None)

    def _read_errors(self, stream: IO[str]) -> None:
        self._errors.extend(stream)


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Iterator[Program]:
    """Start *command* with PATH and *environment* alone, no proxy among it; the end of the block stops it."""
    process = subprocess.Popen(
        command,
        env={"PATH": os.environ["PATH"], **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    program = Program(process)
    try:
        yield program
    finally:
        program.stop()
