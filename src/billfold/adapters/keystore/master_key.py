"""The master key: it lies outside the database, and everything secret inside hangs on it.

Sealing is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the context is authenticated, so a sealed
value moved to another row does not open. Derivation is HKDF-SHA-256 (RFC 5869).
"""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from billfold.core.keys import PrivateKey
from billfold.errors import ConfigurationError

KEY_BYTES = 32
_NONCE_BYTES = 12
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class MasterKey:
    """Seals values for the store and derives the keys of codes and nonces."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ConfigurationError(f"expected a master key of {KEY_BYTES} bytes, got {len(key)}")
        self._key = key
        self._sealing = AESGCM(self.derive("sealing"))
        self._codes = self.derive("codes")

    def derive(self, purpose: str) -> bytes:
        """Return the 32-byte key for *purpose*."""
        return HKDF(hashes.SHA256(), KEY_BYTES, salt=None, info=b"billfold " + purpose.encode()).derive(self._key)

    def code(self, purpose: str, row_id: str) -> bytes:
        """Return the 32 bytes from which the code of *purpose* for a row is made, the same every time."""
        return hmac.digest(self._codes, f"{purpose}\0{row_id}".encode(), hashlib.sha256)

    def signing_key(self, purpose: str) -> PrivateKey:
        """Return the P-256 key for *purpose*, the same every time (NIST SP 800-56A 5.6.1.2.1: extra random bits)."""
        material = HKDF(hashes.SHA256(), 48, salt=None, info=b"billfold signing " + purpose.encode()).derive(self._key)
        scalar = int.from_bytes(material, "big") % (_P256_ORDER - 1) + 1
        return PrivateKey.from_crypto(ec.derive_private_key(scalar, ec.SECP256R1()))

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt *plaintext* for the place that *context* names."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._sealing.encrypt(nonce, plaintext, context.encode())

    def unseal(self, sealed: bytes, context: str) -> bytes:
        """Decrypt what `seal` made for the same *context*.

        Raises:
            ConfigurationError: another master key sealed it, or it was changed or moved.
        """
        try:
            return self._sealing.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], context.encode())
        except InvalidTag as exc:
            raise ConfigurationError("expected a value sealed under this master key") from exc


def load_or_create(path: Path) -> MasterKey:
    """Read the master key file, or make it, readable by its owner only.

    Raises:
        ConfigurationError: the file is unreadable or not a master key.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return MasterKey(_read(path))
    except OSError as exc:
        raise ConfigurationError(f"expected to write the master key to {path}, got {exc.strerror}") from exc
    key = secrets.token_bytes(KEY_BYTES)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return MasterKey(key)


def _read(path: Path) -> bytes:
    try:
        return bytes.fromhex(path.read_text("ascii").strip())
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"expected a readable master key in hex at {path}") from exc
