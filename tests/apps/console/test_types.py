"""Cred types: who sees the list, how one begins from nothing, and what becomes of a draft."""

import re

import pytest

from billfold.adapters.store.records import OrganisationSettings
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.operator.permission import SUPPORT, Authority, NotPermitted, permissions_of
from billfold.roles.organisation import add_organisation
from tests.support.console import Front
from tests.support.type_forms import BADGE, keep
from tests.support.wire import Wire

TAG = re.compile(r"<[^>]+>")
NEW = {"names.en": "Visitor pass", "names.de": "Besucherausweis"}
ACTIONS = [
    ("/types/new", NEW),
    (f"{BADGE}/fields", {"order": "0", "f0.label.en": "Mine"}),
    (f"{BADGE}/look", {"background_color": "#000000", "text_color": "#ffffff"}),
    (f"{BADGE}/validity", {"validity_days": "7"}),
    (f"{BADGE}/texts", {"names.en": "Mine"}),
    (f"{BADGE}/look/preview", {"background_color": "#000000"}),
    (f"{BADGE}/publish", {"reason": "because"}),
    (f"{BADGE}/discard", {}),
    (f"{BADGE}/carry-over", {}),
]
IDS = [path for path, _ in ACTIONS]


async def test_the_list_says_version_holders_and_last_change(either_wire: Wire) -> None:
    browser = await Front(either_wire).signed_in()

    page = (await browser.get("/types")).text

    rows = [" ".join(TAG.sub(" ", row).split()) for row in page.partition("<tbody>")[2].split("</tr>")]
    assert set(rows[:2]) == {"Employee badge 1 4 1 Jun 2026, 12:20", "Parking permit 1 2 1 Jun 2026, 12:20"}
    assert "Add a Cred type" not in page


async def test_the_card_shows_a_holder_or_the_longest_name(either_wire: Wire) -> None:
    browser = await Front(either_wire).signed_in()
    await either_wire.api("POST", "/people", {"name": "Wilhelmina Featherstonehaugh-Brandt", "attributes": {}})

    lead = "Wilhelmina Featherstonehaugh-Brandt</dd>"
    assert lead not in (await browser.get(f"{BADGE}/look")).text
    assert lead in (await browser.get(f"{BADGE}/look?who=longest")).text


async def test_a_type_begins_from_a_name_and_is_nobody_elses_before_it_is_published(front: Front) -> None:
    browser = await front.signed_in(role="owner")

    fields = await browser.follow(await browser.post("/types/new", NEW))

    assert "Version 1, not published" in fields.text
    assert "Visitor pass" in (await browser.get("/types")).text
    support = await front.signed_in(role="support")
    assert "Visitor pass" not in (await support.get("/types")).text
    assert (await support.get("/types/visitor-pass/fields")).status_code == 404
    front.wire.clock.advance(seconds=10)
    metadata = await front.wire.issuer.get("/.well-known/openid-credential-issuer/o/northwind")
    assert "visitor-pass" not in metadata.text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({}, "Write a name in one language", id="no-name"),
        pytest.param({"names.en": "X", "slug": "Not Small"}, "Only small letters", id="slug"),
        pytest.param({"names.en": "X", "slug": "employee-badge"}, "Another Cred type has this name", id="taken"),
        pytest.param({"names.en": "Employee badge"}, "Another Cred type has this name", id="taken-by-name"),
        pytest.param({"names.en": "…"}, "Only small letters", id="no-letter"),
    ],
)
async def test_a_beginning_that_cannot_be_is_refused_beside_its_field(
    front: Front, form: dict[str, str], said: str
) -> None:
    browser = await front.signed_in(role="owner")
    before = await front.wire.snapshot()

    answer = await browser.post("/types/new", form)

    assert (answer.status_code, said in answer.text) == (422, True)
    assert f'value="{form.get("names.en", "")}"' in answer.text
    assert await front.wire.snapshot() == before


async def test_a_draft_is_discarded(front: Front) -> None:
    browser = await front.signed_in(role="owner")
    await keep(browser, f"{BADGE}/validity", {"validity_days": "7"})
    assert "Version 2, not published" in (await browser.get(f"{BADGE}/validity")).text

    page = await browser.follow(await browser.post(f"{BADGE}/discard"))

    assert "Version 1, published" in page.text
    assert 'value="365"' in (await browser.get(f"{BADGE}/validity")).text


