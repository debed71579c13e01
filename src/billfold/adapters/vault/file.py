"""The vault's file: locked while it is open, replaced whole, readable by its owner only."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from billfold.errors import ConfigurationError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_OWNER_ONLY = 0o600


class VaultFile:
    """A file under a lock of its own, so that no two processes overwrite each other's changes."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside *path*, and make its folder where there is none.

        Raises:
            ConfigurationError: another process has the vault open, or the folder cannot be written.
        """
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock = os.open(_lock_path(path), os.O_RDWR | os.O_CREAT, _OWNER_ONLY)
        except OSError as exc:
            raise ConfigurationError(f"expected to write to {path.parent}, got {exc.strerror}") from exc
        try:
            _take(self._lock)
        except OSError as exc:
            os.close(self._lock)
            raise ConfigurationError(
                f"expected to be the only one who has {path} open, got another process", code="vault_in_use"
            ) from exc

    def require_absent(self) -> None:
        """Check that no vault lies here yet.

        Raises:
            ConfigurationError: there is one.
        """
        if self.path.exists():
            raise ConfigurationError(f"expected no vault at {self.path} yet, got one", code="vault_exists")

    def read(self) -> bytes:
        """Return the file's bytes.

        Raises:
            ConfigurationError: there is none, or it cannot be read.
        """
        try:
            return self.path.read_bytes()
        except FileNotFoundError as exc:
            raise ConfigurationError(f"expected a vault at {self.path}, got nothing there", code="no_vault") from exc
        except OSError as exc:
            raise ConfigurationError(f"expected to read {self.path}, got {exc.strerror}") from exc

    def write(self, data: bytes) -> None:
        """Replace the file: after a crash it holds either the old bytes or the new ones.

        Raises:
            ConfigurationError: it cannot be written.
        """
        try:
            self._replace(data)
        except OSError as exc:
            raise ConfigurationError(f"expected to write {self.path}, got {exc.strerror}") from exc

    def close(self) -> None:
        """Let the lock go."""
        os.close(self._lock)

    def _replace(self, data: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}.")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self.path)
        except OSError:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
        _sync_folder(self.path.parent)


def _lock_path(path: Path) -> Path:
    """Return the lock's own file: the vault's is replaced at every change, and a lock goes with the file."""
    return path.with_name(f"{path.name}.lock")


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sync_folder(folder: Path) -> None:
    """Make the renaming last; Windows has no such thing for folders."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
