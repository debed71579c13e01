"""Templates drawn up: what for, from whom, which fields, how long kept; with what people will see beside it."""

import re
import unicodedata
from collections.abc import Mapping

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.records import PresentationTemplate
from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit, with_query
from billfold.apps.words import LANGUAGES
from billfold.roles.parts import NotFound
from billfold.roles.verifier.designer import (
    Draft,
    Offered,
    OptionalAs,
    Wish,
    definition_of,
    draft_of,
    fields_of,
    is_drawable,
    offered,
)
from billfold.roles.verifier.less import less_of
from billfold.roles.verifier.template_editor import BadTemplate, change, create

KEPT_S = (0, 600, 3600, 86_400, 7 * 86_400, 30 * 86_400)
WAYS: tuple[OptionalAs, ...] = ("per_field", "whole", "required_only")
MAX_TEXT_CHARACTERS = 300
MAX_SLUG_CHARACTERS = 40
_WISHES: dict[str, Wish] = {"required": "required", "optional": "optional"}


@get("/o/{slug:str}/templates/new", opt={"permission": "templates"})
async def blank(visit: NamedDependency[Visit]) -> Response[str]:
    """Show an empty template."""
    await visit.verifier()
    return _page(visit, None, Draft(), await offered(visit.parts, None))


@post("/o/{slug:str}/templates/new", opt={"permission": "templates"})
async def make(visit: NamedDependency[Visit]) -> Response[str]:
    """Make a template, or show the draft again."""
    verifier, choices = await visit.verifier(), await offered(visit.parts, None)
    draft = _draft_from(visit.form, choices)
    wrong = _wrong(draft) if visit.form.get("do") == "save" else None
    if visit.form.get("do") != "save" or wrong:
        return _page(visit, None, draft, choices, wrong=wrong)
    slug = _slug_of(next(iter(draft.names.values())))
    try:
        definition = definition_of(draft, choices, None)
        await create(visit.parts, verifier, slug, definition, act=visit.act(), asked_once=visit.once())
    except Conflict:
        return _page(visit, None, draft, choices, wrong="taken")
    except BadTemplate:
        return _page(visit, None, draft, choices, wrong="fields")
    return _saved(visit, slug)


@get("/o/{slug:str}/templates/{template:str}", opt={"permission": "templates"})
async def show(visit: NamedDependency[Visit], template: FromPath[str], done: FromQuery[str] = "") -> Response[str]:
    """Show a template as a draft."""
    found = await _find(visit, template)
    choices = await offered(visit.parts, found.definition)
    return _page(visit, found, draft_of(found.definition, choices), choices, done=bool(done))


@post("/o/{slug:str}/templates/{template:str}", opt={"permission": "templates"})
async def save(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Change a template, or show the draft again."""
    found = await _find(visit, template)
    choices = await offered(visit.parts, found.definition)
    draft = _draft_from(visit.form, choices)
    wrong = _wrong(draft) if visit.form.get("do") == "save" else None
    if visit.form.get("do") != "save" or wrong or not is_drawable(found.definition):
        return _page(visit, found, draft, choices, wrong=wrong)
    definition = definition_of(draft, choices, found.definition)
    try:
        await change(visit.parts, await visit.verifier(), found, definition, act=visit.act())
    except BadTemplate:
        return _page(visit, found, draft, choices, wrong="fields")
    return _saved(visit, found.slug)


def _saved(visit: Visit, slug: str) -> Response[str]:
    visit.desk.verifiers.forget(visit.organisation.slug)
    return go_to(with_query(f"{visit.home}/templates/{slug}", done="yes"))


async def _find(visit: Visit, slug: str) -> PresentationTemplate:
    found = (await visit.verifier()).templates.get(slug)
    if found is None:
        raise NotFound("expected a template of this organisation")
    return found


def _draft_from(form: Mapping[str, str], choices: list[Offered]) -> Draft:
    """Return the draft that a form holds; a swap that was asked for is done."""
    texts = {
        name: {each: form[f"{name}_{each}"] for each in LANGUAGES if form.get(f"{name}_{each}")}
        for name in ("name", "purpose")
    }
    keep = form.get("keep", "")
    draft = Draft(
        texts["name"],
        texts["purpose"],
        tuple(each.key for each in choices if form.get(f"accept {each.key}")),
        {
            name.removeprefix("field "): _WISHES[wish]
            for name, wish in form.items()
            if name.startswith("field ") and wish in _WISHES
        },
        next((each for each in WAYS if each == form.get("optional_as")), "per_field"),
        int(keep) if keep.isascii() and keep.isdecimal() and len(keep) < 8 else KEPT_S[1],
    )
    verb, _, rest = form.get("do", "").partition(" ")
    claim, _, narrower = rest.partition(" ")
    return draft.swapped(claim, narrower) if verb == "swap" else draft


def _wrong(draft: Draft) -> str | None:
    """Return what is missing: the key of its words."""
    if not draft.names:
        return "name"
    if not draft.purposes:
        return "purpose"
    if any(len(each) > MAX_TEXT_CHARACTERS for each in (*draft.names.values(), *draft.purposes.values())):
        return "long"
    if not draft.accepts:
        return "accept"
    return None if "required" in draft.wishes.values() else "required"


def _slug_of(name: str) -> str:
    """Return what a template is called in addresses: its name in plain letters, never a page's own address."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:MAX_SLUG_CHARACTERS].strip("-")
    return slug if slug and slug[0].isalpha() and slug != "new" else f"template-{slug}".strip("-")


def _page(
    visit: Visit,
    template: PresentationTemplate | None,
    draft: Draft,
    choices: list[Offered],
    *,
    wrong: str | None = None,
    done: bool = False,
) -> Response[str]:
    fields = fields_of(draft, choices)
    asked = [each.claim for each in fields if each.wish]
    labels = {each.claim: each.labels for each in fields}
    return visit.page(
        "counter_template.html",
        status=422 if wrong else 200,
        template=template,
        draft=draft,
        choices=choices,
        fields=fields,
        drawable=template is None or is_drawable(template.definition),
        less=[
            (claim, narrower, labels[claim], labels[narrower])
            for claim, narrower in less_of(asked, [each.claim for each in fields if each.everywhere])
        ],
        kept=sorted({*KEPT_S, draft.keep_result_s}),
        ways=WAYS,
        languages=LANGUAGES,
        wrong=wrong,
        done=done,
    )
