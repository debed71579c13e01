"""A person added or edited: `/o/{slug}/people/new`, `/o/{slug}/people/{person_id}/edit`.

The fields are what the organisation's Cred types declare, then whatever else is stored, then one more of any name.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store.records import Person
from billfold.adapters.store.type_definition import AttributeValue, Kind, Scalar
from billfold.apps.console.page import go_to
from billfold.apps.console.person_view import find_person
from billfold.apps.console.pictures import MAX_UPLOAD_BYTES, picture_of
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer.attribute import Attribute, BadAttribute, PictureTooLarge, WrongKind, attributes_of
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.issuer.people import BadPerson, add, change

ALWAYS: Final = ("email", "phone")  # by which support reaches people, whether or not a Cred shows them
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form: an attribute, as it is typed. *typed* of a picture is empty or "yes"."""

    name: str
    label: str
    kind: Kind
    many: bool
    typed: str


@get("/o/{slug:str}/people/new", opt={"permission": "person"})
async def show_new(visit: NamedDependency[Visit]) -> Response[str]:
    """Ask who is to be added."""
    return _page(visit, await visit.issuer(), None)


@post("/o/{slug:str}/people/new", opt={"permission": "person"}, request_max_body_size=MAX_UPLOAD_BYTES)
async def create(visit: NamedDependency[Visit]) -> Response[str]:
    """Add a person."""
    issuer, form = await visit.issuer(), visit.form
    try:
        made = await add(
            visit.parts,
            issuer,
            visit.organisation.id,
            name=form.get("name", ""),
            attributes=_present(_attributes(visit, issuer, None)),
            groups=_lines(form.get("groups", "")),
            act=visit.act(),
            asked_once=visit.once(),
        )
    except (BadPerson, BadAttribute, WrongKind) as exc:
        return _page(visit, issuer, None, wrong=exc)
    return go_to(with_query(f"{visit.home}/people/{made.id}", done="added"))


@get("/o/{slug:str}/people/{person_id:str}/edit", opt={"permission": "person"})
async def show_edit(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Show what is known of a person, to be changed."""
    return _page(visit, await visit.issuer(), await find_person(visit, person_id))


@post("/o/{slug:str}/people/{person_id:str}/edit", opt={"permission": "person"}, request_max_body_size=MAX_UPLOAD_BYTES)
async def edit(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Change a person; Creds whose fields change are renewed on the device."""
    issuer, form, person = await visit.issuer(), visit.form, await find_person(visit, person_id)
    try:
        await change(
            visit.parts,
            issuer,
            visit.organisation.id,
            person_id,
            name=form.get("name", ""),
            attributes=_attributes(visit, issuer, person),
            groups=_lines(form.get("groups", "")),
            act=visit.act(),
        )
    except (BadPerson, BadAttribute, WrongKind) as exc:
        return _page(visit, issuer, person, wrong=exc)
    return go_to(with_query(f"{visit.home}/people/{person_id}", done="edited"))


def _label_of(visit: Visit, name: str) -> str:
    """Return an attribute's name as it is shown where no Cred type gives it a label."""
    if name in ALWAYS:
        return visit.words(f"settings.support.{name}")
    return name.replace("_", " ").capitalize()


def _page(visit: Visit, issuer: Issuer, person: Person | None, *, wrong: Exception | None = None) -> Response[str]:
    form = visit.form
    groups = "\n".join(person.groups) if person else ""
    fields = (
        [_shown(each, form) for each in _fields(visit, issuer, person)] if wrong else _fields(visit, issuer, person)
    )
    return visit.page(
        "person_form.html",
        status=422 if wrong else 200,
        person=person,
        fields=fields,
        typed={
            "name": form.get("name", "") if wrong else person.name if person else "",
            "groups": form.get("groups", "") if wrong else groups,
            "more_name": form.get("more_name", ""),
            "more_value": form.get("more_value", ""),
        },
        wrong=_where(wrong),
        is_picture_large=isinstance(wrong, PictureTooLarge),
    )


def _where(wrong: Exception | None) -> str:
    """Return the name of the field that cannot be taken: an attribute's, "name", "groups" or "more"."""
    if isinstance(wrong, WrongKind):
        return wrong.attribute
    if isinstance(wrong, BadPerson):
        return "name" if wrong.code == "bad_name" else "groups"
    return "more" if wrong else ""


def _fields(visit: Visit, issuer: Issuer, person: Person | None) -> list[Field]:
    declared = attributes_of(issuer.types.values())
    stored = person.attributes if person else {}
    others = dict.fromkeys((*ALWAYS, *stored))
    rest = [_undeclared(name, stored.get(name)) for name in others if name not in declared]
    return [
        Field(
            each.name,
            visit.words.local(each.labels) or _label_of(visit, each.name),
            each.kind,
            each.many,
            _typed(stored.get(each.name), each.kind),
        )
        for each in (*declared.values(), *rest)
    ]


def _undeclared(name: str, value: AttributeValue | None) -> Attribute:
    first = value[0] if isinstance(value, list) and value else value
    kind: Kind = "text"
    if isinstance(first, bool):
        kind = "boolean"
    elif isinstance(first, int | float):
        kind = "number"
    elif isinstance(first, str) and first.startswith("data:image/"):
        kind = "image"
    return Attribute(name, kind, isinstance(value, list), {})


def _typed(value: AttributeValue | None, kind: Kind) -> str:
    """Return a stored value as it stands in the form."""
    if value is None:
        return ""
    if kind == "image":
        return "yes"
    values = value if isinstance(value, list) else [value]
    return "\n".join(("yes" if each else "no") if isinstance(each, bool) else str(each) for each in values)


def _shown(field: Field, form: Mapping[str, str]) -> Field:
    """Return a field with what was just typed into it."""
    typed = field.typed if field.kind == "image" else form.get(f"a_{field.name}", "")
    return Field(field.name, field.label, field.kind, field.many, typed)


def _attributes(visit: Visit, issuer: Issuer, person: Person | None) -> dict[str, AttributeValue | None]:
    """Return what the form gives, None for what is to be removed; a picture that was not chosen is left out."""
    found: dict[str, AttributeValue | None] = {}
    for field in _fields(visit, issuer, person):
        key = f"a_{field.name}"
        if field.kind == "image":
            chosen = picture_of(visit.files.get(key))
            if chosen is not None or visit.form.get(f"no_{field.name}"):
                found[field.name] = chosen
        elif key in visit.form:
            found[field.name] = _value(field, visit.form[key])
    name = _NOT_IN_NAMES.sub("_", visit.form.get("more_name", "").lower()).strip("_")
    if name:
        found[name] = visit.form.get("more_value") or None
    return found


def _value(field: Field, typed: str) -> AttributeValue | None:
    """Return what was typed as its kind, or as text where it is none: the use case says so."""
    if not typed.strip():
        return None
    if field.many:
        return [_scalar(field.kind, line) for line in _lines(typed)]
    return _scalar(field.kind, typed)


def _scalar(kind: Kind, typed: str) -> Scalar:
    if kind == "boolean":
        return {"yes": True, "no": False}.get(typed, typed)
    if kind == "number":
        try:
            return int(typed) if typed.lstrip("-").isdigit() else float(typed)
        except ValueError:
            return typed
    return typed


def _lines(typed: str) -> list[str]:
    return [line.strip() for line in typed.splitlines() if line.strip()]


def _present(attributes: Mapping[str, AttributeValue | None]) -> dict[str, AttributeValue]:
    items: Iterable[tuple[str, Any]] = attributes.items()
    return {name: value for name, value in items if value is not None}
