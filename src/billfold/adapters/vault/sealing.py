"""Sealing: the vault's envelope, encrypted under a key that is derived from the passphrase.

Source: RFC 9106 (Argon2id; 64 MiB and 3 passes are its second recommended option), NIST SP 800-38D (AES-256-GCM).
Shape: JSON with `billfold_vault`, the version of this envelope; `kdf`; `check`, by which a wrong passphrase is told
from a changed file; `iv`; and `sealed`. Everything but `sealed` is authenticated along with the contents.
"""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import constant_time
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from billfold.core.encoding import b64url_decode, b64url_encode, json_decode_object, json_encode
from billfold.errors import ConfigurationError

VERSION: Final = 1
SALT_BYTES: Final = 16
IV_BYTES: Final = 12
MAX_FILE_BYTES: Final = 512 * 1024 * 1024

_KEY_BYTES: Final = 32
_CHECK_BYTES: Final = 16
_CHANGED: Final = "expected a vault file as Billfold wrote it, got one that was changed or cut"


class Derivation(msgspec.Struct, frozen=True):
    """How the key comes out of the passphrase. The bounds keep a changed file from eating all memory."""

    salt: str
    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 4
    name: Literal["argon2id"] = "argon2id"

    def __post_init__(self) -> None:
        if not (8 * self.lanes <= self.memory_kib <= 1024 * 1024 and 1 <= self.passes <= 16 and 1 <= self.lanes <= 16):
            raise ValueError("parameters out of bounds")


class _Envelope(msgspec.Struct, frozen=True):
    billfold_vault: int
    kdf: Derivation
    check: str
    iv: str
    sealed: str = ""


@dataclass(frozen=True, slots=True)
class VaultKey:
    """The key of an open vault, and how it was derived; it shows nothing of itself when printed."""

    derivation: Derivation
    check: str
    cipher: AESGCM

    def __repr__(self) -> str:
        return "VaultKey()"


def new_key(passphrase: str, *, salt: bytes) -> VaultKey:
    """Return the key of a new vault.

    Args:
        salt: ``SALT_BYTES`` random bytes.
    """
    return _derive(passphrase, Derivation(b64url_encode(salt)))


def seal(contents: bytes, key: VaultKey, *, iv: bytes) -> bytes:
    """Return the file that holds *contents*.

    Args:
        iv: ``IV_BYTES`` fresh random bytes.
    """
    envelope = _Envelope(VERSION, key.derivation, key.check, b64url_encode(iv))
    sealed = key.cipher.encrypt(iv, contents, json_encode(envelope))
    return json_encode(msgspec.structs.replace(envelope, sealed=b64url_encode(sealed)))


def unseal(file: bytes, passphrase: str) -> tuple[bytes, VaultKey]:
    """Open what `seal` made and return the contents with their key.

    Raises:
        ConfigurationError: a wrong passphrase, a changed file, or an envelope of a newer version.
    """
    try:
        document = json_decode_object(file, max_bytes=MAX_FILE_BYTES)
        version = document.get("billfold_vault")
        if type(version) is int and version > VERSION:
            raise ConfigurationError("expected a vault that this release can read: update Billfold to open this one")
        envelope = msgspec.convert(document, _Envelope)
        iv, sealed = b64url_decode(envelope.iv), b64url_decode(envelope.sealed)
        key = _derive(passphrase, envelope.kdf)
    except (ValueError, msgspec.ValidationError) as exc:  # an EncodingError is a ValueError, a salt too short another
        raise ConfigurationError(_CHANGED) from exc
    if not constant_time.bytes_eq(key.check.encode(), envelope.check.encode()):
        raise ConfigurationError("expected the vault's passphrase, got another one", code="wrong_passphrase")
    try:
        context = json_encode(msgspec.structs.replace(envelope, sealed=""))
        return key.cipher.decrypt(iv, sealed, context), key
    except (InvalidTag, ValueError) as exc:
        raise ConfigurationError(_CHANGED) from exc


def _derive(passphrase: str, derivation: Derivation) -> VaultKey:
    argon2 = Argon2id(
        salt=b64url_decode(derivation.salt),
        length=_KEY_BYTES + _CHECK_BYTES,
        iterations=derivation.passes,
        lanes=derivation.lanes,
        memory_cost=derivation.memory_kib,
    )
    derived = argon2.derive(passphrase.encode("utf-8"))
    return VaultKey(derivation, b64url_encode(derived[_KEY_BYTES:]), AESGCM(derived[:_KEY_BYTES]))
