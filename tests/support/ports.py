"""Loopback ports for servers that tests start."""

import contextlib
import random
import socket

TRIES = 100
LOWEST, HIGHEST = 20_000, 32_000  # below where systems take the ports of outgoing connections from


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_block(size: int) -> int:
    """Return the first of *size* ports in a row that nobody listens on now."""
    for _ in range(TRIES):
        first = random.randrange(LOWEST, HIGHEST)  # noqa: S311  # any will do
        if all(_is_free(port) for port in range(first, first + size)):
            return first
    raise AssertionError(f"expected {size} free ports in a row within {TRIES} tries, got none")


def _is_free(port: int) -> bool:
    with socket.socket() as probe, contextlib.suppress(OSError):
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False
