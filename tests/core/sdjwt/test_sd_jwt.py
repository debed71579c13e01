"""Processing and selecting: structures that the printed examples do not reach, and hostile ones."""

import hashlib
import json
from typing import Any

import pytest

from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.jose.jws import attach, signing_input
from billfold.core.sdjwt.disclosure import Disclosure
from billfold.core.sdjwt.sd_jwt import MAX_DEPTH, MAX_DISCLOSURES, MAX_SD_JWT_BYTES, SdJwt
from billfold.errors import CredentialError, EncodingError, JoseError, SdJwtError
from tests.support.disclosures import disclosure


def sd_jwt(payload: dict[str, Any], *disclosures: Disclosure | str) -> SdJwt:
    """Return an SD-JWT of *payload*; its signature is empty, since nothing here looks at it."""
    encoded = (entry if isinstance(entry, str) else entry.encoded for entry in disclosures)
    return SdJwt.parse("~".join((attach(signing_input({"alg": "ES256"}, payload), b""), *encoded, "")))


def raw(value: object) -> str:
    return b64url_encode(json.dumps(value).encode())


CITY = disclosure("s1", "city", "Bern")
ADDRESS = disclosure("s2", "address", {"_sd": [CITY.digest], "country": "CH"})
FIRST, SECOND = disclosure("s3", None, "DE"), disclosure("s4", None, {"_sd": [CITY.digest]})
NESTED = {"_sd": [ADDRESS.digest], "sub": "x"}


def test_reports_which_disclosure_gave_which_path() -> None:
    processed = sd_jwt(NESTED, CITY, ADDRESS).process()
    assert processed.claims == {"sub": "x", "address": {"country": "CH", "city": "Bern"}}
    assert processed.disclosed == {("address",): ADDRESS, ("address", "city"): CITY}


def test_positions_in_an_array_are_those_after_undisclosed_ones_are_gone() -> None:
    payload = {"list": ["clear", {"...": "undisclosed"}, {"...": FIRST.digest}, {"...": SECOND.digest}]}
    processed = sd_jwt(payload, FIRST, SECOND, CITY).process()
    assert processed.claims == {"list": ["clear", "DE", {"city": "Bern"}]}
    assert processed.disclosed == {("list", 1): FIRST, ("list", 2): SECOND, ("list", 2, "city"): CITY}


def test_an_object_whose_claims_stay_hidden_remains_empty() -> None:
    """RFC 9901 7.1."""
    assert sd_jwt({"a": {"_sd": ["x"]}, "b": [{"...": "y"}]}).process().claims == {"a": {}, "b": []}


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-384", "sha-512"])
def test_digests_follow_sd_alg(algorithm: str) -> None:
    encoded = disclosure("s", "a", 1).encoded
    digest = Disclosure.parse(encoded, algorithm).digest
    assert sd_jwt({"_sd": [digest], "_sd_alg": algorithm}, encoded).process().claims == {"a": 1}


@pytest.mark.parametrize("nested", [pytest.param("md5", id="sdjwt-sd-alg-nested")])
def test_an_sd_alg_below_the_top_changes_nothing(nested: str) -> None:
    found = sd_jwt({"inner": {"_sd_alg": nested, "_sd": [CITY.digest]}}, CITY).process().claims
    assert found == {"inner": {"_sd_alg": nested, "city": "Bern"}}


@pytest.mark.parametrize("member", [pytest.param({"...": FIRST.digest, "x": 1}, id="sdjwt-ellipsis-extra")])
def test_an_object_with_more_than_a_digest_is_never_replaced(member: dict[str, Any]) -> None:
    assert sd_jwt({"list": [member]}).process().claims == {"list": [member]}
    with pytest.raises(SdJwtError, match="a digest for each disclosure"):
        sd_jwt({"list": [member]}, FIRST).process()


OF_JSON = b64url_encode(hashlib.sha256(b64url_decode(CITY.encoded)).digest())  # not of the base64url text


