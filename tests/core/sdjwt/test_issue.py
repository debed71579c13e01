"""Issuing: what comes out is a strict SD-JWT that an independent library reads, and nothing unfit gets in."""

import json
from hashlib import shake_256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier

from billfold.core.encoding import Json, b64url_decode, b64url_encode
from billfold.core.sdjwt.issue import SALT_BYTES, Elements, Members, encode_header, entropy_bytes, prepare
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.errors import CredentialError, SdJwtError
from tests.support.organisations import new_key

KEY = new_key()
HEADER = encode_header({"alg": "ES256", "typ": "dc+sd-jwt"})
CLAIMS = {"vct": "https://a.example/badge", "exp": 1883000000}
FIELDS: dict[str, Json] = {"name": "Zoë", "age": 33, "roles": ["a", "b"], "address": {"city": "Bern"}, "note": None}


def issue(claims: dict[str, Any], fields: dict[str, Any], digests: int = 0) -> str:
    return sign(Members(claims, fields, digests))


def sign(claims: Members) -> str:
    entropy = shake_256(b"a run of bytes that do not repeat").digest(entropy_bytes(claims))
    prepared = prepare(claims, header_b64u=HEADER, entropy=entropy)
    return prepared.attach(KEY.sign(prepared.signing_input))


def test_what_was_issued_verifies_and_gives_the_claims_back() -> None:
    sd_jwt = SdJwt.parse(issue(CLAIMS, FIELDS))
    sd_jwt.jws.verify(KEY.public(), ["ES256"])
    processed = sd_jwt.process()
    assert processed.claims == {**CLAIMS, **FIELDS}
    assert processed.disclosed.keys() == {(name,) for name in FIELDS}


def test_an_independent_library_reads_what_was_issued() -> None:
    issuer = JWK.from_json(json.dumps(KEY.public().to_jwk()))
    verifier = SDJWTVerifier(issue(CLAIMS, FIELDS), lambda *_: issuer, None, None)
    assert verifier.get_verified_payload() == {**CLAIMS, **FIELDS}


def test_nothing_but_digests_of_the_fields_stands_in_the_signed_part() -> None:
    payload = SdJwt.parse(issue(CLAIMS, FIELDS)).jws.claims()
    assert payload.keys() == {*CLAIMS, "_sd", "_sd_alg"}
    assert payload["_sd_alg"] == "sha-256"


def test_the_order_of_digests_says_nothing_about_the_claims() -> None:
    """RFC 9901 4.2.4.1."""
    forward = SdJwt.parse(issue(CLAIMS, FIELDS)).jws.claims()["_sd"]
    assert isinstance(forward, list)
    assert forward == sorted(str(digest) for digest in forward)


def test_each_disclosure_has_its_own_salt_of_at_least_128_bits() -> None:
    salts = [b64url_decode(disclosure.salt) for disclosure in SdJwt.parse(issue(CLAIMS, FIELDS)).disclosures]
    assert len(set(salts)) == len(FIELDS)
    assert {len(salt) for salt in salts} == {SALT_BYTES}
    assert SALT_BYTES * 8 >= 128


def test_without_fields_there_is_no_sd_and_one_tilde() -> None:
    """SD-JWT VC 2.2.2.5."""
    text = issue(CLAIMS, {})
    assert text.endswith("~")
    assert text.count("~") == 1
    assert SdJwt.parse(text).jws.claims() == CLAIMS


