"""JWK Set: what is usable is kept, what contradicts itself is refused."""

from typing import Any

import pytest

from billfold.core.jose.jwks import MAX_KEYS, JwkSet
from billfold.errors import JoseError
from tests.support.organisations import new_key

KEY = new_key().public()
JWK = KEY.to_jwk()


def test_picks_by_kid_use_and_alg() -> None:
    encrypting = {**new_key().public().to_jwk(), "kid": "2", "use": "enc", "alg": "ECDH-ES"}
    jwks = JwkSet.parse({"keys": [{**JWK, "kid": "1", "use": "sig"}, encrypting]})
    assert jwks.pick(kid="1").public_key.thumbprint() == KEY.thumbprint()
    assert jwks.pick(use="enc").kid == "2"
    assert jwks.pick(alg="ECDH-ES", use="enc").kid == "2"


def test_what_a_key_leaves_unsaid_fits_any_use() -> None:
    assert JwkSet.parse({"keys": [JWK]}).pick(use="enc", alg="ECDH-ES").public_key == KEY


def test_keys_of_other_kinds_are_left_out() -> None:
    """RFC 7517 5: what is not understood should be ignored."""
    others = [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, 5, {}]
    assert len(JwkSet.parse({"keys": [*others, JWK]}).keys) == 1


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param([], "a JWK Set", id="array"),
        pytest.param({}, "a JWK Set", id="no-keys"),
        pytest.param({"keys": JWK}, "a JWK Set", id="keys-object"),
        pytest.param({"keys": [JWK] * (MAX_KEYS + 1)}, "up to 64 keys", id="too-many"),
        pytest.param({"keys": [{**JWK, "kid": "1"}, {**JWK, "kid": "1"}]}, "each kid once", id="kid-twice"),
        pytest.param({"keys": [new_key().to_jwk()]}, "without private keys", id="private"),
        pytest.param({"keys": [{**JWK, "kid": 1}]}, "kid of a JWK as a string", id="kid-number"),
    ],
)
def test_refuses_a_set_that_is_malformed(value: Any, message: str) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(JoseError, match=message):
        JwkSet.parse(value)


@pytest.mark.parametrize("wanted", [{"kid": "2"}, {"use": "enc"}, {"alg": "ES384"}])
def test_no_fitting_key_is_an_error(wanted: dict[str, str]) -> None:
    with pytest.raises(JoseError, match="a fitting key"):
        JwkSet.parse({"keys": [{**JWK, "kid": "1", "use": "sig", "alg": "ES256"}]}).pick(**wanted)
