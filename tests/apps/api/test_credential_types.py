"""Cred types by API: published, changed version by version, refused with words that say what to do."""

import asyncio
from typing import Any

import pytest

from tests.support.cred_types import MEMBERSHIP, SLUG, add_membership, field, publish
from tests.support.problems import assert_problem
from tests.support.wire import Wire

Json = dict[str, Any]


def with_field(**members: Any) -> Json:  # noqa: ANN401  # JSON of a test
    return {**MEMBERSHIP, "fields": [*MEMBERSHIP["fields"], field(**members)]}


def changed(claim: str, **members: Any) -> Json:  # noqa: ANN401  # JSON of a test
    fields = [{**f, **members} if f["claim"] == claim else f for f in MEMBERSHIP["fields"]]
    return {**MEMBERSHIP, "fields": fields}


async def test_a_type_is_published_and_read_again(either_wire: Wire) -> None:
    wire = either_wire
    made = await wire.api("POST", "/credential-types", {"slug": SLUG, "definition": MEMBERSHIP})
    assert made.status_code == 201, made.text
    view = made.json()
    assert (view["slug"], view["version"]) == (SLUG, 1)
    assert view["vct"] == f"{wire.identifier()}/types/{SLUG}"
    assert (await wire.api("GET", f"/credential-types/{SLUG}")).json() == view
    assert view in (await wire.api("GET", "/credential-types")).json()["items"]
    metadata = (await wire.issuer.get("/.well-known/openid-credential-issuer/o/northwind")).json()
    wire.clock.advance(seconds=10)
    metadata = (await wire.issuer.get("/.well-known/openid-credential-issuer/o/northwind")).json()
    look = metadata["credential_configurations_supported"][SLUG]["credential_metadata"]
    assert {d["locale"]: (d["name"], d["billfold_purpose"], d["billfold_places"]) for d in look["display"]} == {
        "en": ("Membership", "To enter the club.", "At every door."),
        "de": ("Mitgliedschaft", "Um den Klub zu betreten.", "An jeder Tür."),
    }
    paths = [claim["path"] for claim in look["claims"]]
    assert ["address", "city"] in paths
    assert ["nationalities", None] in paths


async def test_each_change_is_a_version_and_leaves_an_audit_entry(wire: Wire) -> None:
    await add_membership(wire)
    longer = {**MEMBERSHIP, "validity_days": 60}
    assert (await publish(wire, longer)).json()["version"] == 2
    versions = (await wire.api("GET", f"/credential-types/{SLUG}/versions")).json()["items"]
    assert [(v["version"], v["definition"]["validity_days"]) for v in versions] == [(1, 30), (2, 60)]
    assert (await wire.api("GET", f"/credential-types/{SLUG}/versions/1")).json() == versions[0]
    assert_problem(await wire.api("GET", f"/credential-types/{SLUG}/versions/3"), 404, "not_found")
    actions = [entry["action"] for entry in (await wire.api("GET", "/audit")).json()["items"]]
    assert actions.count("credential_type.changed") == 1
    assert actions.count("credential_type.created") == 3  # with the demo's two


async def test_publishing_what_is_there_makes_no_version(wire: Wire) -> None:
    await add_membership(wire)
    before = await wire.snapshot()
    assert (await publish(wire, MEMBERSHIP)).json()["version"] == 1
    assert await wire.snapshot() == before


async def test_of_two_changes_of_one_version_the_second_is_told(either_wire: Wire) -> None:
    wire = either_wire
    await add_membership(wire)
    answers = await asyncio.gather(*(publish(wire, {**MEMBERSHIP, "validity_days": days}) for days in (40, 50)))
    assert sorted(got.status_code for got in answers) == [200, 409]
    assert_problem(next(got for got in answers if got.status_code == 409), 409, "stale_version")
    assert_problem(await publish(wire, MEMBERSHIP, replaces=7), 409, "stale_version")