@pytest.mark.parametrize(
    ("payload", "disclosures", "message"),
    [
        pytest.param({"_sd": CITY.digest}, [CITY], "_sd as an array", id="sdjwt-sd-not-array"),
        pytest.param({"_sd": None}, [], "_sd as an array", id="sd-null"),
        pytest.param({"_sd": [5]}, [], "digests as strings", id="sd-number"),
        pytest.param({"list": [{"...": 5}]}, [], "digests as strings", id="dots-number"),
        pytest.param({"_sd": ["x", "x"]}, [], "each digest once", id="sdjwt-digest-twice"),
        pytest.param({"_sd": ["x"], "a": [{"...": "x"}]}, [], "each digest once", id="digest-two-kinds"),
        pytest.param({"_sd": [CITY.digest, ADDRESS.digest]}, [CITY, ADDRESS], "each digest once", id="nested-twice"),
        pytest.param({}, [CITY], "a digest for each disclosure", id="sdjwt-unreferenced"),
        pytest.param({"_sd": [OF_JSON]}, [CITY], "a digest for each disclosure", id="sdjwt-hash-of-json"),
        pytest.param(NESTED, [CITY], "a digest for each disclosure", id="sdjwt-orphan-recursive"),
        pytest.param({"_sd": [CITY.digest]}, [CITY, CITY], "each disclosure once", id="sdjwt-disclosure-twice"),
        pytest.param({"_sd": [CITY.digest], "city": 1}, [CITY], "not there yet", id="sdjwt-name-exists"),
        pytest.param({"_sd": [FIRST.digest]}, [FIRST], "not there yet", id="element-as-claim"),
        pytest.param({"list": [{"...": CITY.digest}]}, [CITY], "of an array element", id="claim-as-element"),
    ],
)
def test_refuses_a_structure_with_one_fault(
    payload: dict[str, Any], disclosures: list[Disclosure], message: str
) -> None:
    with pytest.raises(SdJwtError, match=message):
        sd_jwt(payload, *disclosures).process()


@pytest.mark.parametrize(
    ("encoded", "message"),
    [
        pytest.param("", "base64url of a JSON array", id="empty"),
        pytest.param("%%%", "base64url of a JSON array", id="sdjwt-disclosure-not-b64"),
        pytest.param(raw(["s", "a", 1]) + "=", "base64url of a JSON array", id="padded"),
        pytest.param(raw({"salt": "s"}), "as an array of a salt", id="sdjwt-disclosure-not-array"),
        pytest.param(raw([]), "as an array of a salt", id="no-members"),
        pytest.param(raw(["s"]), "as an array of a salt", id="one-member"),
        pytest.param(raw(["s", "a", 1, 2]), "as an array of a salt", id="sdjwt-disclosure-length"),
        pytest.param(raw([5, "a", 1]), "as an array of a salt", id="sdjwt-salt-number"),
        pytest.param(raw(["s", 5, 1]), "name in a disclosure", id="name-number"),
        pytest.param(raw(["s", "_sd", 1]), "name in a disclosure", id="sdjwt-name-sd"),
        pytest.param(raw(["s", "...", 1]), "name in a disclosure", id="sdjwt-name-dots"),
        pytest.param(b64url_encode(b'["s","a",{"b":1,"b":2}]'), "base64url of a JSON array", id="member-twice"),
        pytest.param(b64url_encode(b'["s","a",NaN]'), "base64url of a JSON array", id="nan"),
        pytest.param(b64url_encode(b"[" * 10000), "base64url of a JSON array", id="deep"),
    ],
)
def test_refuses_a_disclosure_that_is_malformed(encoded: str, message: str) -> None:
    with pytest.raises(SdJwtError, match=message):
        sd_jwt({}, encoded)


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        pytest.param("e30.e30.AAAA", SdJwtError, "got no ~", id="sdjwt-no-tilde"),
        pytest.param("", SdJwtError, "got no ~", id="empty"),
        pytest.param("~", JoseError, "3 parts, got 1", id="tilde-only"),
        pytest.param("e30.e30.AAAA~~", SdJwtError, "base64url of a JSON array", id="two-tildes"),
        pytest.param("e30.W10.AAAA~", EncodingError, "a JSON object, got list", id="payload-array"),
        pytest.param("e30.e30.AAAA~é", SdJwtError, "ASCII characters", id="not-ascii"),
        pytest.param("e30.e30.AAAA~" + "e30~" * 100_000, SdJwtError, "at most 256", id="sdjwt-huge"),
        pytest.param("e30.e30.AAAA~" + "e30~" * (MAX_DISCLOSURES + 1), SdJwtError, "at most 256", id="many"),
        pytest.param("A" * (MAX_SD_JWT_BYTES + 1), SdJwtError, "at most 524288", id="long"),
    ],
)
def test_refuses_what_is_no_sd_jwt(text: str, error: type[CredentialError], message: str) -> None:
    with pytest.raises(error, match=message):
        SdJwt.parse(text)


