"""The forms of a Cred type's tabs, read into a definition; what cannot be stays as typed, for the rules to tell."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Final, cast, get_args

from msgspec.structs import replace

from billfold.adapters.store.type_definition import (
    ContractClaim,
    CredentialTypeDefinition,
    FieldDefinition,
    Kind,
    Look,
    Scalar,
    Source,
    Unlock,
)
from billfold.apps.console.pictures import BLACK, picture_of
from billfold.roles.issuer.credential_type_editor import WHITE
from billfold.roles.issuer.credential_type_rules import MAX_FIELDS, BadCredentialType, Flaw

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SOURCES: Final[tuple[Source, ...]] = get_args(Source)
UNLOCKS: Final[tuple[Unlock, ...]] = get_args(Unlock)
TEXTS: Final = ("descriptions", "purposes", "places")
_KIND_OF: Final[dict[str, Kind]] = {"person_name": "text", "groups": "text"}
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?\Z")

Form = Mapping[str, str]


def with_fields(
    definition: CredentialTypeDefinition, form: Form, contract: Iterable[ContractClaim]
) -> CredentialTypeDefinition:
    """Return *definition* with the fields of the form, in its order, after what its button does.

    Args:
        contract: what was promised of claims, and is not the form's to change.
    """
    if "order" not in form:
        return definition
    promised = {each.claim: each for each in contract}
    numbers = _numbers(form["order"])
    fields = [_field(form, f"f{n}", tuple(definition.names), promised) for n in numbers]
    do, _, given = form.get("do", "").partition(":")
    at = numbers.index(int(given)) if given.isdecimal() and int(given) in numbers else None
    if do == "add":
        fields.append(FieldDefinition("", dict.fromkeys(definition.names, ""), "attribute"))
    elif at is not None and do == "remove":
        del fields[at]
    elif at is not None and do in ("up", "down"):
        to = max(0, at - 1) if do == "up" else min(len(fields) - 1, at + 1)
        fields.insert(to, fields.pop(at))
    return replace(definition, fields=tuple(fields))


def with_look(definition: CredentialTypeDefinition, form: Form, files: Mapping[str, bytes]) -> CredentialTypeDefinition:
    """Return *definition* with the look of the form; a picture that was not chosen stays."""
    before = definition.look
    text = {"white": WHITE, "black": BLACK}.get(form.get("do", ""), form.get("text_color", ""))
    look = Look(
        background_color=colour_of(form.get("background_color", "")),
        text_color=colour_of(text),
        logo=None if form.get("no_logo") else picture_of(files.get("logo")) or before.logo,
        background_image=None if form.get("no_art") else picture_of(files.get("art")) or before.background_image,
    )
    return replace(definition, look=look)


def with_validity(definition: CredentialTypeDefinition, form: Form) -> CredentialTypeDefinition:
    """Return *definition* with the validity of the form.

    Raises:
        BadCredentialType: the days are no number.
    """
    days = form.get("validity_days", "")
    if not re.fullmatch(r"[0-9]{1,9}", days):
        said = "expected validity_days as a whole number"
        raise BadCredentialType(said, [Flaw("validity_days", "validity_number", said)])
    unlock = form.get("unlock", "")
    return replace(definition, validity_days=int(days), unlock=unlock if unlock in UNLOCKS else definition.unlock)


def with_texts(definition: CredentialTypeDefinition, form: Form) -> CredentialTypeDefinition:
    """Return *definition* with the names and texts of the form, in its languages, after what its button does."""
    languages = [each for each in definition.names if f"names.{each}" in form]
    do, _, given = form.get("do", "").partition(":")
    if do == "remove":
        languages = [each for each in languages if each != given]
    added = form.get("new_language", "")
    if added and added not in languages:
        languages.append(added)
    texts = {what: {each: form.get(f"{what}.{each}", "") for each in languages} for what in ("names", *TEXTS)}
    fields = tuple(
        replace(field, labels={each: field.labels.get(each, "") for each in languages}) for field in definition.fields
    )
    return replace(
        definition,
        names=texts.pop("names"),
        fields=fields,
        **{what: given if any(given.values()) else {} for what, given in texts.items()},
    )


def first_draft(names: Mapping[str, str], labels: Callable[[str], str]) -> CredentialTypeDefinition:
    """Return what a type begins as: the person's name, in the languages of *names*."""
    named = {language: name for language, name in names.items() if name}
    person = FieldDefinition("name", {each: labels(each) for each in named}, "person_name", required=True)
    return CredentialTypeDefinition(named, (person,), look=Look("#33404a", WHITE))


def slug_of(name: str, *, joined: str = "-") -> str:
    """Return what can stand in an address for *name*: its letters without accents, and digits."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode().lower()
    return joined.join(re.findall(r"[a-z0-9]+", plain))[:63].strip(joined)


def colour_of(typed: str) -> str | None:
    """Return a colour as it is stored, where it can be seen what is meant; else what was typed; None for nothing."""
    hexadecimal = re.fullmatch(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", typed)
    if hexadecimal is None:
        return typed[:32] or None
    digits = hexadecimal[1].lower()
    return "#" + (digits if len(digits) == len("rrggbb") else "".join(each * 2 for each in digits))


def _numbers(order: str) -> list[int]:
    found = [int(each) for each in order.split(",") if each.isdecimal() and len(each) < len("1000")]
    return list(dict.fromkeys(found))[: MAX_FIELDS + 1]


def _field(form: Form, at: str, languages: tuple[str, ...], promised: Mapping[str, ContractClaim]) -> FieldDefinition:
    given = {name.removeprefix(f"{at}."): value for name, value in form.items() if name.startswith(f"{at}.")}
    labels = {each: given.get(f"label.{each}", "") for each in languages}
    claim = given.get("claim") or slug_of(next(filter(None, labels.values()), ""), joined="_")
    typed = given.get("source", "")
    source = typed if typed in SOURCES else "attribute"
    kind = _KIND_OF.get(source) or cast("Kind", given["kind"] if given.get("kind") in KINDS else "text")
    kept = promised.get(claim)
    many = source == "groups" or (source == "attribute" and "many" in given)
    return FieldDefinition(
        claim,
        labels,
        source,
        attribute=(given.get("attribute") or None) if source == "attribute" else None,
        fixed=_fixed(given.get("fixed", ""), kind) if source == "fixed" else None,
        kind=kind,
        many=kept.many if kept else many,
        required="required" in given,
        selectively_disclosable=kept.selectively_disclosable if kept else given.get("shown") != "always",
    )


def _fixed(typed: str, kind: Kind) -> Scalar | None:
    if kind == "boolean":
        return {"yes": True, "no": False}.get(typed)
    if kind == "number" and _NUMBER.match(typed):
        return float(typed) if "." in typed else int(typed)
    return typed or None
