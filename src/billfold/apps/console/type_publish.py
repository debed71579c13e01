"""Versions of a Cred type: what differs, what publishing means for who holds it, and Publish with a reason."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store import credential_types
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.records import CredentialTypeVersion
from billfold.apps.console.page import go_to
from billfold.apps.console.staff_names import names_of_staff
from billfold.apps.console.type_view import TABS, by_place, editing_of, field_of, flaws_of, tab_of
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer.credential_type_difference import difference
from billfold.roles.issuer.credential_type_draft import Editing
from billfold.roles.issuer.credential_type_editor import StaleVersion, says_otherwise
from billfold.roles.issuer.credential_type_rules import BadCredentialType

MAX_REASON = 500


@get("/o/{slug:str}/types/{type_slug:str}/publish", opt={"permission": "types"})
async def ask(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Say what differs, whom it concerns and what stands against it, and ask why."""
    return await _page(visit, await editing_of(visit, type_slug))


@post("/o/{slug:str}/types/{type_slug:str}/publish", opt={"permission": "types"})
async def publish(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Publish the draft, if it still stands against the version that this person saw."""
    editing, reason = await editing_of(visit, type_slug), visit.form.get("reason", "")
    if editing.draft is None:
        return go_to(f"{visit.home}/types/{editing.slug}/versions")
    if not 0 < len(reason) <= MAX_REASON:
        return await _page(visit, editing, wrong="reason")
    try:
        by = visit.authority(reason)
        made = await drafts.publish(visit.parts, by, visit.signed_in.staff.id, editing)
    except (StaleVersion, BadCredentialType, Conflict):
        return await _page(visit, await editing_of(visit, type_slug), wrong="refused")
    visit.forget()
    return go_to(with_query(f"{visit.home}/types/{editing.slug}/versions", done=str(made.version)))


@get("/o/{slug:str}/types/{type_slug:str}/versions", opt={"permission": "see"})
async def versions(
    visit: NamedDependency[Visit],
    *,
    type_slug: FromPath[str],
    since: FromQuery[int] = 0,
    until: FromQuery[int] = 0,
    done: FromQuery[str] = "",
) -> Response[str]:
    """Show all versions, newest first, and what differs between two of them."""
    editing = await editing_of(visit, type_slug)
    listed = await _versions(visit, editing)
    found = {each.version: each for each in listed}
    one, other = found.get(min(since, until)), found.get(max(since, until))
    return visit.page(
        "type_versions.html",
        editing=editing,
        definition=editing.definition,
        tab="versions",
        tabs=TABS,
        flaws=await flaws_of(visit, editing),
        versions=listed,
        names=await names_of_staff(visit),
        one=one,
        other=other,
        changes=difference(one.definition, other.definition) if one and other else [],
        done=done == str(editing.version),
        holders=await _holders(visit, editing),
    )


async def _page(visit: Visit, editing: Editing, *, wrong: str = "") -> Response[str]:
    flaws, published = await flaws_of(visit, editing), await _versions(visit, editing)
    before = next((each.definition for each in published if each.version == editing.replaces), None)
    shown: dict[str, Any] = {
        "editing": editing,
        "definition": editing.definition,
        "tab": "publish",
        "tabs": TABS,
        "flaws": flaws,
        "told": [(flaw, tab_of(flaw), field_of(flaw, editing)) for flaw in by_place(flaws).values()],
        "before": editing.replaces,
        "changes": difference(before, editing.definition) if before else [],
        "renews": before is not None and says_otherwise(before, editing.definition),
        "holders": await _holders(visit, editing),
        "meanwhile": [each for each in published if each.version > editing.replaces],
        "names": await names_of_staff(visit),
        "wrong": wrong,
        "typed": visit.form.get("reason", ""),
    }
    return visit.page("type_publish.html", status=422 if wrong else 200, **shown)


async def _versions(visit: Visit, editing: Editing) -> list[CredentialTypeVersion]:
    if editing.newest is None:
        return []
    return list(reversed(await editor.versions(visit.parts, visit.organisation.id, editing.slug)))


async def _holders(visit: Visit, editing: Editing) -> int:
    holders = await credential_types.holders_of(visit.parts.store, visit.organisation.id)
    return holders.get(editing.slug, 0)
