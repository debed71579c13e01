"""The vault as roles use it: contents that are read at any time, and changed as a whole."""

import os
from collections.abc import Callable
from pathlib import Path

from billfold.adapters.vault import records, sealing
from billfold.adapters.vault.file import VaultFile
from billfold.adapters.vault.records import Contents
from billfold.adapters.vault.sealing import VaultKey
from billfold.errors import ConfigurationError, StateError

MIN_PASSPHRASE_CHARACTERS = 8


class Vault:
    """An open vault: sealed in a file, or in memory only. Close it to let others open the file."""

    def __init__(self, contents: Contents, file: VaultFile | None, key: VaultKey | None) -> None:
        self._contents, self._file, self._key = contents, file, key
        self._closed = False

    @classmethod
    def in_memory(cls) -> "Vault":
        """Return a vault that is gone with its process."""
        return cls(Contents(), None, None)

    @classmethod
    def create(cls, path: Path, passphrase: str) -> "Vault":
        """Make an empty vault at *path*.

        Raises:
            ConfigurationError: there is one already, the passphrase is too short, or the file cannot be written.
        """
        if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
            raise ConfigurationError(f"expected a passphrase of at least {MIN_PASSPHRASE_CHARACTERS} characters")
        file = VaultFile(path)
        try:
            file.require_absent()
            vault = cls(Contents(), file, sealing.new_key(passphrase, salt=os.urandom(sealing.SALT_BYTES)))
            vault.change(lambda contents: contents)
        except BaseException:
            file.close()
            raise
        return vault

    @classmethod
    def open(cls, path: Path, passphrase: str) -> "Vault":
        """Open the vault at *path*.

        Raises:
            ConfigurationError: there is none, it is in use, the passphrase is wrong, the file was changed, or a
                newer release wrote it.
        """
        file = VaultFile(path)
        try:
            contents, key = sealing.unseal(file.read(), passphrase)
            return cls(records.decode(contents), file, key)
        except BaseException:
            file.close()
            raise

    @property
    def is_sealed(self) -> bool:
        """Whether it lies in a file under a passphrase, and not in memory only."""
        return self._key is not None

    @property
    def contents(self) -> Contents:
        """What the vault holds now."""
        return self._contents

    def change(self, change: Callable[[Contents], Contents]) -> None:
        """Replace the contents by what *change* makes of them; they count once they lie on the disk.

        Raises:
            ConfigurationError: the file cannot be written; then nothing has changed.
            StateError: the vault is closed.
        """
        if self._closed:
            raise StateError("expected a vault that is open")
        changed = change(self._contents)
        if self._file is not None and self._key is not None:
            iv = os.urandom(sealing.IV_BYTES)
            self._file.write(sealing.seal(records.encode(changed), self._key, iv=iv))
        self._contents = changed

    def close(self) -> None:
        """Let the file go; asked twice, it stays closed."""
        if self._file is not None:
            self._file.close()
        self._file, self._key, self._closed = None, None, True
