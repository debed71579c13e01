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
from billfold.apps.demo.content import HARBOUR, LAKESIDE, NORTHWIND, DemoOrganisation, DemoPerson, DemoTemplate
from billfold.errors import StateError
from billfold.roles.issuer import credential_type_editor, people
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.issuer_names import vct_of
from billfold.roles.operator.permission import OWNER, Authority, permissions_of
from billfold.roles.organisation import add_organisation, identifier_of, root_of
from billfold.roles.parts import Parts

_ACTOR = "system"


async def seed(parts: Parts) -> None:
    """Write the demo's organisations, types, people, entitlements and templates, unless an earlier start did."""
    if await organisations.every(parts.store):
        return
    made = [(demo, await _add(parts, demo)) for demo in (NORTHWIND, LAKESIDE, HARBOUR)]
    for demo, organisation in made:  # after all issuers whose Creds they may accept
        for template in demo.templates:
            await _add_template(parts, organisation, template)


async def _add(parts: Parts, demo: DemoOrganisation) -> Organisation:
    look = Look(demo.background_color, "#ffffff", _picture(demo.logo))
    settings = OrganisationSettings(roles=demo.roles, support=demo.support, look=look, try_it=demo.try_it)
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


async def _add_template(parts: Parts, requester: Organisation, demo: DemoTemplate) -> None:
    issuer = await organisations.by_slug(parts.store, demo.issuer)
    if issuer is None:
        raise StateError(f"expected {demo.issuer} before a template that accepts its Creds")
    identifier = identifier_of(parts, issuer.slug)
    accepted = AcceptedType(
        vct=vct_of(identifier, demo.accepts),
        issuer=identifier,
        issuer_name=issuer.name,
        anchor=base64.b64encode(await root_of(parts, issuer.id)).decode(),
        name=demo.type.names,
    )
    labels = {field.claim: field.labels for field in demo.type.fields}
    fields = tuple(TemplateField(claim, required, labels[claim]) for claim, required in demo.wants.items())
    asks = (Ask(accepted=(accepted,), fields=fields),)
    definition = TemplateDefinition(demo.names, demo.purposes, asks, keep_result_s=demo.keep_result_s)
    await presentation_requests.create_template(
        parts.store,
        requester.id,
        PresentationTemplate(parts.new_id(), demo.slug, definition),
        act=parts.act(_ACTOR),
        asked_once=None,
    )


def _picture(name: str) -> str:
    data = importlib.resources.files("billfold.apps.demo").joinpath("pictures", name).read_bytes()
    return f"data:image/{name.rpartition('.')[2]};base64,{base64.b64encode(data).decode()}"
