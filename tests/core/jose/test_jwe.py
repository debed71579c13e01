"""JWE with ECDH-ES: RFC 7518 appendix C step by step, the example of OpenID4VP, then hostile input."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwe as other_jwe
from joserfc.jwk import ECKey

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.jose.jwe import ENC_VALUES, MAX_JWE_BYTES, Jwe, derive_key, encrypt, other_info
from billfold.core.keys import PrivateKey, PublicKey
from billfold.errors import CredentialError, JoseError, KeyMaterialError
from tests.support.organisations import new_key
from tests.support.vectors import load_json

ROWS = load_json("jose", "jwe.json")
VP_ROW = ROWS[0]
IV = bytes(range(12))


def vp_key() -> PrivateKey:
    return PrivateKey.from_jwk({name: VP_ROW["private_jwk"][name] for name in ("kty", "crv", "x", "y", "d")})


def with_header(**changes: object) -> str:
    """Return the good vector with members of its header changed; None takes a member away."""
    _, *rest = VP_ROW["jwe"].split(".")
    header = {name: value for name, value in {**VP_ROW["header"], **changes}.items() if value is not None}
    return ".".join((b64url_encode(json.dumps(header).encode()), *rest))


def test_derives_the_key_of_rfc_7518_appendix_c() -> None:
    vector = load_json("jose", "rfc7518_appendix_c_ecdh_es.json")
    ephemeral = PrivateKey.from_jwk(vector["ephemeral_private_jwk"])
    recipient = PrivateKey.from_jwk(vector["recipient_private_jwk"])
    secret = recipient.key.exchange(ec.ECDH(), ephemeral.public().key)
    assert secret.hex() == vector["z_hex"]
    assert other_info("A128GCM", apu=b"Alice", apv=b"Bob").hex() == vector["other_info_hex"]
    assert b64url_encode(derive_key(secret, "A128GCM", apu=b"Alice", apv=b"Bob")) == vector["derived_key_b64u"]


def test_decrypts_the_example_of_openid4vp() -> None:
    """OpenID4VP 1.0 section 8.3."""
    assert Jwe.parse(VP_ROW["jwe"]).decrypt(vp_key(), enc_values=ENC_VALUES).decode() == VP_ROW["plaintext"]


@pytest.mark.parametrize("row", ROWS[1:], ids=lambda row: row["source"])
def test_refuses_the_kinds_that_haip_does_not_name(row: dict[str, Any]) -> None:
    """RFC 7520 5.4 (key wrap), 5.5 (CBC) and 5.9 (zip)."""
    with pytest.raises(JoseError, match=r"expected (enc of|alg ECDH-ES|a JWE header without zip|an iv of)"):
        Jwe.parse(row["jwe"]).decrypt(vp_key(), enc_values=ENC_VALUES)


@pytest.mark.parametrize("part", [0, 2, 3, 4])
def test_any_changed_part_is_refused(part: int) -> None:
    parts = VP_ROW["jwe"].split(".")
    raw = bytearray(b64url_decode(parts[part]))
    raw[-3] ^= 1
    parts[part] = b64url_encode(bytes(raw))
    with pytest.raises(CredentialError):
        Jwe.parse(".".join(parts)).decrypt(vp_key(), enc_values=ENC_VALUES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"zip": "DEF"}, "without zip", id="vpresp-zip"),
        pytest.param({"crit": ["exp"]}, "without crit", id="crit"),
        pytest.param({"alg": "ECDH-ES+A128KW"}, "expected alg ECDH-ES", id="wrapped"),
        pytest.param({"alg": None}, "expected alg ECDH-ES", id="no-alg"),
        pytest.param({"enc": "A192GCM"}, "expected enc of A128GCM, A256GCM", id="other-enc"),
        pytest.param({"enc": None}, "expected enc of", id="no-enc"),
        pytest.param({"epk": None}, "expected a JWK object", id="no-epk"),
        pytest.param({"apu": 5}, "expected apu as base64url", id="apu-number"),
        pytest.param({"apv": "Qm9i="}, "without padding", id="apv-padded"),
        pytest.param({"apv": "Qm9i"}, "for this key, unchanged", id="apv-added"),
        pytest.param({"epk": {**VP_ROW["header"]["epk"], "d": "AA"}}, "private member", id="epk-private"),
        pytest.param({"epk": new_key().public().to_jwk()}, "for this key, unchanged", id="epk-other"),
    ],
)
def test_refuses_a_changed_header(changes: dict[str, object], message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        Jwe.parse(with_header(**changes)).decrypt(vp_key(), enc_values=ENC_VALUES)


def test_an_epk_off_the_curve_is_refused() -> None:
    epk = {**VP_ROW["header"]["epk"], "y": VP_ROW["header"]["epk"]["x"]}
    with pytest.raises(KeyMaterialError, match="a point on the curve"):
        Jwe.parse(with_header(epk=epk)).decrypt(vp_key(), enc_values=ENC_VALUES)


def test_an_epk_on_another_curve_than_the_key_is_refused() -> None:
    other = PrivateKey.from_crypto(ec.generate_private_key(ec.SECP384R1()))
    with pytest.raises(JoseError, match="a key on P-256, got P-384"):
        Jwe.parse(with_header(epk=other.public().to_jwk())).decrypt(vp_key(), enc_values=ENC_VALUES)


def test_an_enc_that_this_recipient_did_not_offer_is_refused() -> None:
    with pytest.raises(JoseError, match="expected enc of A256GCM"):
        Jwe.parse(VP_ROW["jwe"]).decrypt(vp_key(), enc_values=["A256GCM"])


def test_another_key_does_not_open_it() -> None:
    with pytest.raises(JoseError, match="for this key, unchanged"):
        Jwe.parse(VP_ROW["jwe"]).decrypt(new_key(), enc_values=ENC_VALUES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("e30.e30.e30", "5 parts, got 3"),
        ("A" * (MAX_JWE_BYTES + 1), "at most 1048576 bytes"),
        (VP_ROW["jwe"].replace("..", ".AAAA."), "without an encrypted key"),
        (VP_ROW["jwe"][:-2], "tag of 16"),
    ],
    ids=["parts", "huge", "encrypted-key", "short-tag"],
)
def test_refuses_what_is_no_compact_jwe_of_this_kind(text: str, message: str) -> None:
    with pytest.raises(JoseError, match=message):
        Jwe.parse(text)


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_an_independent_library_opens_what_was_sealed_here(enc: str) -> None:
    recipient = new_key()
    header = {"kid": "1", "apu": "QWxpY2U", "apv": "Qm9i"}
    text = encrypt(b"hello", recipient.public(), header=header, enc=enc, ephemeral=new_key(), iv=IV)
    found = other_jwe.decrypt_compact(text, ECKey.import_key(dict(recipient.to_jwk())), algorithms=["ECDH-ES", enc])
    assert found.plaintext == b"hello"
    assert Jwe.parse(text).decrypt(recipient, enc_values=[enc]) == b"hello"
    assert Jwe.parse(text).header["kid"] == "1"


@pytest.mark.parametrize("enc", ENC_VALUES)
def test_what_an_independent_library_sealed_opens_here(enc: str) -> None:
    recipient = new_key()
    key = ECKey.import_key(dict(recipient.public().to_jwk()))
    text = other_jwe.encrypt_compact({"alg": "ECDH-ES", "enc": enc}, b"hello", key, algorithms=["ECDH-ES", enc])
    assert Jwe.parse(text).decrypt(recipient, enc_values=[enc]) == b"hello"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"enc": "A128CBC-HS256"}, "expected enc of"),
        ({"iv": bytes(16)}, "an iv of 12 bytes, got 16"),
        ({"ephemeral": PrivateKey.from_crypto(ec.generate_private_key(ec.SECP384R1()))}, "a key on P-384, got P-256"),
    ],
    ids=["enc", "iv", "curve"],
)
def test_does_not_encrypt_with_unfit_material(changes: dict[str, Any], message: str) -> None:
    recipient: PublicKey = new_key().public()
    arguments = {"enc": "A128GCM", "ephemeral": new_key(), "iv": IV, "header": {}} | changes
    with pytest.raises(JoseError, match=message):
        encrypt(b"hello", recipient, **arguments)
