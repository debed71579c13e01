"""Types that extend others, and credentials that must follow their type."""

import json
from typing import Any

import pytest

from billfold.core.sdjwt.type_metadata import ClaimMetadata, TypeMetadata, integrity
from billfold.core.sdjwt.type_rules import MAX_ANCESTORS, check_claims, places, resolve
from billfold.errors import MetadataError
from tests.support.vectors import VECTORS, load_json

FOLDER = VECTORS / "sd-jwt-vc" / "type-metadata"
DOCUMENT = load_json("sd-jwt-vc", "type-metadata", "claim_path_document.json")
A, B = "https://a.example/a", "https://a.example/b"


def documents(*entries: dict[str, Any]) -> dict[str, bytes]:
    return {entry["vct"]: json.dumps(entry).encode() for entry in entries}


def typed(*claims: dict[str, Any]) -> TypeMetadata:
    return TypeMetadata.parse(json.dumps({"vct": A, "claims": claims}).encode())


def test_merges_the_printed_types() -> None:
    """SD-JWT VC 4.6.5.2, in the printed order."""
    both = {
        document["vct"]: json.dumps(document).encode()
        for document in (load_json("sd-jwt-vc", "type-metadata", f"extends_{name}.json") for name in ("base", "custom"))
    }
    merged = resolve("https://example.com/custom-type-metadata", both)
    effective = load_json("sd-jwt-vc", "type-metadata", "extends_effective.json")
    assert json.loads(merged.to_json())["claims"] == effective["claims"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (["name"], [("name",)]),
        (["address"], [("address",)]),
        (["address", "street_address"], [("address", "street_address")]),
        (["degrees", None, "type"], [("degrees", 0, "type"), ("degrees", 1, "type")]),
        (["nationalities", 1], [("nationalities", 1)]),
        (["nationalities", 5], []),
        (["absent", "deeper"], []),
        (["degrees", None, "absent"], []),
    ],
)
def test_a_claim_path_selects_what_is_there(path: list[Any], expected: list[tuple[str | int, ...]]) -> None:
    """SD-JWT VC 4.6.1.1; unlike in DCQL nothing found is no error."""
    assert list(places(DOCUMENT, ClaimMetadata(path=tuple(path)))) == expected


@pytest.mark.parametrize(
    ("path", "message"),
    [(["name", "first"], "expected an object"), (["address", None], "expected an array"), (["name", 0], "an array")],
)
def test_a_claim_path_that_meets_another_kind_of_value_is_an_error(path: list[Any], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        places(DOCUMENT, ClaimMetadata(path=tuple(path)))


def test_members_that_a_child_does_not_name_are_inherited() -> None:
    parent = {
        "vct": B,
        "name": "Parent",
        "display": [{"locale": "en", "name": "Parent"}],
        "claims": [{"path": ["a"], "sd": "always", "mandatory": True, "display": [{"locale": "en", "label": "A"}]}],
    }
    child = {"vct": A, "extends": B, "claims": [{"path": ["a"], "display": [{"locale": "en", "label": "Mine"}]}]}
    found = resolve(A, documents(parent, child))
    assert (found.vct, found.name, found.display[0].name, found.extends) == (A, "Parent", "Parent", None)
    (claim,) = found.claims
    assert (claim.sd, claim.mandatory, claim.display[0].label) == ("always", True, "Mine")


PARENT = {"vct": B, "claims": [{"path": ["a"], "sd": "always", "mandatory": True}]}
BAD_HASH = {"vct": A, "extends": B, "extends#integrity": integrity(b"other")}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        pytest.param([{"vct": A, "extends": A}], "never itself", id="tm-extends-self"),
        pytest.param([{"vct": A, "extends": B}, {"vct": B, "extends": A}], "never itself", id="tm-extends-loop"),
        pytest.param([{"vct": A, "extends": B}], f"Type Metadata of {B}", id="parent-missing"),
        pytest.param([BAD_HASH, PARENT], "fits its integrity", id="tm-extends-integrity"),
        pytest.param(
            [{"vct": A, "extends": B, "claims": [{"path": ["a"], "sd": "never"}]}, PARENT],
            "keeps sd always",
            id="tm-extends-sd",
        ),
        pytest.param(
            [{"vct": A, "extends": B, "claims": [{"path": ["a"], "sd": "allowed"}]}, PARENT],
            "keeps sd always",
            id="extends-sd-loosened",
        ),
        pytest.param(
            [{"vct": A, "extends": B, "claims": [{"path": ["a"], "mandatory": False}]}, PARENT],
            "keeps mandatory claims",
            id="tm-extends-mandatory",
        ),
    ],
)
def test_refuses_an_inheritance_with_one_fault(given: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(MetadataError, match=message):
        resolve(A, documents(*given))


def test_a_child_may_narrow_what_its_parent_left_open() -> None:
    child = {"vct": A, "extends": B, "claims": [{"path": ["a"], "sd": "never", "mandatory": True}]}
    (claim,) = resolve(A, documents(child, {"vct": B, "claims": [{"path": ["a"]}]})).claims
    assert (claim.sd, claim.mandatory) == ("never", True)


def test_a_line_of_ancestors_has_an_end() -> None:
    line = [{"vct": f"t{i}", "extends": f"t{i + 1}"} for i in range(MAX_ANCESTORS + 2)]
    with pytest.raises(MetadataError, match="extends up to 8 others"):
        resolve("t0", documents(*line))


@pytest.mark.parametrize(
    ("claim", "disclosed", "complete", "message"),
    [
        pytest.param({"path": ["name"], "sd": "always"}, [], True, "as a disclosure", id="tm-sd-always"),
        pytest.param({"path": ["name"], "sd": "always"}, [], False, "as a disclosure", id="tm-sd-always-presented"),
        pytest.param({"path": ["name"], "sd": "never"}, [("name",)], True, "in the clear", id="tm-sd-never"),
        pytest.param({"path": ["x"], "mandatory": True}, [], True, "every mandatory", id="tm-mandatory-holder"),
        pytest.param({"path": ["name", 0]}, [], True, "expected an array", id="wrong-kind"),
    ],
)
def test_a_credential_that_breaks_its_type_is_refused(
    claim: dict[str, Any], disclosed: list[tuple[str, ...]], message: str, *, complete: bool
) -> None:
    with pytest.raises(MetadataError, match=message):
        check_claims(typed(claim), DOCUMENT, disclosed, complete=complete)


@pytest.mark.parametrize("claim", [pytest.param({"path": ["x"], "mandatory": True}, id="tm-mandatory-verifier")])
def test_a_requester_concludes_nothing_from_what_it_does_not_see(claim: dict[str, Any]) -> None:
    check_claims(typed(claim), DOCUMENT, [], complete=False)


def test_a_credential_that_follows_its_type_is_accepted() -> None:
    rules = typed(
        {"path": ["name"], "sd": "always", "mandatory": True},
        {"path": ["vct"], "sd": "never"},
        {"path": ["degrees", None, "type"], "sd": "allowed"},
        {"path": ["absent"], "sd": "always"},
        {"path": ["nationalities", 0], "sd": "never"},
    )
    check_claims(rules, DOCUMENT, [("name",)], complete=True)
    check_claims(rules, DOCUMENT, [("name",), ("nationalities", 0)], complete=False)
