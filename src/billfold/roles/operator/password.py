"""Passwords of staff: argon2id, with its parameters beside each hash so that they can be raised later.

Source: RFC 9106. 46 MiB in one pass is among the settings that OWASP's Password Storage Cheat Sheet holds equal.
"""

import asyncio

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from billfold.errors import StateError

SALT_BYTES = 16
SHORTEST, LONGEST = 12, 1024
_MEMORY_KIB, _PASSES, _LANES, _LENGTH = 47_104, 1, 1, 32


class BadPassword(StateError):
    """A password cannot be taken, or is not the right one."""

    code = "bad_password"


async def hash_password(password: str, *, salt: bytes) -> str:
    """Return the hash of a new password, with everything that is needed to verify it.

    Raises:
        BadPassword: shorter than ``SHORTEST`` characters, or longer than ``LONGEST``.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise BadPassword(f"expected a password of {SHORTEST} to {LONGEST} characters")
    return await asyncio.to_thread(_hash, password, salt)


async def verify_password(password: str, password_hash: str) -> None:
    """Check a password against its hash, in a thread: it takes long on purpose.

    Raises:
        BadPassword: it is another one.
    """
    try:
        await asyncio.to_thread(Argon2id.verify_phc_encoded, password[:LONGEST].encode(), password_hash)
    except InvalidKey as exc:
        raise BadPassword("expected the right password") from exc


def _hash(password: str, salt: bytes) -> str:
    derivation = Argon2id(salt=salt, length=_LENGTH, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return derivation.derive_phc_encoded(password.encode())
