"""A push message: one encrypted record that only the subscription's holder can open.

Source: RFC 8291 sections 3 and 4 (keys and content), RFC 8188 section 2 (aes128gcm), RFC 8030 section 7.2 (size).
Messages are padded to one size, so that their length tells nothing.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from billfold.core.encoding import b64url_decode
from billfold.core.keys import ES256, PrivateKey, PublicKey
from billfold.errors import EncodingError, KeyMaterialError, PushError

CONTENT_ENCODING: Final = "aes128gcm"
SALT_BYTES: Final = 16
AUTH_BYTES: Final = 16
POINT_BYTES: Final = 65
# Push services take 4,096 bytes at least; a relay wraps this message once more and must stay below that.
MAX_BODY_BYTES: Final = 3800
RECORD_SIZE: Final = 4096

_TAG_BYTES: Final = 16
_HEADER_BYTES: Final = SALT_BYTES + 4 + 1 + POINT_BYTES
_LAST_RECORD: Final = b"\x02"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a message is for: the subscription's key and its shared secret."""

    public_key: PublicKey
    auth: bytes

    @classmethod
    def parse(cls, p256dh: str, auth: str) -> "Recipient":
        """Read the keys of a subscription (RFC 8291 3.1, 3.2).

        Raises:
            PushError: not an uncompressed P-256 point, or not 16 bytes.
        """
        try:
            point, secret = b64url_decode(p256dh), b64url_decode(auth)
            key = public_key_from_point(point)
        except (EncodingError, KeyMaterialError) as exc:
            raise PushError("expected p256dh as an uncompressed P-256 point and auth in base64url") from exc
        if len(secret) != AUTH_BYTES:
            raise PushError(f"expected auth of {AUTH_BYTES} bytes, got {len(secret)}")
        return cls(key, secret)


def public_key_from_point(point: bytes) -> PublicKey:
    """Read an uncompressed P-256 point.

    Raises:
        KeyMaterialError: it is something else.
    """
    if len(point) != POINT_BYTES or point[0] != 4:
        raise KeyMaterialError("expected an uncompressed P-256 point of 65 bytes")
    try:
        return PublicKey.from_crypto(ec.EllipticCurvePublicKey.from_encoded_point(ES256.curve, point))
    except ValueError as exc:
        raise KeyMaterialError("expected a point on P-256") from exc


def point_of(key: PublicKey) -> bytes:
    """Return *key* as an uncompressed point."""
    return key.key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def encrypt(
    plaintext: bytes, recipient: Recipient, *, ephemeral: PrivateKey, salt: bytes, size_bytes: int | None = None
) -> bytes:
    """Return the body of a push request: one record for *recipient*.

    Args:
        ephemeral: a fresh P-256 key, used once.
        salt: 16 fresh random bytes.
        size_bytes: pad the body to this size; as short as possible by default.

    Raises:
        PushError: *plaintext* does not fit into *size_bytes* or one record.
    """
    room = (size_bytes or RECORD_SIZE) - _HEADER_BYTES - _TAG_BYTES - len(_LAST_RECORD)
    if len(plaintext) > room:
        raise PushError(f"expected a message of at most {room} bytes, got {len(plaintext)}")
    padding = bytes(room - len(plaintext)) if size_bytes else b""
    sender = point_of(ephemeral.public())
    key, nonce = _content_keys(ephemeral, recipient.public_key, point_of(recipient.public_key), sender, recipient, salt)
    sealed = AESGCM(key).encrypt(nonce, plaintext + _LAST_RECORD + padding, None)
    return salt + RECORD_SIZE.to_bytes(4, "big") + bytes([len(sender)]) + sender + sealed


def decrypt(body: bytes, private_key: PrivateKey, auth: bytes) -> bytes:
    """Open what `encrypt` made.

    Raises:
        PushError: another form, another key, or a changed byte.
    """
    if len(body) < _HEADER_BYTES + _TAG_BYTES + 1 or body[SALT_BYTES + 4] != POINT_BYTES:
        raise PushError("expected one aes128gcm record")
    salt, sender = body[:SALT_BYTES], body[_HEADER_BYTES - POINT_BYTES : _HEADER_BYTES]
    try:
        sender_key = public_key_from_point(sender)
    except KeyMaterialError as exc:
        raise PushError("expected the sender's key as a P-256 point") from exc
    recipient = Recipient(private_key.public(), auth)
    key, nonce = _content_keys(private_key, sender_key, point_of(private_key.public()), sender, recipient, salt)
    try:
        padded = AESGCM(key).decrypt(nonce, body[_HEADER_BYTES:], None).rstrip(b"\0")
    except InvalidTag as exc:
        raise PushError("expected a message for this subscription") from exc
    if padded[-1:] != _LAST_RECORD:
        raise PushError("expected one last record")
    return padded[:-1]


def _content_keys(  # noqa: PLR0917  # the inputs of RFC 8291 3.4, in its order
    own: PrivateKey, other: PublicKey, receiver_point: bytes, sender_point: bytes, recipient: Recipient, salt: bytes
) -> tuple[bytes, bytes]:
    """Return content encryption key and nonce (RFC 8291 3.3 and 3.4, RFC 8188 2.2 and 2.3)."""
    shared = own.key.exchange(ec.ECDH(), other.key)
    prk_key = hmac.digest(recipient.auth, shared, "sha256")
    ikm = _expand(prk_key, b"WebPush: info\0" + receiver_point + sender_point, 32)
    prk = hmac.digest(salt, ikm, "sha256")
    key = _expand(prk, b"Content-Encoding: aes128gcm\0", 16)
    return key, _expand(prk, b"Content-Encoding: nonce\0", 12)


def _expand(key: bytes, info: bytes, size: int) -> bytes:
    """Return the first block of HKDF-Expand (RFC 5869 2.3)."""
    return hmac.digest(key, info + b"\x01", hashlib.sha256)[:size]
