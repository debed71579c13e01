"""Push messages: the RFC's vector, an implementation that is not ours, then hostile input."""

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.keys import PrivateKey
from billfold.core.webpush.message import MAX_BODY_BYTES, Recipient, decrypt, encrypt, point_of, public_key_from_point
from billfold.errors import KeyMaterialError, PushError
from tests.support.vectors import load_json

VECTOR = load_json("jose/rfc8291_web_push.json")


def key_of(name: str) -> PrivateKey:
    x_and_y = b64url_decode(VECTOR[f"{name}_public"])[1:]
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": b64url_encode(x_and_y[:32]),
        "y": b64url_encode(x_and_y[32:]),
        "d": VECTOR[f"{name}_private"],
    }
    return PrivateKey.from_jwk(jwk)


def new_key() -> PrivateKey:
    return PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))


SENDER, RECEIVER = key_of("as"), key_of("ua")
AUTH, SALT = b64url_decode(VECTOR["auth_secret"]), b64url_decode(VECTOR["salt"])
RECIPIENT = Recipient.parse(VECTOR["ua_public"], VECTOR["auth_secret"])


def test_encrypts_the_vector_of_the_standard() -> None:
    """RFC 8291 section 5 and appendix A."""
    body = encrypt(VECTOR["plaintext"].encode(), RECIPIENT, ephemeral=SENDER, salt=SALT)
    assert b64url_encode(body) == VECTOR["body"]


def test_decrypts_the_vector_of_the_standard() -> None:
    assert decrypt(b64url_decode(VECTOR["body"]), RECEIVER, AUTH).decode() == VECTOR["plaintext"]


@pytest.mark.parametrize("text", ["", "x", "Northwind Robotics " * 100])
def test_another_implementation_opens_what_we_encrypt(text: str) -> None:
    body = encrypt(text.encode(), RECIPIENT, ephemeral=new_key(), salt=SALT, size_bytes=MAX_BODY_BYTES)

    assert len(body) == MAX_BODY_BYTES, "every message has one size"
    assert http_ece.decrypt(body, private_key=RECEIVER.key, auth_secret=AUTH).decode() == text


def test_we_open_what_another_implementation_encrypts() -> None:
    sender = ec.generate_private_key(ec.SECP256R1())
    body = http_ece.encrypt(b"hello", private_key=sender, dh=point_of(RECEIVER.public()), auth_secret=AUTH)
    assert decrypt(body, RECEIVER, AUTH) == b"hello"


def test_a_message_that_does_not_fit_is_refused() -> None:
    """Row push-too-large."""
    with pytest.raises(PushError, match="at most 3697 bytes, got 3698"):
        encrypt(bytes(3698), RECIPIENT, ephemeral=SENDER, salt=SALT, size_bytes=MAX_BODY_BYTES)


@given(st.integers(0, len(b64url_decode(VECTOR["body"])) - 1), st.integers(0, 7))
def test_any_bit_changed_is_refused(position: int, bit: int) -> None:
    body = bytearray(b64url_decode(VECTOR["body"]))
    body[position] ^= 1 << bit
    if 16 <= position < 20:  # the record size: one record is one record
        return
    with pytest.raises(PushError):
        decrypt(bytes(body), RECEIVER, AUTH)


@pytest.mark.parametrize(
    ("p256dh", "auth", "message"),
    [
        pytest.param("AAAA", VECTOR["auth_secret"], "uncompressed P-256 point", id="push-p256dh-short"),
        pytest.param(b64url_encode(b"\4" + bytes(64)), VECTOR["auth_secret"], "uncompressed", id="push-p256dh-off"),
        pytest.param(b64url_encode(b"\2" + bytes(64)), VECTOR["auth_secret"], "uncompressed", id="push-p256dh-form"),
        pytest.param(VECTOR["ua_public"], "AAAA", "16 bytes, got 3", id="push-auth"),
        pytest.param(VECTOR["ua_public"], "no base64!", "auth in base64url", id="push-auth-text"),
    ],
)
def test_unusable_keys_of_a_subscription_are_refused(p256dh: str, auth: str, message: str) -> None:
    """RFC 8291 3.1 and 3.2."""
    with pytest.raises(PushError, match=message):
        Recipient.parse(p256dh, auth)


def test_a_compressed_point_is_refused() -> None:
    with pytest.raises(KeyMaterialError, match="65 bytes"):
        public_key_from_point(b"\2" + bytes(32))