@pytest.mark.parametrize(
    ("claims", "fields", "message"),
    [
        pytest.param(CLAIMS, {"exp": 1}, "expected exp in the clear", id="exp"),
        pytest.param(CLAIMS, {"status": {}, "cnf": {}}, "expected cnf, status in the clear", id="status-cnf"),
        pytest.param({"name": 1}, {"name": 2}, "either in the clear or", id="both"),
        pytest.param(CLAIMS, {"_sd": 1}, "names other than _sd", id="sd"),
        pytest.param(CLAIMS, {"...": 1}, "names other than _sd", id="dots"),
        pytest.param({"_sd_alg": "md5"}, {}, "names other than _sd", id="sd-alg"),
        pytest.param({"_sd": []}, {}, "names other than _sd", id="sd-clear"),
        pytest.param({"a": [{"b": {"_sd": []}}]}, {}, "without members named _sd", id="sd-deep"),
        pytest.param(CLAIMS, {"a": {"_sd": []}}, "expected claims without members named _sd", id="sd-in-field"),
        pytest.param(CLAIMS, {"a": [{"...": "x"}]}, "expected claims without members named _sd", id="dots-in-field"),
    ],
)
def test_refuses_claims_that_would_be_read_otherwise(
    claims: dict[str, Any], fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(SdJwtError, match=message):
        issue(claims, fields)


@pytest.mark.parametrize("value", ["_sd", '"_sd":', "...", '{"_sd":[]}'])
def test_a_value_may_say_what_a_name_may_not(value: str) -> None:
    assert SdJwt.parse(issue({"a": value}, {"b": value})).process().claims == {"a": value, "b": value}


@pytest.mark.parametrize("length", [0, SALT_BYTES - 1, SALT_BYTES + 1, 2 * SALT_BYTES])
def test_refuses_entropy_of_another_size(length: int) -> None:
    with pytest.raises(SdJwtError, match="bytes of entropy"):
        prepare(Members({}, {"a": 1}), header_b64u=HEADER, entropy=bytes(length))


ADDRESS = Members({"country": "NL"}, {"city": "Utrecht", "street": None}, digests=4)
NESTED = Members(
    CLAIMS, {"name": "Zoë", "address": ADDRESS, "nationalities": Elements(["NL", "DE", 3], digests=4)}, digests=5
)
RESTORED = {
    **CLAIMS,
    "name": "Zoë",
    "address": {"country": "NL", "city": "Utrecht", "street": None},
    "nationalities": ["NL", "DE", 3],
}


def test_members_and_elements_come_back_where_they_stood() -> None:
    """RFC 9901 4.2.4.2 and 4.2.6."""
    processed = SdJwt.parse(sign(NESTED)).process()
    assert processed.claims == RESTORED
    assert processed.disclosed.keys() == {
        ("name",),
        ("address",),
        ("address", "city"),
        ("address", "street"),
        ("nationalities",),
        ("nationalities", 0),
        ("nationalities", 1),
        ("nationalities", 2),
    }


def test_an_independent_library_reads_members_and_elements() -> None:
    issuer = JWK.from_json(json.dumps(KEY.public().to_jwk()))
    verifier = SDJWTVerifier(sign(NESTED), lambda *_: issuer, None, None)
    assert verifier.get_verified_payload() == RESTORED


def test_one_element_is_shown_without_its_neighbours() -> None:
    shown = SdJwt.parse(SdJwt.parse(sign(NESTED)).select([("nationalities", 1), ("address", "city")]))
    assert shown.process().claims == {
        **CLAIMS,
        "address": {"country": "NL", "city": "Utrecht"},
        "nationalities": ["DE"],
    }


def test_a_group_within_what_stands_in_the_clear_is_disclosed_alone() -> None:
    claims = Members({**CLAIMS, "address": ADDRESS, "groups": Elements(["staff"])}, {})
    sd_jwt = SdJwt.parse(sign(claims))
    payload = sd_jwt.jws.claims()
    assert "_sd" not in payload
    assert payload["_sd_alg"] == "sha-256"
    assert SdJwt.parse(sd_jwt.select([])).process().claims == {**CLAIMS, "address": {"country": "NL"}, "groups": []}
    assert sd_jwt.process().claims["groups"] == ["staff"]


def test_decoys_hide_how_many_there_are() -> None:
    """RFC 9901 4.2.5: what is there and what is not look alike."""
    one = SdJwt.parse(sign(Members(CLAIMS, {"name": "Zoë"}, digests=3)))
    three = SdJwt.parse(sign(Members(CLAIMS, {"name": "Zoë", "age": 1, "note": 2}, digests=3)))
    lengths = [[len(digest) for digest in sd_jwt.jws.claims()["_sd"]] for sd_jwt in (one, three)]
    assert lengths == [[43, 43, 43]] * 2
    assert one.process().claims == {**CLAIMS, "name": "Zoë"}


def test_decoys_alone_are_a_type_whose_fields_somebody_lacks() -> None:
    sd_jwt = SdJwt.parse(issue(CLAIMS, {}, digests=2))
    assert sd_jwt.disclosures == ()
    assert len(sd_jwt.jws.claims()["_sd"]) == 2
    assert sd_jwt.process().claims == CLAIMS


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        pytest.param(Members({"a": Members({"b": 1}, {"b": 2})}, {}), "either in the clear or", id="both"),
        pytest.param(Members({}, {"a": Members({}, {"...": 1})}), "names other than _sd", id="dots-within"),
        pytest.param(Members({"a": Members({"_sd": []}, {})}, {}), "names other than _sd", id="sd-within"),
        pytest.param(Members({}, {"a": Elements([{"...": "x"}])}), "without members named _sd", id="dots-in-element"),
        pytest.param(Members({}, {"a": Elements([[{"_sd": 1}]])}), "without members named _sd", id="sd-in-element"),
        pytest.param(Members({"cnf": Members({}, {"jwk": 1})}, {"exp": 1}), "expected exp in the clear", id="exp"),
    ],
)
def test_refuses_groups_that_would_be_read_otherwise(claims: Members, message: str) -> None:
    with pytest.raises(SdJwtError, match=message):
        sign(claims)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5).filter(lambda name: name not in {"_sd", "..."}), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=40)
