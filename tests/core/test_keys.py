"""Keys: the RFCs' thumbprints, then material that is refused."""

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from billfold.core.encoding import b64url_encode
from billfold.core.keys import (
    ES256,
    ES384,
    ES512,
    VERIFYING_ALGORITHMS,
    EcAlgorithm,
    PrivateKey,
    PublicKey,
    check_algorithm,
)
from billfold.errors import JoseError, KeyMaterialError
from tests.support.organisations import new_key
from tests.support.vectors import load_json

THUMBPRINTS = load_json("jose", "rfc7638_thumbprints.json")
KEY = new_key()
JWK: dict[str, Any] = dict(KEY.public().to_jwk())


def public_part(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name != "d"}


@pytest.mark.parametrize(
    "row", [row for row in THUMBPRINTS if row["jwk"]["kty"] == "EC"], ids=lambda row: row["source"]
)
def test_takes_the_thumbprint_of_the_printed_keys(row: dict[str, Any]) -> None:
    """RFC 9449 6.1 and OpenID4VP B.2.6; members that do not belong to the key change nothing."""
    jwk = public_part(row["jwk"])
    for extra in ({}, {"kid": "1", "use": "enc", "alg": "ES256", "key_ops": ["verify"]}):
        assert PublicKey.from_jwk(jwk | extra).thumbprint() == row["thumbprint_sha256"]


@pytest.mark.parametrize(
    "row", [row for row in THUMBPRINTS if row["jwk"]["kty"] != "EC"], ids=lambda row: row["source"]
)
def test_keys_of_other_kinds_are_refused(row: dict[str, Any]) -> None:
    """RFC 7638 3.1 (RSA) and RFC 8037 A.3 (OKP): HAIP asks for ES256, so these are never accepted."""
    with pytest.raises(KeyMaterialError, match="an EC key on P-256, P-384 or P-521"):
        PublicKey.from_jwk(public_part(row["jwk"]))


@pytest.mark.parametrize("algorithm", [ES256, ES384, ES512], ids=lambda algorithm: algorithm.name)
def test_a_key_survives_the_way_there_and_back_and_signs(algorithm: EcAlgorithm) -> None:
    key = PrivateKey.from_crypto(ec.generate_private_key(algorithm.curve))
    assert key.algorithm is algorithm
    again = PrivateKey.from_jwk(key.to_jwk())
    assert again.to_jwk() == key.to_jwk()
    public = PublicKey.from_jwk(key.public().to_jwk())
    signature = again.sign(b"data")
    assert len(signature) == 2 * algorithm.size_bytes
    public.verify(signature, b"data")
    with pytest.raises(JoseError, match="a signature by this key"):
        public.verify(signature, b"other")


@pytest.mark.parametrize("algorithm", [ES256, ES384, ES512], ids=lambda algorithm: algorithm.name)
def test_every_signature_has_the_length_of_its_curve(algorithm: EcAlgorithm) -> None:
    """Of 128 signatures one has an r or s that begins with a zero byte, which a careless encoder cuts."""
    key = PrivateKey.from_crypto(ec.generate_private_key(algorithm.curve))
    for i in range(300):
        data = i.to_bytes(2, "big")
        signature = key.sign(data)
        assert len(signature) == 2 * algorithm.size_bytes
        key.public().verify(signature, data)


@pytest.mark.parametrize("size", [0, 63, 65, 70, 72, 96])
def test_a_signature_of_another_length_is_refused(size: int) -> None:
    with pytest.raises(JoseError, match=f"64 bytes, got {size}"):
        KEY.public().verify(bytes(size), b"data")


@pytest.mark.parametrize("signature", [bytes(64), b"\xff" * 64, bytes(32) + b"\x01" * 32])
def test_a_signature_out_of_range_is_refused(signature: bytes) -> None:
    with pytest.raises(JoseError, match="a signature by this key"):
        KEY.public().verify(signature, b"data")


@pytest.mark.parametrize(
    ("jwk", "message"),
    [
        pytest.param(None, "a JWK object, got NoneType", id="null"),
        pytest.param("{}", "a JWK object, got str", id="text"),
        pytest.param([JWK], "a JWK object, got list", id="array"),
        pytest.param({}, "an EC key on", id="empty"),
        pytest.param(KEY.to_jwk(), "private member", id="private"),
        pytest.param({"kty": "oct", "k": "AAAA"}, "private member", id="symmetric"),
        pytest.param(JWK | {"kty": "ec"}, "an EC key on", id="kty-case"),
        pytest.param(JWK | {"kty": None}, "an EC key on", id="kty-null"),
        pytest.param(JWK | {"crv": "P-192"}, "an EC key on", id="crv-weak"),
        pytest.param(JWK | {"crv": "secp256k1"}, "an EC key on", id="crv-other"),
        pytest.param(JWK | {"crv": ["P-256"]}, "an EC key on", id="crv-array"),
        pytest.param(JWK | {"crv": "P-384"}, "a coordinate of 48 bytes, got 32", id="crv-longer"),
        pytest.param(public_part(JWK) | {"x": None}, "coordinates as base64url", id="no-x"),
        pytest.param(JWK | {"x": 5}, "coordinates as base64url", id="x-number"),
        pytest.param(JWK | {"x": JWK["x"] + "="}, "coordinates as base64url", id="x-padded"),
        pytest.param(JWK | {"x": b64url_encode(bytes(33))}, "32 bytes, got 33", id="x-long"),
        pytest.param(JWK | {"x": b64url_encode(bytes(31))}, "32 bytes, got 31", id="x-short"),
        pytest.param(JWK | {"y": JWK["x"]}, "a point on the curve", id="off-the-curve"),
        pytest.param(JWK | {"x": b64url_encode(bytes(32)), "y": b64url_encode(bytes(32))}, "a point on", id="zero"),
    ],
)
def test_refuses_a_jwk_that_is_no_public_key(jwk: object, message: str) -> None:
    with pytest.raises(KeyMaterialError, match=message):
        PublicKey.from_jwk(jwk)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"d": None}, "coordinates as base64url"),
        ({"d": b64url_encode(bytes(31))}, "32 bytes, got 31"),
        ({"d": new_key().to_jwk()["d"]}, "fits its public key"),
        ({"d": b64url_encode(bytes(32))}, "fits its public key"),
    ],
    ids=["absent", "short", "of-another-key", "zero"],
)
def test_refuses_a_private_key_that_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(KeyMaterialError, match=message):
        PrivateKey.from_jwk({**KEY.to_jwk(), **changes})


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (ed25519.Ed25519PrivateKey.generate().public_key(), "an EC public key"),
        (rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(), "an EC public key"),
        (ec.generate_private_key(ec.SECP256K1()).public_key(), "an EC key on P-256"),
        (None, "an EC public key"),
    ],
    ids=["ed25519", "rsa", "secp256k1", "none"],
)
def test_refuses_a_library_key_of_another_kind(key: object, message: str) -> None:
    with pytest.raises(KeyMaterialError, match=message):
        PublicKey.from_crypto(key)


@pytest.mark.parametrize("name", ["none", "None", "HS256", "RS256", "ES256K", "es256", "", None, 5, ["ES256"]])
def test_an_algorithm_outside_the_table_is_refused(name: Any) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(JoseError, match="expected alg of ES256, ES384, ES512"):
        check_algorithm(name, VERIFYING_ALGORITHMS)
