"""DCQL: on any query and any Creds, the matcher says what the rules say, read here once more and naively.

Source: OpenID4VP 1.0 sections 6.1, 6.3, 6.4.1, 6.4.2 and 7.1.1. The oracle looks at every place of a document and asks
whether the rules let the path lead there; it walks no path, as the product does.
"""

from collections.abc import Iterator
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.dcql.match import HeldCredential, match
from billfold.core.dcql.path import ConcretePath
from billfold.core.dcql.query import parse_query
from billfold.core.encoding import Json

Pattern = tuple[str | int | None, ...]
TYPES = ("https://a.example/x", "https://a.example/y")
FORMATS = ("dc+sd-jwt", "dc+sd-jwt", "dc+sd-jwt", "other-format")
VALUES = (True, 1, "v")
NAMES = "ab"
EXAMPLES = 300

documents = st.dictionaries(
    st.sampled_from(NAMES),
    st.recursive(
        st.sampled_from([*VALUES, None]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)
paths = st.tuples(st.sampled_from(NAMES), st.lists(st.sampled_from([*NAMES, None, 0, 1]), max_size=2)).map(
    lambda pair: [pair[0], *pair[1]]
)
claims = st.fixed_dictionaries(
    {"path": paths}, optional={"values": st.lists(st.sampled_from(VALUES), min_size=1, max_size=2)}
)


@st.composite
def credential_queries(draw: st.DrawFn, query_id: str) -> dict[str, Any]:
    """A credential query with or without claims, claim sets and a demand for a holder key."""
    query: dict[str, Any] = {
        "id": query_id,
        "format": "dc+sd-jwt",
        "meta": {"vct_values": draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))},
        "require_cryptographic_holder_binding": draw(st.booleans()),
    }
    asked = draw(st.lists(claims, max_size=3, unique_by=str))
    if not asked:
        return query
    query["claims"] = [{**claim, "id": f"c{number}"} for number, claim in enumerate(asked)]
    ids = [claim["id"] for claim in query["claims"]]
    sets = draw(st.lists(st.lists(st.sampled_from(ids), min_size=1, max_size=3, unique=True), max_size=2))
    return {**query, "claim_sets": sets} if sets else query


@st.composite
def queries(draw: st.DrawFn) -> dict[str, Any]:
    """A query of one to three credential queries, with or without sets."""
    ids = [f"q{number}" for number in range(draw(st.integers(1, 3)))]
    query: dict[str, Any] = {"credentials": [draw(credential_queries(name)) for name in ids]}
    option = st.lists(st.sampled_from(ids), min_size=1, max_size=2, unique=True)
    entry = st.fixed_dictionaries(
        {"options": st.lists(option, min_size=1, max_size=2), "required": st.booleans()},
    )
    sets = draw(st.lists(entry, max_size=2))
    return {**query, "credential_sets": sets} if sets else query


@st.composite
def wallets(draw: st.DrawFn) -> list[HeldCredential]:
    """Up to three Creds; some of their places are always disclosed."""
    held = []
    for number in range(draw(st.integers(0, 3))):
        document = draw(documents)
        places = sorted({path for path, _ in places_of(document) if path}, key=str)
        hidden = draw(st.frozensets(st.sampled_from(places))) if places else frozenset()
        types = (draw(st.sampled_from(TYPES)),)
        bound, form = draw(st.booleans()), draw(st.sampled_from(FORMATS))
        held.append(HeldCredential(f"h{number}", form, types, document, hidden, holder_bound=bound))
    return held


def places_of(value: Json, path: ConcretePath = ()) -> Iterator[tuple[ConcretePath, Json]]:
    """Yield every place of a document, itself first."""
    yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places_of(child, (*path, key))


def leads_to(pattern: Pattern, path: ConcretePath) -> bool:
    """Say whether each step of *path* is one that *pattern* allows: the same name or index, null any index."""
    return len(pattern) == len(path) and all(
        isinstance(step, int) if wanted is None else type(wanted) is type(step) and wanted == step
        for wanted, step in zip(pattern, path, strict=True)
    )


def selected(document: Json, pattern: Pattern) -> dict[ConcretePath, Json] | None:
    """Return what *pattern* selects, or None where it selects nothing or meets a value of another kind on its way."""
    everything = dict(places_of(document))
    for path, value in everything.items():
        if len(path) < len(pattern) and leads_to(pattern[: len(path)], path):
            kind = dict if isinstance(pattern[len(path)], str) else list
            if not isinstance(value, kind):
                return None
    return {path: value for path, value in everything.items() if leads_to(pattern, path)} or None


