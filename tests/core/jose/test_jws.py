"""JWS: the vectors of the RFCs first, then hostile input, then the time claims."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws as other_jws
from joserfc.jwk import ECKey

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.jose.jws import MAX_JWS_BYTES, Jws, attach, check_times, numeric_date, signing_input
from billfold.core.keys import VERIFYING_ALGORITHMS, PrivateKey, PublicKey
from billfold.core.trust.certificate import parse_certificate, public_key
from billfold.errors import CredentialError, EncodingError, JoseError
from tests.support.organisations import new_key
from tests.support.vectors import load_json

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ROWS = load_json("jose", "jws.json")
GOOD_ROWS = [row for row in ROWS if row["alg"] in VERIFYING_ALGORITHMS]
EC_ROW = GOOD_ROWS[0]


def public_of(jwk: dict[str, Any]) -> PublicKey:
    return PublicKey.from_jwk({name: value for name, value in jwk.items() if name != "d"})


def b64(value: object) -> str:
    return b64url_encode(value if isinstance(value, bytes) else json.dumps(value).encode())


@pytest.mark.parametrize("row", GOOD_ROWS, ids=lambda row: row["source"])
def test_verifies_the_vectors_of_the_rfcs(row: dict[str, Any]) -> None:
    """RFC 7515 A.3 and RFC 7520 4.3."""
    parsed = Jws.parse(row["jws"])
    parsed.verify(public_of(row["jwk"]), VERIFYING_ALGORITHMS)
    assert parsed.payload.decode() == row["payload"]


@pytest.mark.parametrize("row", [row for row in ROWS if row not in GOOD_ROWS], ids=lambda row: row["alg"])
def test_refuses_none_macs_and_unknown_kinds_whatever_the_key(row: dict[str, Any]) -> None:
    """RFC 7515 A.1, A.5 and RFC 8037 A.4."""
    with pytest.raises(JoseError, match="expected alg of ES256"):
        Jws.parse(row["jws"]).verify(public_of(EC_ROW["jwk"]), VERIFYING_ALGORITHMS)


@pytest.mark.parametrize("row", load_json("jose", "openid4vci_proof.json"), ids=lambda row: row["source"])
def test_verifies_the_printed_examples_of_openid4vci(row: dict[str, Any]) -> None:
    """OpenID4VCI F.1, I.1 and I.2."""
    parsed = Jws.parse(row["jwt"])
    if "x5c" in parsed.header:
        x5c = parsed.header["x5c"]
        assert isinstance(x5c, list)
        key = public_key(parse_certificate(x5c[0]))
    else:
        key = PublicKey.from_jwk(parsed.header["jwk"])
    parsed.verify(key, VERIFYING_ALGORITHMS)
    assert parsed.header["typ"] in {
        "openid4vci-proof+jwt",
        "oauth-client-attestation+jwt",
        "openidvci-issuer-metadata+jwt",
    }


def test_a_signature_in_der_form_is_refused() -> None:
    """RFC 7515 3.4: raw r || s, of exactly twice the curve's size."""
    key = PrivateKey.from_jwk(EC_ROW["jwk"])
    data = signing_input({"alg": "ES256"}, {})
    from_openssl = b"\x30\x45" + key.sign(data) + b"\x00" * 7
    with pytest.raises(JoseError, match="64 bytes, got 73"):
        Jws.parse(attach(data, from_openssl)).verify(key.public(), ["ES256"])


def test_an_algorithm_of_another_curve_than_the_key_is_refused() -> None:
    with pytest.raises(JoseError, match="expected alg ES256, as the key has it"):
        Jws.parse(GOOD_ROWS[1]["jws"]).verify(public_of(EC_ROW["jwk"]), VERIFYING_ALGORITHMS)


def test_an_algorithm_outside_the_table_of_this_purpose_is_refused() -> None:
    row = GOOD_ROWS[1]
    with pytest.raises(JoseError, match="expected alg of ES256"):
        Jws.parse(row["jws"]).verify(public_of(row["jwk"]), ["ES256"])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "3 parts, got 1", id="empty"),
        pytest.param("e30.e30", "3 parts, got 2", id="two-parts"),
        pytest.param("e30.e30.AA.AA", "3 parts, got 4", id="four-parts"),
        pytest.param("e30=.e30.AAAA", "without padding", id="padded-header"),
        pytest.param("e30 .e30.AAAA", "without padding", id="space"),
        pytest.param("e30.e31.AAAA", "bits left over", id="loose-bits"),
        pytest.param("ä.e30.AAAA", "outside ASCII", id="not-ascii"),
        pytest.param(b64(b"[]") + ".e30.AAAA", "a JSON object, got list", id="header-array"),
        pytest.param(b64(b"{") + ".e30.AAAA", "one JSON text", id="header-cut"),
        pytest.param(b64(b'{"alg":"none","alg":"ES256"}') + ".e30.AAAA", "each member name once", id="alg-twice"),
        pytest.param(b64({"alg": "ES256", "crit": ["exp"]}) + ".e30.AAAA", "without crit", id="crit"),
        pytest.param(b64({"alg": "ES256", "crit": []}) + ".e30.AAAA", "without crit", id="crit-empty"),
        pytest.param(b64({"alg": "ES256", "b64": False}) + ".e30.AAAA", "without b64", id="b64"),
        pytest.param("A" * (MAX_JWS_BYTES + 1), "at most 65536 bytes", id="huge"),
    ],
)
def test_refuses_what_is_no_strict_compact_jws(text: str, message: str) -> None:
    with pytest.raises(CredentialError, match=message):
        Jws.parse(text)


