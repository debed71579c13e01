"""Cred types: listed, begun from nothing, and what becomes of a draft: `/o/{slug}/types`."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import credential_types
from billfold.apps.console.page import go_to
from billfold.apps.console.type_form import first_draft, slug_of
from billfold.apps.console.visit import Visit
from billfold.apps.words import LANGUAGES, words_for
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer.credential_type_rules import BadCredentialType


@get("/o/{slug:str}/types", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Show all Cred types, and the drafts of whoever looks."""
    await visit.issuer()
    store, ours = visit.parts.store, visit.organisation.id
    return visit.page(
        "types.html",
        types=list((await drafts.all_of(visit.parts, ours, visit.signed_in.staff.id)).values()),
        holders=await credential_types.holders_of(store, ours),
        changed=await credential_types.last_changes(store, ours),
    )


@get("/o/{slug:str}/types/new", opt={"permission": "types"})
async def ask_new(visit: NamedDependency[Visit]) -> Response[str]:
    """Ask for the name of a new type."""
    await visit.issuer()
    return _ask(visit)


@post("/o/{slug:str}/types/new", opt={"permission": "types"})
async def begin(visit: NamedDependency[Visit]) -> Response[str]:
    """Begin the draft of a new type, and go on to its fields."""
    await visit.issuer()
    form = visit.form
    names = {language: form.get(f"names.{language}", "") for language in LANGUAGES}
    named = next(filter(None, names.values()), "")
    if not named:
        return _ask(visit, wrong="no_name")
    slug = form.get("slug", "") or slug_of(named)
    draft = first_draft(names, lambda language: words_for(language, "UTC")("types.sample.name_label"))
    try:
        await drafts.begin(visit.parts, visit.authority(), visit.signed_in.staff.id, slug, draft)
    except BadCredentialType as exc:
        return _ask(visit, wrong="slug_taken" if exc.flaws else "slug")
    return go_to(f"{visit.home}/types/{slug}/fields")


@get("/o/{slug:str}/types/{type_slug:str}", opt={"permission": "see"})
async def open_type(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Go to the first tab of a type."""
    editing = await drafts.find(visit.parts, visit.organisation.id, visit.signed_in.staff.id, type_slug)
    return go_to(f"{visit.home}/types/{editing.slug}/fields")


@post("/o/{slug:str}/types/{type_slug:str}/discard", opt={"permission": "types"})
async def discard(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Let go of one's own draft."""
    staff_id = visit.signed_in.staff.id
    editing = await drafts.find(visit.parts, visit.organisation.id, staff_id, type_slug)
    await drafts.discard(visit.parts, visit.authority(), staff_id, type_slug)
    return go_to(f"{visit.home}/types" + (f"/{editing.slug}/fields" if editing.newest else ""))


@post("/o/{slug:str}/types/{type_slug:str}/carry-over", opt={"permission": "types"})
async def carry_over(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Bring one's own changes to what somebody else published meanwhile."""
    staff_id = visit.signed_in.staff.id
    editing = await drafts.find(visit.parts, visit.organisation.id, staff_id, type_slug)
    await drafts.carry_over(visit.parts, visit.authority(), staff_id, editing)
    return go_to(f"{visit.home}/types/{editing.slug}/publish")


def _ask(visit: Visit, *, wrong: str = "") -> Response[str]:
    typed = {name: visit.form.get(name, "") for name in ("slug", *(f"names.{each}" for each in LANGUAGES))}
    return visit.page("type_new.html", status=422 if wrong else 200, wrong=wrong, typed=typed, languages=LANGUAGES)