@given(fields=st.dictionaries(st.text(min_size=1, max_size=6).map(lambda name: f"x{name}"), json_values, max_size=6))
def test_any_fields_survive_the_way_there_and_back(fields: dict[str, Any]) -> None:
    assert SdJwt.parse(issue(CLAIMS, fields)).process().claims == {**CLAIMS, **fields}


names = st.text(min_size=1, max_size=4).map(lambda name: f"x{name}")
nodes = st.recursive(
    st.none() | st.booleans() | st.text(max_size=4),
    lambda inner: (
        st.builds(Elements, st.lists(st.integers(-9, 9), max_size=3), st.integers(0, 4))
        | st.builds(
            lambda members, digests: Members(
                {f"c{name}": value for name, (value, shown) in members.items() if shown},
                {f"d{name}": value for name, (value, shown) in members.items() if not shown},
                digests,
            ),
            st.dictionaries(names, st.tuples(inner, st.booleans()), max_size=3),
            st.integers(0, 4),
        )
    ),
    max_leaves=6,
)


def plain(node: Any) -> Any:  # noqa: ANN401  # any node
    """Return what *node* says, however it is disclosed."""
    if isinstance(node, Elements):
        return list(node.values)
    if isinstance(node, Members):
        return {name: plain(value) for group in (node.clear, node.disclosable) for name, value in group.items()}
    return node


@settings(max_examples=60)
@given(fields=st.dictionaries(names, nodes, max_size=4), digests=st.integers(0, 6))
def test_any_structure_survives_the_way_there_and_back(fields: dict[str, Any], digests: int) -> None:
    restored = SdJwt.parse(issue(CLAIMS, fields, digests)).process().claims
    assert restored == {**CLAIMS, **{name: plain(value) for name, value in fields.items()}}


TEXT = issue(CLAIMS, FIELDS)


def verify(text: str) -> None:
    sd_jwt = SdJwt.parse(text)
    sd_jwt.jws.verify(KEY.public(), ["ES256"])
    sd_jwt.process()


@settings(max_examples=80)
@given(position=st.integers(min_value=0), replacement=st.sampled_from("ABZaz09_-~.=é\n"))
def test_any_character_changed_is_refused(position: int, replacement: str) -> None:
    position %= len(TEXT) - 1  # beyond the last tilde a KB-JWT would begin
    if TEXT[position] == replacement:
        return
    with pytest.raises(CredentialError):
        verify(TEXT[:position] + replacement + TEXT[position + 1 :])


def test_a_text_after_the_last_tilde_is_a_key_binding_jwt() -> None:
    assert SdJwt.parse(TEXT + b64url_encode(b"x")).key_binding_jwt == "eA"