async def test_a_slug_is_taken_once(wire: Wire) -> None:
    await add_membership(wire)
    again = await wire.api("POST", "/credential-types", {"slug": SLUG, "definition": MEMBERSHIP})
    assert_problem(again, 409)


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        pytest.param({**MEMBERSHIP, "names": {}}, "names in 1 to 8 languages", id="no-names"),
        pytest.param({**MEMBERSHIP, "names": {"EN-gb": "Member"}}, "by its tag such as", id="language-letters"),
        pytest.param({**MEMBERSHIP, "names": {"en-12": "Member"}}, "by its tag such as", id="no-language"),
        pytest.param({**MEMBERSHIP, "names": {"en": "X", "d e": "X"}}, "each by its tag", id="language"),
        pytest.param({**MEMBERSHIP, "names": {"en": "X", "de": " "}}, "names of 1 to 100", id="blank-name"),
        pytest.param({**MEMBERSHIP, "purposes": {"en": "X"}}, "purposes in the languages of names: en, de", id="text"),
        pytest.param({**MEMBERSHIP, "fields": []}, "1 to 64 fields", id="no-fields"),
        pytest.param(changed("level", labels={"en": "Level"}), "labels of level in the languages", id="label"),
        pytest.param(with_field(claim="exp"), "claims other than", id="taken"),
        pytest.param(with_field(claim="vct"), "claims other than", id="taken-vct"),
        pytest.param(with_field(claim="_sd"), "names of letters", id="sd"),
        pytest.param(with_field(claim="a..b"), "names of letters", id="empty-step"),
        pytest.param(with_field(claim="a.b.c.d.e"), "1 to 4 names", id="deep"),
        pytest.param(with_field(claim="level"), "each claim once", id="twice"),
        pytest.param(with_field(claim="address", attribute="a"), "beside its parent", id="parent-and-child"),
        pytest.param(with_field(claim="x", source="fixed"), "fixed of x as a text", id="no-fixed"),
        pytest.param(with_field(claim="x", source="fixed", fixed=1, kind="date"), "as a date", id="fixed-kind"),
        pytest.param(with_field(claim="x", source="fixed", fixed=True, kind="number"), "as a number", id="fixed-bool"),
        pytest.param(with_field(claim="x", source="person_name", kind="date"), "a name is one", id="name-kind"),
        pytest.param(with_field(claim="x", source="groups"), "as many texts", id="groups-one"),
        pytest.param(with_field(claim="x", source="issue_time", kind="image"), "as a date", id="time-kind"),
        pytest.param(with_field(claim="x", kind="image", many=True), "with one value", id="many-pictures"),
        pytest.param(with_field(claim="x", attribute="Big"), "lower-case letters", id="attribute-name"),
        pytest.param(with_field(claim="x", attribute="level"), "level as of one kind everywhere", id="two-kinds"),
        pytest.param(with_field(claim="team", kind="number"), "team as of one kind", id="kind-of-another-type"),
        pytest.param({**MEMBERSHIP, "look": {"text_color": "#fff000"}}, "together", id="one-colour"),
        pytest.param(
            {**MEMBERSHIP, "look": {"background_color": "#888888", "text_color": "#ffffff"}},
            r"by 4.5 to 1, got 3.5: take a darker or lighter colour",
            id="contrast",
        ),
        pytest.param(
            {**MEMBERSHIP, "look": {"background_color": "red", "text_color": "#ffffff"}}, "as #rrggbb", id="colour"
        ),
        pytest.param({**MEMBERSHIP, "look": {"logo": "https://evil.example/x.png"}}, "look: expected", id="logo"),
        pytest.param({**MEMBERSHIP, "validity_days": 0}, "validity_days of 1 to", id="validity"),
    ],
)
async def test_refuses_a_type_that_cannot_be(wire: Wire, definition: Json, message: str) -> None:
    await wire.api("GET", "/people")
    before = await wire.snapshot()
    got = await wire.api("POST", "/credential-types", {"slug": SLUG, "definition": definition})
    assert_problem(got, 422, "bad_credential_type")
    assert message in got.json()["detail"]
    assert await wire.snapshot() == before


@pytest.mark.parametrize("slug", ["", "Big", "a b", "-a", "a" * 64, "../a"])
async def test_refuses_a_slug_that_cannot_stand_in_an_address(wire: Wire, slug: str) -> None:
    got = await wire.api("POST", "/credential-types", {"slug": slug, "definition": MEMBERSHIP})
    assert_problem(got, 422, "bad_credential_type")


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(changed("nationalities", many=False), id="no-longer-many"),
        pytest.param(changed("club", selectively_disclosable=True), id="shown-no-longer"),
        pytest.param(changed("born", selectively_disclosable=False), id="withheld-no-longer"),
    ],
)
async def test_a_version_keeps_what_the_first_one_promised(wire: Wire, definition: Json) -> None:
    """docs/decisions/0007-cred-type-versions.md."""
    await add_membership(wire)
    got = await publish(wire, definition)
    assert_problem(got, 422, "bad_credential_type")
    assert "make another Cred type" in got.json()["detail"]


async def test_what_attributes_are_called_and_must_be_is_listed(wire: Wire) -> None:
    await add_membership(wire)
    listed = {each["name"]: each for each in (await wire.api("GET", "/attributes")).json()["items"]}
    assert listed["photo"]["kind"] == "image"
    assert (listed["nationalities"]["kind"], listed["nationalities"]["many"]) == ("text", True)
    assert listed["team"]["labels"] == {"en": "Team", "de": "Team"}
    assert "groups" not in listed
