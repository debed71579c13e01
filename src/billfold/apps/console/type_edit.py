"""A Cred type in four tabs: fields, look, validity, texts. What is saved is a draft; nobody gets it before Publish."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store.type_definition import CredentialTypeDefinition
from billfold.apps.console.page import go_to
from billfold.apps.console.pictures import MAX_UPLOAD_BYTES, style_of
from billfold.apps.console.type_form import (
    KINDS,
    SOURCES,
    UNLOCKS,
    with_fields,
    with_look,
    with_texts,
    with_validity,
)
from billfold.apps.console.type_view import TABS, by_place, editing_of, flaws_of, preview_of, tab_of
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer import credential_type_draft as drafts
from billfold.roles.issuer.credential_type_draft import Editing
from billfold.roles.issuer.credential_type_rules import BadCredentialType, Flaw
from billfold.roles.parts import NotFound

_BETWEEN = ("", "add", "up", "down", "remove")  # whoever does these is not done yet
_NO_STORE = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
}


@get("/o/{slug:str}/types/{type_slug:str}/{tab:str}", opt={"permission": "see"})
async def show(
    visit: NamedDependency[Visit],
    *,
    type_slug: FromPath[str],
    tab: FromPath[str],
    saved: FromQuery[str] = "",
    card: FromQuery[str] = "",
    who: FromQuery[str] = "",
) -> Response[str]:
    """Show one tab; right after saving with what stands against publishing beside its field."""
    editing = await editing_of(visit, type_slug)
    return await _page(visit, editing, _known(tab), saved=saved, state=card, name=who)


@post(
    "/o/{slug:str}/types/{type_slug:str}/{tab:str}",
    opt={"permission": "types"},
    request_max_body_size=2 * MAX_UPLOAD_BYTES,
)
async def save(visit: NamedDependency[Visit], type_slug: FromPath[str], tab: FromPath[str]) -> Response[str]:
    """Keep what the form says as a draft, whether or not it could be published, and go where the form wants."""
    editing, form = await editing_of(visit, type_slug), visit.form
    try:
        definition = _read(visit, editing, _known(tab))
        staff_id, seen = visit.signed_in.staff.id, form.get("replaces", "")
        seen_version = int(seen) if seen.isdecimal() and len(seen) < len("1000000000") else editing.replaces
        await drafts.change(visit.parts, visit.authority(), staff_id, editing, definition, seen=seen_version)
    except BadCredentialType as exc:
        return await _page(visit, editing, tab, refused=exc.flaws)
    there = form.get("go", "")
    here = f"{visit.home}/types/{editing.slug}"
    if there in (*TABS, "publish", "versions"):
        return go_to(f"{here}/{there}")
    do, _, at = form.get("do", "").partition(":")
    return go_to(with_query(f"{here}/{tab}", saved=f"{do}:{at}" if at else do or "save"))


@post(
    "/o/{slug:str}/types/{type_slug:str}/{tab:str}/preview",
    opt={"permission": "types"},
    request_max_body_size=MAX_UPLOAD_BYTES,
)
async def preview(visit: NamedDependency[Visit], type_slug: FromPath[str], tab: FromPath[str]) -> Response[str]:
    """Return the card as the form would have it; nothing is kept."""
    editing, form = await editing_of(visit, type_slug), visit.form
    try:
        definition = _read(visit, editing, _known(tab))
    except BadCredentialType:
        definition = editing.definition
    here = f"{visit.home}/types/{editing.slug}/{tab}"
    given = {each: form.get(f"preview_{each}", "") for each in ("state", "name")}
    shown = await preview_of(visit, editing.slug, definition, **given, here=here)
    return visit.page("type_card.html", tab=tab, **shown)


@get("/o/{slug:str}/types/{type_slug:str}/draft.css", opt={"permission": "see"})
async def draft_style(visit: NamedDependency[Visit], type_slug: FromPath[str]) -> Response[str]:
    """Return the colours of the card beside the tabs, since a page may hold no style of its own."""
    editing = await editing_of(visit, type_slug)
    look = editing.definition.look
    return Response(style_of("look-draft", look, look.background_image), media_type="text/css", headers=_NO_STORE)


def _known(tab: str) -> str:
    if tab not in TABS:
        raise NotFound("expected a tab of a Cred type")
    return tab


def _read(visit: Visit, editing: Editing, tab: str) -> CredentialTypeDefinition:
    before, form = editing.definition, visit.form
    if tab == "fields":
        return with_fields(before, form, editing.newest.contract if editing.newest else ())
    if tab == "look":
        return with_look(before, form, visit.files)
    return with_validity(before, form) if tab == "validity" else with_texts(before, form)


async def _page(
    visit: Visit,
    editing: Editing,
    tab: str,
    *,
    saved: str = "",
    state: str = "",
    name: str = "",
    refused: tuple[Flaw, ...] = (),
) -> Response[str]:
    """Show a tab; *refused* is what could not even be kept, and then the form stays as it was typed."""
    flaws = await flaws_of(visit, editing)
    told = flaws if refused or saved.partition(":")[0] not in _BETWEEN else []
    here = f"{visit.home}/types/{editing.slug}/{tab}"
    shown: dict[str, Any] = {
        "editing": editing,
        "definition": editing.definition,
        "tab": tab,
        "tabs": TABS,
        "saved": saved,
        "flaws": flaws,
        "bad_fields": {int(flaw.where.split(".")[1]) for flaw in flaws if flaw.where.startswith("fields.")},
        "wrong": by_place([*refused, *told]),
        "here_flaws": [flaw for flaw in flaws if tab_of(flaw) == tab],
        "typed": dict(visit.form) if refused else {},
        "contract": {each.claim for each in editing.newest.contract} if editing.newest else set(),
        "published": {each.claim for each in editing.newest.definition.fields} if editing.newest else set(),
        "kinds": KINDS,
        "sources": SOURCES,
        "unlocks": UNLOCKS,
    }
    preview = await preview_of(visit, editing.slug, editing.definition, state=state, name=name, here=here)
    return visit.page(f"type_{tab}.html", status=422 if refused else 200, **shown, **preview)
