"""The demo's data folder: its port, its API keys, and the lock that keeps a second instance out."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from billfold.errors import ConfigurationError

DEFAULT_PORT = 8600


class DemoState(msgspec.Struct, frozen=True):
    """What one start leaves for the next. The addresses are in every Cred, so port, scheme and *public* are for ever.

    The API keys are shown at each start, so they lie here and not only as hashes: a demo's keys open a demo.
    """

    port: int
    api_keys: dict[str, str] = {}
    tls: bool = False
    public: str | None = None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder for this process alone.

    Raises:
        ConfigurationError: it cannot be written, or another instance holds it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as exc:
        reason = "a file" if isinstance(exc, FileExistsError) else f"“{exc.strerror}”"
        raise ConfigurationError(
            f"expected a folder that can be written at {folder}, got {reason}: choose another with --data"
        ) from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        os.close(descriptor)
        raise ConfigurationError(
            f"expected the data folder {folder} to be free, got one that another Billfold is running on: end that one, "
            "or choose another folder with --data"
        ) from exc
    try:
        yield
    finally:
        os.close(descriptor)


def read_state(folder: Path, *, port: int | None, tls: bool, public: str | None = None) -> DemoState:
    """Return what an earlier start left, or a new state on *port*.

    Raises:
        ConfigurationError: the folder was made for another port or address, or its state is unreadable.
    """
    path = folder / "demo.json"
    if not path.exists():
        return DemoState(port or DEFAULT_PORT, tls=tls, public=public)
    try:
        state = msgspec.json.decode(path.read_bytes(), type=DemoState)
    except (OSError, msgspec.DecodeError) as exc:
        raise ConfigurationError(
            f"expected the state of an earlier demo in {path}, got something else: remove the folder to begin anew"
        ) from exc
    if tls and not state.tls:
        raise ConfigurationError(
            f"expected no --tls, the data folder {folder} was made without: choose another folder with --data"
        )
    if public not in (None, state.public):
        raise ConfigurationError(
            f"expected the address for which the data folder {folder} was made, {state.public or 'localhost'}: "
            "leave --public out, or choose another folder with --data"
        )
    if port not in (None, state.port):
        raise ConfigurationError(
            f"expected port {state.port}, for which the data folder {folder} was made: leave --port out, "
            "or choose another folder with --data"
        )
    return state


def write_state(folder: Path, state: DemoState) -> None:
    """Keep *state* for the next start, readable by its owner only."""
    fresh = folder / "demo.json.new"
    fresh.touch(mode=0o600)
    fresh.write_bytes(msgspec.json.encode(state))
    fresh.replace(folder / "demo.json")