@pytest.mark.parametrize("alg", [None, 5, ["ES256"], "es256", "ES256 ", "none", "HS256"])
def test_refuses_an_alg_that_is_not_exactly_allowed(alg: object) -> None:
    key = new_key()
    data = f"{b64({'alg': alg})}.e30".encode()
    with pytest.raises(JoseError, match="expected alg of ES256"):
        Jws.parse(attach(data, key.sign(data))).verify(key.public(), VERIFYING_ALGORITHMS)


@pytest.mark.parametrize("typ", ["dc+sd-jwt", "DC+SD-JWT", "application/dc+sd-jwt", "Application/dc+sd-jwt"])
def test_typ_is_a_media_type_whose_prefix_may_be_left_out(typ: str) -> None:
    """RFC 7515 4.1.9."""
    Jws.parse(f"{b64({'typ': typ})}.e30.AAAA").require_typ("dc+sd-jwt")


@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {"typ": None}, {"typ": ["dc+sd-jwt"]}, {"typ": "dc+sd-jwt "}])
def test_another_typ_is_refused(header: dict[str, Any]) -> None:
    with pytest.raises(JoseError, match="expected typ dc\\+sd-jwt or kb\\+jwt") as caught:
        Jws.parse(f"{b64(header)}.e30.AAAA").require_typ("dc+sd-jwt", "kb+jwt")
    assert caught.value.code == "wrong_typ"


@pytest.mark.parametrize("payload", [b"[]", b"1", b"", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff"])
def test_claims_are_one_strict_json_object(payload: bytes) -> None:
    with pytest.raises(EncodingError, match="expected"):
        Jws.parse(f"e30.{b64(payload)}.AAAA").claims()


def test_an_independent_library_verifies_what_was_built_here() -> None:
    key = new_key()
    data = signing_input({"alg": "ES256", "typ": "x"}, {"a": "ä", "b": [1, None]})
    text = attach(data, key.sign(data))
    found = other_jws.deserialize_compact(text, ECKey.import_key(dict(key.public().to_jwk())), algorithms=["ES256"])
    assert found.payload is not None
    assert json.loads(found.payload) == {"a": "ä", "b": [1, None]}


def test_what_an_independent_library_built_verifies_here() -> None:
    key = new_key()
    text = other_jws.serialize_compact({"alg": "ES256"}, b'{"a":1}', ECKey.import_key(dict(key.to_jwk())))
    parsed = Jws.parse(text)
    parsed.verify(key.public(), ["ES256"])
    assert parsed.claims() == {"a": 1}


@settings(max_examples=40)
@given(position=st.integers(min_value=0), replacement=st.sampled_from("Aa0_-.~="))
def test_any_character_changed_is_refused(position: int, replacement: str) -> None:
    text = EC_ROW["jws"]
    position %= len(text)
    changed = text[:position] + replacement + text[position + 1 :]
    if changed == text:
        return
    with pytest.raises(CredentialError):
        Jws.parse(changed).verify(public_of(EC_ROW["jwk"]), VERIFYING_ALGORITHMS)


def test_reads_a_numeric_date_with_and_without_fraction() -> None:
    assert numeric_date({"exp": 0}, "exp") == datetime(1970, 1, 1, tzinfo=UTC)
    assert numeric_date({"exp": 1.5}, "exp") == datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
    assert numeric_date({}, "exp") is None


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("1883000000", "as a number", id="text"),
        pytest.param(None, "as a number", id="null"),
        pytest.param(True, "as a number", id="true"),
        pytest.param([1], "as a number", id="array"),
        pytest.param(-1, "between 1970 and 9999", id="negative"),
        pytest.param(1883000000000, "between 1970 and 9999", id="milliseconds"),
        pytest.param(10**400, "between 1970 and 9999", id="endless"),
        pytest.param(float("nan"), "between 1970 and 9999", id="nan"),
        pytest.param(float("inf"), "between 1970 and 9999", id="infinity"),
    ],
)
def test_refuses_a_numeric_date_that_is_none(value: Any, message: str) -> None:  # noqa: ANN401  any JSON
    with pytest.raises(JoseError, match=message):
        numeric_date({"exp": value}, "exp")


def test_a_required_date_must_be_there() -> None:
    with pytest.raises(JoseError, match="expected claim iat"):
        numeric_date({}, "iat", required=True)


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"exp": -60}, "expired"),
        ({"exp": -61}, "expired"),
        ({"nbf": 61}, "not_yet_valid"),
        ({"iat": 61}, "issued_in_future"),
        ({"iat": -361}, "too_old"),
    ],
)
def test_an_instant_beyond_the_leeway_is_refused(claims: dict[str, int], code: str) -> None:
    shifted = {"iat": NOW.timestamp()} | {name: NOW.timestamp() + offset for name, offset in claims.items()}
    with pytest.raises(JoseError) as caught:
        check_times(shifted, now=NOW, leeway=timedelta(seconds=60), max_age=timedelta(seconds=300))
    assert caught.value.code == code


@pytest.mark.parametrize("claims", [{"exp": -59}, {"nbf": 60}, {"iat": 60}, {"iat": -360}, {}])
def test_an_instant_within_the_leeway_is_accepted(claims: dict[str, int]) -> None:
    shifted = {"iat": NOW.timestamp()} | {name: NOW.timestamp() + offset for name, offset in claims.items()}
    check_times(shifted, now=NOW, leeway=timedelta(seconds=60), max_age=timedelta(seconds=300))


def test_a_greatest_age_needs_an_iat() -> None:
    with pytest.raises(JoseError, match="expected claim iat"):
        check_times({}, now=NOW, leeway=timedelta(), max_age=timedelta(seconds=300))


def test_the_signature_part_is_read_as_bytes() -> None:
    assert Jws.parse("e30.e30.AAEC").signature == b64url_decode("AAEC")
