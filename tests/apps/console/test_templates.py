"""Templates drawn up: made, changed, previewed without script, and refused where they cannot be asked."""

import dataclasses

import msgspec
import pytest

from billfold.adapters.store import credential_types, presentation_requests
from billfold.adapters.store.template_definition import TemplateDefinition
from billfold.apps.demo.content import EMPLOYEE_BADGE, STUDENT_CARD
from tests.support.console import Front
from tests.support.wire import Wire

NEW, STAFF_RATE = "/templates/new", "/templates/staff-rate"
BADGE, CARD = "accept northwind/employee-badge", "accept lakeside/student-card"
GOOD = {
    "do": "save",
    "name_en": "Night entrance",
    "name_de": "Nachteingang",
    "purpose_en": "Open the door at night.",
    "purpose_de": "Nachts die Tür öffnen.",
    BADGE: "yes",
    "field name": "required",
    "field photo": "optional",
    "keep": "3600",
    "optional_as": "per_field",
}


async def definition(counter: Front, slug: str) -> TemplateDefinition:
    harbour = await counter.wire.organisation("harbour")
    found = await presentation_requests.templates_of(counter.wire.parts.store, harbour.id)
    return next(each.definition for each in found if each.slug == slug)


async def over_18(counter: Front, organisation: str, slug: str) -> None:
    """Let a Cred type have a field that says that somebody is 18."""
    store, found = counter.wire.parts.store, await counter.wire.organisation(organisation)
    types = await credential_types.of_organisation(store, found.id)
    known, seen = next(each for each in types if each.slug == slug), sum(each.version for each in types)
    field = msgspec.structs.replace(known.definition.fields[0], claim="age_over_18", labels={"en": "Over 18"})
    changed = msgspec.structs.replace(known.definition, fields=(*known.definition.fields, field))
    made = dataclasses.replace(known, id=counter.wire.parts.new_id(), slug=f"{slug}-18", definition=changed)
    parts = counter.wire.parts
    act = parts.act("test")
    assert await credential_types.add(store, found.id, made, seen=seen, version_id=parts.new_id(), act=act)


async def test_an_owner_makes_a_template_and_the_desk_asks_with_it(counter: Front) -> None:
    owner = await counter.signed_in("harbour", "owner")

    page = await owner.follow(await owner.post(NEW, GOOD))

    assert "Saved. It holds for requests from now on." in page.text
    made = await definition(counter, "night-entrance")
    (ask,) = made.asks
    assert (made.names, made.keep_result_s) == ({"en": "Night entrance", "de": "Nachteingang"}, 3600)
    assert [(each.claim, each.required, each.labels["de"]) for each in ask.fields] == [
        ("name", True, "Name"),
        ("photo", False, "Foto"),
    ]
    assert [each.issuer_name for each in ask.accepted] == ["Northwind Robotics"]
    assert "Open the door at night." in (await owner.get("/desk/night-entrance")).text


async def test_a_change_holds_for_requests_from_now_on(counter: Front) -> None:
    owner = await counter.signed_in("harbour", "owner")
    before = await counter.wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")
    changed = {**GOOD, CARD: "yes", "field team": "", "keep": "0"}

    await owner.post(STAFF_RATE, changed)

    made = await definition(counter, "staff-rate")
    assert [each.issuer_name for each in made.asks[0].accepted] == ["Lakeside University", "Northwind Robotics"]
    assert made.keep_result_s == 0
    rows = (await counter.wire.snapshot())["presentation_requests"]
    (request,) = (row for row in rows if row[0] == before.json()["id"])
    assert "Lakeside" not in str(request)
    assert "presentation_template.changed" in str((await counter.wire.snapshot())["audit_entries"])


async def test_what_the_designer_does_not_show_stays(counter: Front) -> None:
    await counter.wire.template("special", request_lifetime_s=120, refuse_unbound=True)
    owner = await counter.signed_in("harbour", "owner")

    await owner.post("/templates/special", GOOD)

    made = await definition(counter, "special")
    assert (made.request_lifetime_s, made.refuse_unbound, made.names["en"]) == (120, True, "Night entrance")


async def test_the_preview_works_without_script(counter: Front) -> None:
    owner = await counter.signed_in("harbour", "owner")
    before = await counter.wire.snapshot()

    page = await owner.post(NEW, {**GOOD, "do": "look"})

    assert page.status_code == 200
    preview = page.text.partition('id="draft-preview"')[2]
    assert preview.index("Open the door at night.") < preview.index("Required") < preview.index("Optional")
    assert "Kept: 1 hour." in preview
    assert await counter.wire.snapshot() == before


async def test_fields_follow_the_accepted_types(counter: Front) -> None:
    owner = await counter.signed_in("harbour", "owner")

    both = (await owner.post(NEW, {"do": "look", BADGE: "yes", CARD: "yes"})).text

    for label in ("Staff number", "Student number", "Date of birth"):
        assert label in both
    badge, card = ({field.claim for field in each.fields} for each in (EMPLOYEE_BADGE, STUDENT_CARD))
    assert both.count("Not every type that you accept has it") == len(badge ^ card)
    assert "Tick what you accept" in (await owner.post(NEW, {"do": "look"})).text


