"""The Review: cards, optional fields asked in both ways, and choices that go beyond it."""

from typing import Any

import pytest

from billfold.core.dcql.match import HeldCredential, match
from billfold.core.openid4vp.response import plan_response
from billfold.core.openid4vp.review import Choice, Pick, Review, review
from billfold.errors import StateError
from tests.support.requests import VCT, credential_query, dcql, request_for

NAMES = ("given_name", "family_name", "age", "email")


def held(name: str, *fields: str, unusable: str | None = None, vct: str = VCT, bound: bool = True) -> HeldCredential:
    claims: dict[str, Any] = {"vct": vct, **{field: f"{field} of {name}" for field in fields or NAMES}}
    disclosable = frozenset((field,) for field in fields or NAMES)
    return HeldCredential(name, "dc+sd-jwt", (vct,), claims, disclosable, bound, unusable=unusable)


PER_FIELD = dcql(
    credential_query("base", "given_name"),
    credential_query("age", "age"),
    credential_query("email", "email"),
    sets=[
        {"options": [["base"]]},
        {"options": [["age"]], "required": False},
        {"options": [["email"]], "required": False},
    ],
)
WHOLE = dcql(
    credential_query("q0", "given_name"),
    credential_query("q1", "given_name", "age"),
    credential_query("q2", "given_name", "email"),
    credential_query("q3", "given_name", "age", "email"),
    sets=[{"options": [["q0"], ["q1"], ["q2"], ["q3"]]}],
)


def planned(found: Review, *picks: Pick) -> dict[str, Any]:
    plan = plan_response(found, found.choose(picks or found.default_picks()))
    return {entry.query_id: (entry.credential_id, [path[0] for path in entry.paths]) for entry in plan}


def test_one_card_shows_required_and_optional_fields_asked_per_field() -> None:
    found = review(request_for(PER_FIELD), [held("a"), held("b", "given_name", "email")])

    [group] = found.groups
    assert group.required
    assert [field.id for field in group.optional] == ["age", "email"]
    first, second = group.candidates
    assert [place.value for place in first.required] == ["given_name of a"]
    assert set(first.optional) == {"age", "email"}
    assert set(second.optional) == {"email"}
    assert second.optional["email"][0].value == "email of b"


def test_nothing_optional_is_selected_beforehand() -> None:
    found = review(request_for(PER_FIELD), [held("a"), held("b")])
    assert planned(found) == {"base": ("a", ["given_name"])}


def test_ticked_fields_come_from_the_same_cred() -> None:
    found = review(request_for(PER_FIELD), [held("a"), held("b")])
    answers = planned(found, Pick(0, ("b",), frozenset({"email"})))
    assert answers == {"base": ("b", ["given_name"]), "email": ("b", ["email"])}


def test_one_card_shows_fields_asked_as_a_whole() -> None:
    found = review(request_for(WHOLE), [held("a"), held("b", "given_name", "email")])

    [group] = found.groups
    assert group.query.id == "q0"
    assert [field.id for field in group.optional] == ["age", "email"]
    assert set(group.candidates[1].optional) == {"email"}
    assert planned(found) == {"q0": ("a", ["given_name"])}
    assert planned(found, Pick(0, ("a",), frozenset({"age", "email"}))) == {"q3": ("a", ["given_name", "age", "email"])}
    assert planned(found, Pick(0, ("b",), frozenset({"email"}))) == {"q2": ("b", ["given_name", "email"])}


def test_a_combination_that_is_not_offered_is_refused() -> None:
    query = dcql(
        credential_query("q0", "given_name"),
        credential_query("q3", "given_name", "age", "email"),
        sets=[{"options": [["q0"], ["q3"]]}],
    )
    found = review(request_for(query), [held("a")])
    with pytest.raises(StateError, match="a combination of optional fields"):
        found.choose([Pick(0, ("a",), frozenset({"age"}))])


def test_other_types_are_cards_of_their_own() -> None:
    other = "https://issuer.example/types/pass"
    query = dcql(
        credential_query("base", "given_name"),
        credential_query("pass", "email", meta={"vct_values": [other]}),
        sets=[{"options": [["base"]]}, {"options": [["pass"]], "required": False}],
    )
    found = review(request_for(query), [held("a"), held("p", vct=other)])

    assert [(group.query.id, group.required) for group in found.groups] == [("base", True), ("pass", False)]
    assert planned(found) == {"base": ("a", ["given_name"])}
    assert planned(found, *found.default_picks(), Pick(1, ("p",)))["pass"] == ("p", ["email"])