@pytest.mark.parametrize("algorithm", ["md5", "sha-1", "SHA-256", "sha-256-32", "", 5, None])
def test_refuses_an_unknown_or_weak_hash(algorithm: object) -> None:
    with pytest.raises(SdJwtError, match="expected _sd_alg"):
        sd_jwt({"_sd_alg": algorithm})


def test_disclosures_cannot_nest_without_end() -> None:
    chain = [disclosure("s", "end", 1)]
    for level in range(MAX_DEPTH + 1):
        chain.append(disclosure("s", f"level{level}", {"_sd": [chain[-1].digest]}))
    with pytest.raises(SdJwtError, match="nested at most 32 deep"):
        sd_jwt({"_sd": [chain[-1].digest]}, *chain).process()


@pytest.mark.parametrize("nested", [pytest.param(b'{"a":' * 10_000 + b"1" + b"}" * 10_000, id="sdjwt-deep")])
def test_deep_nesting_is_refused_without_a_crash(nested: bytes) -> None:
    with pytest.raises(EncodingError, match="nested at most 64 deep"):
        SdJwt.parse(f"e30.{b64url_encode(nested)}.AAAA~")


def test_a_selection_brings_the_parents_along_and_nothing_else() -> None:
    """RFC 9901 7.2: what is disclosed must connect to the signed part."""
    other = disclosure("s5", "other", 1)
    issued = sd_jwt({"_sd": [ADDRESS.digest, other.digest], "sub": "x"}, CITY, ADDRESS, other)
    prefix = issued.jws.compact
    assert issued.select([]) == f"{prefix}~"
    assert issued.select([("sub",)]) == f"{prefix}~"
    assert issued.select([("address",)]) == f"{prefix}~{ADDRESS.encoded}~"
    assert issued.select([("address", "country")]) == f"{prefix}~{ADDRESS.encoded}~"
    assert issued.select([("address", "city")]) == f"{prefix}~{CITY.encoded}~{ADDRESS.encoded}~"
    assert issued.select([("other",), ("address", "city")]) == issued.text


def test_an_element_of_an_array_is_selected_by_its_position() -> None:
    issued = sd_jwt({"list": [{"...": FIRST.digest}, {"...": SECOND.digest}]}, FIRST, SECOND, CITY)
    assert issued.select([("list", 1)]) == f"{issued.jws.compact}~{SECOND.encoded}~"
    assert SdJwt.parse(issued.select([("list", 1, "city")])).process().claims == {"list": [{"city": "Bern"}]}


@pytest.mark.parametrize(
    "path", [("absent",), ("address", "absent"), ("sub", 0), ("address", 0), ("list", -1), ("list", 5)]
)
def test_a_path_to_nothing_is_an_error(path: tuple[str | int, ...]) -> None:
    issued = sd_jwt({**NESTED, "list": [1]}, CITY, ADDRESS)
    with pytest.raises(SdJwtError, match="a path to a claim"):
        issued.select([path])


def test_a_selection_leaves_the_key_binding_out() -> None:
    bound = SdJwt.parse(sd_jwt(NESTED, CITY, ADDRESS).text + "e30.e30.AAAA")
    assert bound.key_binding_jwt == "e30.e30.AAAA"
    assert bound.select([("address",)]).endswith(f"{ADDRESS.encoded}~")
    assert bound.presentation + "e30.e30.AAAA" == bound.text