def answer_to(claim: dict[str, Any], document: Json) -> dict[ConcretePath, Json] | None:
    """Return what a claims query selects; with values, what has one of them in type and value."""
    found = selected(document, tuple(claim["path"]))
    if found is None or "values" not in claim:
        return found
    wanted = {(type(value), value) for value in claim["values"]}
    hashable = {path: value for path, value in found.items() if isinstance(value, str | int | bool)}
    return {path: value for path, value in hashable.items() if (type(value), value) in wanted} or None


def expected(query: dict[str, Any], held: HeldCredential) -> set[ConcretePath] | None:
    """Return the places that *held* shows in answer to a credential query, or None where it is no answer."""
    if held.format != query["format"] or not set(query["meta"]["vct_values"]) & set(held.types):
        return None
    if query["require_cryptographic_holder_binding"] and not held.holder_bound:
        return None
    by_id = {claim["id"]: claim for claim in query.get("claims", ())}
    for names in query.get("claim_sets", [list(by_id)]):
        answers = [answer_to(by_id[name], held.claims) for name in names]
        if None not in answers:
            return {path for answer in answers if answer is not None for path in answer}
    return None


@given(query=queries(), held=wallets())
@settings(max_examples=EXAMPLES)
def test_it_finds_what_the_rules_find(query: dict[str, Any], held: list[HeldCredential]) -> None:
    found = match(parse_query(query), held)
    for entry in query["credentials"]:
        oracle = {each.id: shown for each in held if (shown := expected(entry, each)) is not None}
        ours = {each.credential.id: {place.path for place in each.selected} for each in found.matches[entry["id"]]}
        assert ours == oracle


@given(query=queries(), held=wallets())
@settings(max_examples=EXAMPLES)
def test_sets_are_answered_by_what_answers_all_of_an_option(query: dict[str, Any], held: list[HeldCredential]) -> None:
    answered = {
        entry["id"] for entry in query["credentials"] if any(expected(entry, each) is not None for each in held)
    }
    alone = [{"options": [[entry["id"]]], "required": True} for entry in query["credentials"]]
    sets = query.get("credential_sets", alone)
    met = [any(set(option) <= answered for option in entry["options"]) for entry in sets]
    required = [good for good, entry in zip(met, sets, strict=True) if entry["required"]]

    assert match(parse_query(query), held).is_answerable is (all(required) and any(met))


@given(query=queries(), held=wallets())
@settings(max_examples=EXAMPLES)
def test_nothing_is_shown_that_was_not_asked_for(query: dict[str, Any], held: list[HeldCredential]) -> None:
    """What is disclosed lies at the end of a path that the query names, and is hidden without a disclosure."""
    found = match(parse_query(query), held)
    for entry in query["credentials"]:
        patterns = [tuple(claim["path"]) for claim in entry.get("claims", ())]
        for each in found.matches[entry["id"]]:
            assert all(any(leads_to(pattern, path) for pattern in patterns) for path in each.paths)
            hidden = each.credential.disclosable
            for path in each.paths:
                assert any(path[: len(other)] == other or other[: len(path)] == path for other in hidden)


@given(query=queries(), held=wallets(), more=wallets())
@settings(max_examples=EXAMPLES)
def test_one_more_cred_takes_no_match_away(
    query: dict[str, Any], held: list[HeldCredential], more: list[HeldCredential]
) -> None:
    asked = parse_query(query)
    before, after = match(asked, held), match(asked, [*held, *more])
    for name, matches in before.matches.items():
        assert after.matches[name][: len(matches)] == matches
    assert after.is_answerable or not before.is_answerable


@given(query=queries(), held=wallets())
@settings(max_examples=EXAMPLES)
def test_the_order_of_creds_changes_nothing_but_the_order(query: dict[str, Any], held: list[HeldCredential]) -> None:
    asked = parse_query(query)
    outcomes = [match(asked, order) for order in permutations(held)]
    for name in outcomes[0].matches:
        assert len({frozenset(each.credential.id for each in found.matches[name]) for found in outcomes}) == 1
    assert len({found.is_answerable for found in outcomes}) == 1


@given(query=queries(), held=wallets())
@settings(max_examples=EXAMPLES)
def test_who_asks_for_less_is_answered_by_no_fewer(query: dict[str, Any], held: list[HeldCredential]) -> None:
    asked = parse_query(query)
    for entry in asked.credentials:
        bare = parse_query({"credentials": [{"id": entry.id, "format": entry.format, "meta": {"vct_values": TYPES}}]})
        with_claims = {each.credential.id for each in match(asked, held).matches[entry.id]}
        if entry.require_cryptographic_holder_binding:
            assert with_claims <= {each.credential.id for each in match(bare, held).matches[entry.id]}


@given(query=queries())
@settings(max_examples=EXAMPLES)
def test_a_query_survives_the_way_there_and_back(query: dict[str, Any]) -> None:
    asked = parse_query(query)
    assert parse_query(asked.to_json()) == asked
