"""Designer: a template as somebody draws it up: ticked types, and each field not asked, optional or required.

What can be ticked are the Cred types of this installation, and what the template accepts already from elsewhere.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import msgspec

from billfold.adapters.store import credential_types, organisations
from billfold.adapters.store.template_definition import AcceptedType, Ask, TemplateDefinition, TemplateField
from billfold.roles.issuer_names import vct_of
from billfold.roles.organisation import ISSUER, identifier_of, root_of
from billfold.roles.parts import Parts

Wish = Literal["required", "optional"]
OptionalAs = Literal["per_field", "whole", "required_only"]


@dataclass(frozen=True, slots=True)
class Offered:
    """A type that can be accepted, with the fields that it has.

    Attributes:
        key: names it in a form.
        fields: labels by claim; those of a type from elsewhere are what the template asks already.
    """

    key: str
    accepted: AcceptedType
    fields: dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Draft:
    """A template under way.

    Attributes:
        accepts: keys of offered types.
        wishes: by claim; what is absent is not asked.
    """

    names: dict[str, str] = field(default_factory=dict)
    purposes: dict[str, str] = field(default_factory=dict)
    accepts: tuple[str, ...] = ()
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    optional_as: OptionalAs = "per_field"
    keep_result_s: int = 600

    def swapped(self, claim: str, narrower: str) -> "Draft":
        """Return the draft with *narrower* asked in the place of *claim*."""
        wishes = {narrower if each == claim else each: wish for each, wish in self.wishes.items()}
        return replace(self, wishes=wishes)


@dataclass(frozen=True, slots=True)
class DraftField:
    """A field that can be asked; *everywhere*: every ticked type has it."""

    claim: str
    labels: dict[str, str]
    wish: Wish | None
    everywhere: bool


def is_drawable(definition: TemplateDefinition) -> bool:
    """Say whether the designer can show a template: one that asks for several Creds is made by the API alone."""
    return len(definition.asks) == 1


async def offered(parts: Parts, definition: TemplateDefinition | None) -> list[Offered]:
    """Return what can be accepted."""
    found = []
    for organisation in sorted(await organisations.every(parts.store), key=lambda each: each.name):
        if ISSUER not in organisation.settings.roles:
            continue
        issuer = identifier_of(parts, organisation.slug)
        anchor = base64.b64encode(await root_of(parts, organisation.id)).decode()
        for each in await credential_types.of_organisation(parts.store, organisation.id):
            vct, names = vct_of(issuer, each.slug), each.definition.names
            fields = {one.claim: one.labels for one in each.definition.fields}
            accepted = AcceptedType(vct, issuer, organisation.name, anchor, names)
            found.append(Offered(f"{organisation.slug}/{each.slug}", accepted, fields))
    known = {each.accepted.vct for each in found}
    for ask in definition.asks[:1] if definition else ():
        labels = {one.claim: one.labels for one in ask.fields}
        strange = [each for each in ask.accepted if each.vct not in known]
        found += [Offered(f"other/{number}", each, labels) for number, each in enumerate(strange)]
    return found


def draft_of(definition: TemplateDefinition, choices: list[Offered]) -> Draft:
    """Return a template as a draft."""
    (ask, *_) = definition.asks
    accepted = {each.vct for each in ask.accepted}
    return Draft(
        definition.names,
        definition.purposes,
        tuple(each.key for each in choices if each.accepted.vct in accepted),
        {each.claim: "required" if each.required else "optional" for each in ask.fields},
        definition.optional_as,
        definition.keep_result_s,
    )


def fields_of(draft: Draft, choices: list[Offered]) -> list[DraftField]:
    """Return the fields of the ticked types, in their order."""
    ticked = [each for each in choices if each.key in draft.accepts]
    labels: dict[str, dict[str, str]] = {}
    for each in ticked:
        for claim, named in each.fields.items():
            labels.setdefault(claim, named)
    return [
        DraftField(claim, named, draft.wishes.get(claim), all(claim in each.fields for each in ticked))
        for claim, named in labels.items()
    ]


def definition_of(draft: Draft, choices: list[Offered], before: TemplateDefinition | None) -> TemplateDefinition:
    """Return what the draft says; what a designer does not show stays as it was *before*."""
    accepted = tuple(each.accepted for each in choices if each.key in draft.accepts)
    asked = [each for each in fields_of(draft, choices) if each.wish is not None]
    asked.sort(key=lambda each: each.wish != "required")
    fields = tuple(TemplateField(each.claim, each.wish == "required", each.labels) for each in asked)
    drawn = TemplateDefinition(
        draft.names, draft.purposes, (Ask(accepted, fields),), draft.optional_as, draft.keep_result_s
    )
    if before is None:
        return drawn
    return msgspec.structs.replace(
        before,
        names=drawn.names,
        purposes=drawn.purposes,
        asks=(msgspec.structs.replace(before.asks[0], accepted=accepted, fields=fields),),
        optional_as=drawn.optional_as,
        keep_result_s=drawn.keep_result_s,
    )
