"""DCQL: all cases of the vectors, for the wallet's matcher, the query's reader and the verifier's check."""

from collections.abc import Iterator
from typing import Any

import pytest

from billfold.core.dcql.answer import check_answer
from billfold.core.dcql.match import HeldCredential, Match, match, match_credential
from billfold.core.dcql.optional import alternatives
from billfold.core.dcql.path import ConcretePath, select
from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.encoding import Json
from billfold.errors import ClaimPathError, QueryMismatch, RequestRefused
from tests.support.vectors import load_json

CASES = load_json("dcql", "cases.json")
PATHS = load_json("dcql", "claim_paths.json")
MALFORMED = [case for case in CASES if case["expect"]["outcome"] == "invalid_request"]
WELL_FORMED = [case for case in CASES if case not in MALFORMED]
ANSWERED = [case for case in WELL_FORMED if case["expect"]["outcome"] == "vp_token"]

Shown = Any  # a document on its way to the verifier

by_id = pytest.mark.parametrize("case", WELL_FORMED, ids=lambda case: case["id"])
answered = pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case["id"])


def places(value: Json, path: ConcretePath = ()) -> Iterator[ConcretePath]:
    """Yield every place inside *value*."""
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def pool(name: str, entry: dict[str, Any]) -> HeldCredential:
    claims = entry.get("claims", entry.get("namespaces"))
    clear = {tuple(path) for path in entry.get("always_disclosed", [])}
    types = (entry.get("vct") or entry["doctype"], *entry.get("extends", []))
    disclosable = frozenset(set(places(claims)) - clear)
    return HeldCredential(
        name, entry["format"], types, claims, disclosable, entry["holder_bound"], frozenset(entry["aki"])
    )


POOL = {name: pool(name, entry) for name, entry in load_json("dcql", "credentials.json").items()}


def found_for(case: dict[str, Any]) -> tuple[DcqlQuery, Match]:
    query = parse_query(case["query"])
    return query, match(query, [POOL[name] for name in case["wallet"]])


@by_id
def test_finds_the_credentials_that_answer(case: dict[str, Any]) -> None:
    _, found = found_for(case)
    matches = {name: [entry.credential.id for entry in entries] for name, entries in found.matches.items()}
    assert matches == case["expect"]["matches"]


@by_id
def test_discloses_exactly_what_is_asked(case: dict[str, Any]) -> None:
    _, found = found_for(case)
    disclosed = {
        name: {entry.credential.id: [list(path) for path in entry.paths] for entry in entries}
        for name, entries in found.matches.items()
        if entries
    }
    assert disclosed == case["expect"]["disclose"]


@by_id
def test_chooses_the_first_claim_set_that_can_be_met(case: dict[str, Any]) -> None:
    _, found = found_for(case)
    chosen = {
        name: {entry.credential.id: entry.claim_set_index for entry in entries}
        for name, entries in found.matches.items()
        if any(entry.claim_set_index is not None for entry in entries)
    }
    assert chosen == case["expect"].get("claim_set_index", {})


def first_ids(found: Match, *, required: bool) -> set[str]:
    """Return the query ids of the first options that can be answered."""
    sets = [entry for entry in found.sets if entry.query.required is required and entry.satisfiable]
    return {name for entry in sets for name in entry.query.options[entry.satisfiable[0]]}


@by_id
def test_says_whether_and_with_which_queries_it_can_answer(case: dict[str, Any]) -> None:
    query, found = found_for(case)
    expected = case["expect"]
    if expected["outcome"] != "vp_token_or_access_denied":
        assert found.is_answerable is (expected["outcome"] == "vp_token")
    if found.is_answerable:
        first = first_ids(found, required=True)
        assert first == set(expected["vp_token_keys"])
        assert first_ids(found, required=False) - first == set(expected.get("optional_vp_token_keys", []))
    if query.credential_sets:
        sets = [
            {"required": entry.query.required, "satisfiable_options": list(entry.satisfiable)} for entry in found.sets
        ]
        assert sets == expected["credential_sets"]


@pytest.mark.parametrize("case", MALFORMED, ids=lambda case: case["id"])
def test_refuses_a_malformed_query(case: dict[str, Any]) -> None:
    with pytest.raises(RequestRefused, match="expected") as refused:
        parse_query(case["query"])
    assert refused.value.code == "invalid_request"


@by_id
def test_a_query_survives_the_wire(case: dict[str, Any]) -> None:
    query = parse_query(case["query"])
    assert parse_query(query.to_json()) == query