async def test_a_narrower_field_is_offered_and_swapped(counter: Front) -> None:
    await over_18(counter, "northwind", "employee-badge")
    owner = await counter.signed_in("harbour", "owner")
    asked = {"accept northwind/employee-badge-18": "yes", "field date_of_birth": "required"}

    page = await owner.post(NEW, {**asked, "do": "look"})
    swapped = await owner.post(NEW, {**asked, "do": "swap date_of_birth age_over_18"})

    assert "Could you ask for less?" in page.text
    assert "If “Over 18” answers your question, ask for it and not for “Date of birth”." in page.text
    assert "Could you ask for less?" not in swapped.text
    assert 'name="field age_over_18" value="required" checked' in swapped.text
    assert 'name="field date_of_birth" value="" checked' in swapped.text


async def test_a_narrower_field_that_one_type_lacks_is_not_offered(counter: Front) -> None:
    await over_18(counter, "northwind", "employee-badge")
    owner = await counter.signed_in("harbour", "owner")
    asked = {"accept northwind/employee-badge-18": "yes", CARD: "yes", "field date_of_birth": "required"}

    assert "Could you ask for less?" not in (await owner.post(NEW, {**asked, "do": "look"})).text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({"name_en": "", "name_de": ""}, "Give it a name", id="no-name"),
        pytest.param({"purpose_en": "", "purpose_de": ""}, "Say what for", id="no-purpose"),
        pytest.param({"purpose_en": "x" * 301}, "longer than 300", id="long"),
        pytest.param({BADGE: ""}, "Tick at least one Cred type", id="no-type"),
        pytest.param({"field name": "optional"}, "at least one required field", id="nothing-required"),
        pytest.param({"field name": "always"}, "at least one required field", id="made-up-wish"),
        pytest.param({"keep": "9999999"}, "cannot be asked together", id="kept-too-long"),
        pytest.param({"name_en": "Staff rate"}, "of this name already", id="taken"),
        pytest.param(
            {
                "optional_as": "whole",
                **{f"field {each}": "optional" for each in ("team", "photo", "date_of_birth")},
                "field staff_number": "optional",
            },
            "up to 3 may be optional",
            id="too-many-alternatives",
        ),
    ],
)
async def test_what_cannot_be_asked_is_told_and_not_stored(
    counter: Front, change: dict[str, str], message: str
) -> None:
    owner = await counter.signed_in("harbour", "owner")
    before = await counter.wire.snapshot()

    answer = await owner.post(NEW, {**GOOD, **change})

    assert (answer.status_code, message in answer.text) == (422, True)
    assert await counter.wire.snapshot() == before


@pytest.mark.parametrize("field", ["field secret", "accept other/0", "accept harbour/nothing"])
async def test_made_up_fields_and_types_are_not_asked(counter: Front, field: str) -> None:
    owner = await counter.signed_in("harbour", "owner")

    await owner.post(NEW, {**GOOD, field: "required"})

    (ask,) = (await definition(counter, "night-entrance")).asks
    assert ([each.claim for each in ask.fields], len(ask.accepted)) == (["name", "photo"], 1)


@pytest.mark.parametrize("path", [NEW, STAFF_RATE])
async def test_drawing_up_is_guarded(counter: Front, path: str) -> None:
    await counter.assert_guarded(path, GOOD, slug="harbour", role="owner")


@pytest.mark.parametrize("path", [NEW, STAFF_RATE])
async def test_support_draws_nothing_up(counter: Front, path: str) -> None:
    support = await counter.signed_in("harbour")
    before = await counter.wire.snapshot()

    for answer in (await support.get(path), await support.post(path, GOOD)):
        assert (answer.status_code, "This is for others to do" in answer.text) == (403, True)

    assert await counter.wire.snapshot() == before
    assert "New template" not in (await support.get("")).text


async def test_a_template_that_is_not_there_is_not_shown(counter: Front) -> None:
    owner = await counter.signed_in("harbour", "owner")

    assert (await owner.get("/templates/nothing")).status_code == 404
    assert (await owner.post("/templates/nothing", GOOD)).status_code == 404


async def test_a_template_for_several_creds_is_shown_and_left_alone(counter: Front) -> None:
    known = await definition(counter, "staff-rate")
    second = msgspec.structs.replace(known.asks[0], id="second")
    await counter.wire.template("several", asks=(known.asks[0], second))
    owner = await counter.signed_in("harbour", "owner")

    assert "This template asks for several Creds" in (await owner.get("/templates/several")).text
    await owner.post("/templates/several", GOOD)

    assert len((await definition(counter, "several")).asks) == 2


async def test_the_api_changes_a_template_too(either_wire: Wire) -> None:
    wire = either_wire
    (found,) = (await wire.api("GET", "/presentation-templates", slug="harbour")).json()["items"]
    body = {
        "names": {"en": "Other"},
        "purposes": {"en": "Other things."},
        "asks": [
            {
                "accepted": [{"issuer": wire.identifier(), "credential_type": "employee-badge"}],
                "fields": [{"claim": "name", "required": True}],
            }
        ],
    }

    changed = await wire.api("PUT", f"/presentation-templates/{found['id']}", body, slug="harbour")

    assert (changed.status_code, changed.json()["names"]) == (200, {"en": "Other"})
    path = f"/presentation-templates/{found['id']}"
    assert (await wire.api("PUT", path, body, slug="northwind")).status_code == 404
    refused = await wire.api("PUT", path, {**body, "asks": []}, slug="harbour")
    assert (refused.status_code, refused.json()["code"]) == (400, "bad_template")
