"""Cred types and their versions, and what they declare of people's attributes."""

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from billfold.adapters.store.records import CredentialType, CredentialTypeVersion
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import (
    AttributeView,
    CredentialTypeChange,
    CredentialTypeVersionView,
    CredentialTypeView,
    NewCredentialType,
    Page,
)
from billfold.roles.issuer import credential_type_editor as editor
from billfold.roles.issuer.attribute import attributes_of
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.issuer_names import vct_of
from billfold.roles.parts import NotFound

MAX_BODY_BYTES = 12 * 1024 * 1024  # with two pictures, which are made to fit


class CredentialTypesController(Controller):
    """`/credential-types`."""

    path = "/credential-types"
    tags = ("Cred types",)
    opt = {"scope": "types"}  # noqa: RUF012  # Litestar's own form
    request_max_body_size = MAX_BODY_BYTES

    @post(summary="Publish a Cred type")
    async def create(self, caller: NamedDependency[Caller], data: JSONBody[NewCredentialType]) -> CredentialTypeView:
        """Publish the first version. A slug that is taken answers 409, so that asking twice makes one."""
        issuer = await caller.issuer()
        made = await editor.create(caller.parts, caller.authority(), data.slug, data.definition)
        caller.office.issuers.forget(caller.organisation.slug)
        return _view(issuer, made)

    @get(summary="List Cred types")
    async def list(self, caller: NamedDependency[Caller]) -> Page[CredentialTypeView]:
        """Return all Cred types in the order they were made."""
        issuer = await caller.issuer()
        return Page([_view(issuer, each) for each in issuer.types.values()])

    @get("/{slug:str}", summary="Get a Cred type")
    async def find(self, caller: NamedDependency[Caller], slug: FromPath[str]) -> CredentialTypeView:
        """Return one Cred type in its newest version."""
        issuer = await caller.issuer()
        return _view(issuer, await editor.find(caller.parts, issuer.id, slug))

    @put("/{slug:str}", summary="Publish the next version of a Cred type")
    async def change(
        self, caller: NamedDependency[Caller], slug: FromPath[str], data: JSONBody[CredentialTypeChange]
    ) -> CredentialTypeView:
        """Publish a version. Where it changes what Creds say, every holder's is issued anew and their devices woken."""
        issuer = await caller.issuer()
        by = caller.authority(data.reason)
        made = await editor.change(caller.parts, by, slug, data.definition, replaces=data.replaces)
        caller.office.issuers.forget(caller.organisation.slug)
        return _view(issuer, made)

    @get("/{slug:str}/versions", summary="List the versions of a Cred type")
    async def versions(self, caller: NamedDependency[Caller], slug: FromPath[str]) -> Page[CredentialTypeVersionView]:
        """Return all versions, oldest first."""
        issuer = await caller.issuer()
        return Page([_version(each) for each in await editor.versions(caller.parts, issuer.id, slug)])

    @get("/{slug:str}/versions/{version:int}", summary="Get a version of a Cred type")
    async def version(
        self, caller: NamedDependency[Caller], slug: FromPath[str], version: FromPath[int]
    ) -> CredentialTypeVersionView:
        """Return one version as it was published."""
        issuer = await caller.issuer()
        for each in await editor.versions(caller.parts, issuer.id, slug):
            if each.version == version:
                return _version(each)
        raise NotFound("expected a version of this Cred type")


class AttributesController(Controller):
    """`/attributes`."""

    path = "/attributes"
    tags = ("People",)
    opt = {"scope": "people"}  # noqa: RUF012  # Litestar's own form

    @get(summary="List the attributes that Cred types show")
    async def list(self, caller: NamedDependency[Caller]) -> Page[AttributeView]:
        """Return what a person's attributes are called, and of which kind each must be."""
        declared = attributes_of((await caller.issuer()).types.values())
        return Page([AttributeView(each.name, each.kind, each.many, each.labels) for each in declared.values()])


def _view(issuer: Issuer, found: CredentialType) -> CredentialTypeView:
    return CredentialTypeView(found.slug, vct_of(issuer.identifier, found.slug), found.version, found.definition)


def _version(found: CredentialTypeVersion) -> CredentialTypeVersionView:
    return CredentialTypeVersionView(found.version, found.definition, found.created_at, found.actor, found.reason)