def presented(credential: HeldCredential, paths: list[list[str | int]]) -> HeldCredential:
    """Return what a verifier sees of *credential*: what is always disclosed, and *paths*."""
    shown: dict[str, Any] = {}
    clear = [path for path in places(credential.claims) if path not in credential.disclosable]
    for path in (*clear, *map(tuple, paths)):
        _place(shown, credential.claims, path)
    return HeldCredential(
        credential.id,
        credential.format,
        credential.types,
        shown,
        frozenset(map(tuple, paths)),
        credential.holder_bound,
        credential.authority_key_ids,
    )


def _place(shown: Shown, full: Shown, path: ConcretePath) -> None:
    """Copy what is at *path*; an array is kept whole, so that its indexes stay what they were."""
    step, *rest = path
    if not rest or isinstance(full[step], list):
        shown[step] = full[step]
    else:
        _place(shown.setdefault(step, {}), full[step], tuple(rest))


def answer_of(case: dict[str, Any]) -> dict[str, list[HeldCredential]]:
    """The response that `expect` describes: the first matching credential for each key of the vp_token."""
    answer: dict[str, list[HeldCredential]] = {}
    for name in case["expect"]["vp_token_keys"]:
        holder = case["expect"]["matches"][name][0]
        answer[name] = [presented(POOL[holder], case["expect"]["disclose"][name][holder])]
    return answer


def check(query: DcqlQuery, answer: dict[str, list[HeldCredential]]) -> None:
    """What the verifier asks of the shape and the contents of an answer."""
    check_answer(query, {name: len(entries) for name, entries in answer.items()})
    for name, entries in answer.items():
        for entry in entries:
            match_credential(query.by_id(name), entry)


@answered
def test_the_verifier_accepts_the_expected_answer(case: dict[str, Any]) -> None:
    check(parse_query(case["query"]), answer_of(case))


@answered
def test_the_verifier_refuses_an_answer_with_one_change(case: dict[str, Any]) -> None:
    """One key removed, one extra key, one claim missing, an empty array, two presentations without `multiple`."""
    query, answer = parse_query(case["query"]), answer_of(case)
    first = next(iter(answer))
    changed = {
        "removed": {name: entries for name, entries in answer.items() if name != first},
        "extra": {**answer, "extra-key": answer[first]},
        "empty": {**answer, first: []},
    }
    if not query.by_id(first).multiple:
        changed["two"] = {**answer, first: answer[first] * 2}
    for entries in changed.values():
        with pytest.raises(RequestRefused, match="expected"):
            check(query, entries)


@answered
def test_the_verifier_refuses_a_missing_claim(case: dict[str, Any]) -> None:
    query = parse_query(case["query"])
    for name in case["expect"]["vp_token_keys"]:
        holder = case["expect"]["matches"][name][0]
        asked = case["expect"]["disclose"][name][holder]
        for position, left_out in enumerate(asked):
            if any(isinstance(step, int) for step in left_out):
                continue  # `presented` keeps arrays whole
            shown = presented(POOL[holder], asked[:position] + asked[position + 1 :])
            with pytest.raises(QueryMismatch, match=r"expected (the )?claim"):
                match_credential(query.by_id(name), shown)


@pytest.mark.parametrize("case", PATHS["cases"], ids=lambda case: case["why"])
def test_selects_what_a_path_names(case: dict[str, Any]) -> None:
    path = tuple(case["path"])
    if case["select"] == "error":
        with pytest.raises(ClaimPathError, match="expected"):
            select(PATHS["document"], path)
    else:
        assert [place.value for place in select(PATHS["document"], path)] == case["select"]


def asking(query_id: str, *names: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    return {
        "id": query_id,
        "format": "dc+sd-jwt",
        "meta": {"vct_values": ["x"]},
        "claims": [{"path": [name]} for name in names],
        **members,
    }


@pytest.mark.parametrize(
    "options",
    [
        [asking("a", "n"), asking("b", "n", "e", meta={"vct_values": ["y"]})],
        [asking("a", "n"), asking("b", "e")],
        [asking("a", "n"), asking("b", "n")],
        [asking("a", "n"), asking("b", "n", "e", multiple=True)],
    ],
)
def test_alternatives_that_are_no_larger_form_of_the_first_are_no_optional_fields(options: list[Any]) -> None:
    query = parse_query({"credentials": options, "credential_sets": [{"options": [["a"], ["b"]]}]})
    assert alternatives(query, query.sets()[0]) == {}


def test_a_query_is_found_by_its_id_only() -> None:
    query = parse_query({"credentials": [asking("a", "n")]})
    assert query.by_id("a").id == "a"
    with pytest.raises(KeyError, match="b"):
        query.by_id("b")


def test_an_array_of_numbers_is_no_array_of_texts() -> None:
    with pytest.raises(RequestRefused, match="vct_values as an array of texts"):
        parse_query({"credentials": [asking("a", "n", meta={"vct_values": [1]})]})