async def test_drafts_are_ones_own(front: Front) -> None:
    browser, other = await front.signed_in(role="owner"), await front.signed_in("lakeside", "owner")
    await keep(browser, f"{BADGE}/validity", {"validity_days": "7"})

    support = await front.signed_in(role="support")
    assert 'value="365"' in (await support.get(f"{BADGE}/validity")).text
    assert (await other.get(f"{BADGE}/validity")).status_code == 404


@pytest.mark.parametrize("path", ["", *(f"/employee-badge/{tab}" for tab in ("fields", "look", "validity", "texts"))])
async def test_support_sees_and_finds_nothing_to_press(front: Front, path: str) -> None:
    browser = await front.signed_in(role="support")

    page = await browser.get(f"/types{path}")

    assert page.status_code == 200
    assert page.text.count('method="post"') == 1  # signing out
    assert (await browser.get(f"{BADGE}/publish")).status_code == 403
    assert (await browser.get("/types/new")).status_code == 403


@pytest.mark.parametrize(("path", "form"), ACTIONS, ids=IDS)
async def test_support_may_not(front: Front, path: str, form: dict[str, str]) -> None:
    browser = await front.signed_in(role="support")
    before = await front.wire.snapshot()

    answer = await browser.post(path, form)

    assert (answer.status_code, "This is for others to do" in answer.text) == (403, True)
    assert await front.wire.snapshot() == before


@pytest.mark.parametrize(("path", "form"), ACTIONS, ids=IDS)
async def test_every_action_is_guarded(front: Front, path: str, form: dict[str, str]) -> None:
    await front.assert_guarded(path, form, role="owner")


@pytest.mark.parametrize("path", ["/fields", "/draft.css", "/publish", "/versions"])
async def test_strangers_and_others_see_no_type(front: Front, path: str) -> None:
    other = await front.signed_in("lakeside", "owner")

    assert (await front.stranger().get(f"{BADGE}{path}")).status_code == 303
    assert (await other.get(f"{BADGE}{path}")).status_code == 404


async def test_an_organisation_that_issues_nothing_has_no_types(front: Front) -> None:
    browser = await front.signed_in("harbour", "owner")

    assert (await browser.get("/types")).status_code == 404
    assert (await browser.post("/types/new", NEW)).status_code == 404


async def test_the_use_cases_themselves_refuse_who_may_not(front: Front) -> None:
    parts, organisation = front.wire.parts, await front.wire.organisation("northwind")
    by = Authority(organisation.id, permissions_of(SUPPORT), parts.act("test"))
    editing = await drafts.find(parts, organisation.id, "0", "employee-badge")
    before = await front.wire.snapshot()

    for refused in (
        editor.create(parts, by, "mine", editing.definition),
        editor.change(parts, by, "employee-badge", editing.definition, replaces=1),
        drafts.begin(parts, by, "0", "mine", editing.definition),
        drafts.change(parts, by, "0", editing, editing.definition, seen=1),
        drafts.carry_over(parts, by, "0", editing),
        drafts.discard(parts, by, "0", "employee-badge"),
        drafts.publish(parts, by, "0", editing),
    ):
        with pytest.raises(NotPermitted, match="expected the permission types"):
            await refused

    assert await front.wire.snapshot() == before


async def test_a_new_organisation_begins_with_a_type(front: Front) -> None:
    parts = front.wire.parts
    await add_organisation(parts, slug="fresh", name="Fresh", settings=OrganisationSettings())
    browser = await front.signed_in("fresh", "owner")

    start = (await browser.get("")).text
    assert "Three steps to the first Cred" in start
    assert 'href="/o/fresh/types/new"' in start
    assert "No Cred type yet" in (await browser.get("/types")).text
    await browser.post("/types/new", {"names.de": "Gästekarte"})
    card = (await browser.get("/types/gastekarte/look")).text
    assert "Maria Example</dd>" in card

    assert (await browser.post("/types/gastekarte/publish", {"reason": "Anfang"})).status_code == 303
    assert "/types/new" not in (await browser.get("")).text
    support = await front.signed_in("fresh", "support")
    assert "/types/new" not in (await support.get("")).text
