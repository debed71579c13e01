"""Fill an empty store with the demo's content, by the same use cases as everything else."""

import base64
import importlib.resources

import msgspec

from billfold.adapters.store import entitlements, organisations, presentation_requests
from billfold.adapters.store.records import (
    Organisation,
    OrganisationSettings,
    PresentationTemplate,
)
from billfold.adapters.store.template_definition import AcceptedType, Ask, TemplateDefinition, TemplateField
from billfold.adapters.store.type_definition import Look
from billfold.apps.demo.content import EMPLOYEE_BADGE, HARBOUR, LAKESIDE, NORTHWIND, DemoOrganisation, DemoPerson
from billfold.roles.issuer import credential_type_editor, people
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.issuer_names import vct_of
from billfold.roles.operator.permission import OWNER, Authority, permissions_of
from billfold.roles.organisation import add_organisation, identifier_of, root_of
from billfold.roles.parts import Parts

_ACTOR = "system"


async def seed(parts: Parts) -> None:
    """Write the demo's organisations, types, people, entitlements and template, unless an earlier start did."""
    if await organisations.every(parts.store):
        return
    northwind = await _add(parts, NORTHWIND)
    await _add(parts, LAKESIDE)
    harbour = await _add(parts, HARBOUR)
    await _add_staff_rate(parts, harbour, northwind)


async def _add(parts: Parts, demo: DemoOrganisation) -> Organisation:
    look = Look(demo.background_color, "#ffffff", _picture(demo.logo))
    settings = OrganisationSettings(roles=demo.roles, support=demo.support, look=look)
    organisation = await add_organisation(parts, slug=demo.slug, name=demo.name, settings=settings)
    for slug, plain in demo.types.items():
        by = Authority(organisation.id, permissions_of(OWNER), parts.act(_ACTOR))
        art = _picture(demo.art[slug]) if slug in demo.art else None
        definition = msgspec.structs.replace(plain, look=msgspec.structs.replace(plain.look, background_image=art))
        await credential_type_editor.create(parts, by, slug, definition)
    issuer = await load_issuer(parts, demo.slug)
    for person in demo.people:
        await _add_person(parts, organisation, issuer, person)
    return organisation


async def _add_person(parts: Parts, organisation: Organisation, issuer: Issuer | None, demo: DemoPerson) -> None:
    attributes = {**demo.attributes, "photo": _picture(demo.photo)} if demo.photo else demo.attributes
    person = await people.add(
        parts,
        issuer,
        organisation.id,
        name=demo.name,
        attributes=attributes,
        groups=demo.groups,
        act=parts.act(_ACTOR),
        asked_once=None,
    )
    for slug in demo.holds:
        await entitlements.create(
            parts.store,
            organisation.id,
            entitlement_id=parts.new_id(),
            person_id=person.id,
            credential_type=slug,
            act=parts.act(_ACTOR),
            asked_once=None,
        )


async def _add_staff_rate(parts: Parts, harbour: Organisation, northwind: Organisation) -> None:
    issuer = identifier_of(parts, northwind.slug)
    accepted = AcceptedType(
        vct=vct_of(issuer, "employee-badge"),
        issuer=issuer,
        issuer_name=northwind.name,
        anchor=base64.b64encode(await root_of(parts, northwind.id)).decode(),
        name=EMPLOYEE_BADGE.names,
    )
    labels = {field.claim: field.labels for field in EMPLOYEE_BADGE.fields}
    wanted = {"name": True, "employer": True, "photo": False, "team": False, "date_of_birth": False}
    definition = TemplateDefinition(
        names={"en": "Staff rate", "de": "Firmentarif"},
        purposes={
            "en": "To give you the staff rate of your employer.",
            "de": "Um Ihnen den Firmentarif Ihres Arbeitgebers zu geben.",
        },
        asks=(
            Ask(
                accepted=(accepted,),
                fields=tuple(TemplateField(claim, required, labels[claim]) for claim, required in wanted.items()),
            ),
        ),
    )
    template = PresentationTemplate(parts.new_id(), "staff-rate", definition)
    await presentation_requests.create_template(
        parts.store, harbour.id, template, act=parts.act(_ACTOR), asked_once=None
    )


def _picture(name: str) -> str:
    data = importlib.resources.files("billfold.apps.demo").joinpath("pictures", name).read_bytes()
    return f"data:image/{name.rpartition('.')[2]};base64,{base64.b64encode(data).decode()}"