def test_alternatives_of_other_types_stay_a_choice() -> None:
    other = "https://issuer.example/types/pass"
    query = dcql(
        credential_query("a", "given_name"),
        credential_query("b", "email", meta={"vct_values": [other]}),
        credential_query("c", "age", meta={"vct_values": [other]}),
        sets=[{"options": [["a"], ["b", "c"]]}],
    )
    found = review(request_for(query), [held("p", vct=other)])

    assert [(group.option_index, group.query.id) for group in found.groups] == [(0, "a"), (1, "b"), (1, "c")]
    assert planned(found) == {"b": ("p", ["email"]), "c": ("p", ["age"])}


@pytest.mark.parametrize("row", [pytest.param("passport", id="ro-no-match")])
def test_says_why_a_cred_does_not_match(row: str) -> None:
    query = dcql(credential_query("base", "given_name", row))
    found = review(
        request_for(query),
        [held("a"), held("b", unusable="expired"), held("c", vct="https://x.example"), held("d", bound=False)],
    )

    assert not found.is_answerable
    misses = {miss.credential_id: (miss.code, miss.reason) for miss in found.groups[0].misses}
    assert misses["a"] == ("missing_claim", "expected claim passport")
    assert misses["b"] == ("unusable", "expected a usable credential, got one that is expired")
    assert misses["c"][0] == "wrong_type"
    assert misses["d"][0] == "not_bound"
    with pytest.raises(StateError, match="that the Creds held can answer"):
        found.default_picks()


def test_several_creds_where_the_request_allows_them() -> None:
    many = review(request_for(dcql(credential_query("base", "age", multiple=True))), [held("a"), held("b")])
    plan = plan_response(many, many.choose([Pick(0, ("a", "b"))]))
    assert [entry.credential_id for entry in plan] == ["a", "b"]


@pytest.mark.parametrize(
    ("pick", "message"),
    [
        (Pick(1, ("a",)), "a group of this review"),
        (Pick(-1, ("a",)), "a group of this review"),
        (Pick(0, ("x",)), "a Cred that this group offers"),
        (Pick(0, ()), "a Cred that this group offers"),
        (Pick(0, ("a", "b")), "one unless several"),
        (Pick(0, ("a",), frozenset({"x"})), "optional fields that this Cred has"),
        (Pick(0, ("b",), frozenset({"age"})), "optional fields that this Cred has"),
    ],
)
def test_refuses_a_pick_that_is_not_offered(pick: Pick, message: str) -> None:
    found = review(request_for(PER_FIELD), [held("a"), held("b", "given_name")])
    with pytest.raises(StateError, match=message):
        found.choose([pick])


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "presentations for base"),
        ({"age": ("a",)}, "presentations for base"),
        ({"base": ("a", "b")}, "one presentation"),
        ({"base": ("a",), "x": ("a",)}, "of this request only"),
        ({"base": ("x",)}, "a Cred that answers its query"),
    ],
)
def test_no_plan_for_a_choice_that_does_not_answer(answers: dict[str, tuple[str, ...]], message: str) -> None:
    found = review(request_for(PER_FIELD), [held("a"), held("b")])
    with pytest.raises(StateError, match=message):
        plan_response(found, Choice(answers))


def test_what_stands_in_the_clear_is_shown_without_a_disclosure() -> None:
    claims = {"vct": VCT, "given_name": "Erika", "email": "e@example.com"}
    credential = HeldCredential("a", "dc+sd-jwt", (VCT,), claims, frozenset([("email",)]))
    found = review(request_for(dcql(credential_query("q", "given_name", "email"))), [credential])
    [plan] = plan_response(found, found.choose(found.default_picks()))
    assert (plan.paths, plan.shown) == ((("email",),), (("given_name",), ("email",)))


def test_only_review_makes_a_review() -> None:
    found = match(PER_FIELD, [])
    with pytest.raises(StateError, match="made by review"):
        Review(request_for(PER_FIELD), (), found, object())


def test_a_whole_object_is_shown_with_everything_inside() -> None:
    """Section 7.1: recursive disclosures go along."""
    claims = {"vct": VCT, "address": {"locality": "Bonn", "country": "DE"}}
    places = [("address",), ("address", "locality"), ("address", "country")]
    credential = HeldCredential("a", "dc+sd-jwt", (VCT,), claims, frozenset(places))
    found = review(request_for(dcql(credential_query("q", "address"))), [credential])
    [plan] = plan_response(found, found.choose(found.default_picks()))
    assert sorted(plan.paths) == sorted(places)
