"""People of the directory, and what they should hold."""

import contextlib

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import people
from billfold.adapters.store.records import Entitlement, Person
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import (
    DeviceReplacement,
    EntitlementView,
    NewEntitlement,
    NewPerson,
    Page,
    PairingCodeView,
    PersonChange,
    PersonView,
)
from billfold.apps.api.pairings import code_view, wanted_way
from billfold.apps.api.problems import Refused
from billfold.roles.issuer.entitlement import WrongState, entitle, move
from billfold.roles.issuer.people import add, change, find
from billfold.roles.issuer.replacement import replace_device

PAGE_SIZE = 100
MAX_BODY_BYTES = 12 * 1024 * 1024  # with a picture as a phone takes it, which is made to fit
MAX_REASON_CHARACTERS = 500


class PeopleController(Controller):
    """`/people`."""

    path = "/people"
    tags = ("People",)
    opt = {"scope": "people"}  # noqa: RUF012  # Litestar's own form
    request_max_body_size = MAX_BODY_BYTES

    @post(summary="Add a person")
    async def create(
        self, caller: NamedDependency[Caller], data: JSONBody[NewPerson], idempotency_key: IdempotencyKey = None
    ) -> PersonView:
        """Add a person to the directory."""
        made = await add(
            caller.parts,
            await caller.office.issuers.get(caller.organisation.slug),
            caller.organisation.id,
            name=data.name,
            attributes=data.attributes,
            groups=data.groups,
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return _person(made)

    @get(summary="List people")
    async def list(self, caller: NamedDependency[Caller], after: FromQuery[str] = "") -> Page[PersonView]:
        """Return up to 100 people in the order they were added."""
        found = await people.page(caller.parts.store, caller.organisation.id, after=after)
        following = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
        return Page([_person(p) for p in found[:PAGE_SIZE]], following)

    @get("/{person_id:str}", summary="Get a person")
    async def get(self, caller: NamedDependency[Caller], person_id: FromPath[str]) -> PersonView:
        """Return one person."""
        return _person(await find(caller.parts, caller.organisation.id, person_id))

    @patch("/{person_id:str}", summary="Change a person")
    async def change(
        self, caller: NamedDependency[Caller], person_id: FromPath[str], data: JSONBody[PersonChange]
    ) -> PersonView:
        """Change what is given; paired devices are woken for the Creds whose fields differ now."""
        changed = await change(
            caller.parts,
            await caller.office.issuers.get(caller.organisation.slug),
            caller.organisation.id,
            person_id,
            name=data.name,
            attributes=data.attributes,
            groups=data.groups,
            act=caller.act(),
        )
        return _person(changed)

    @post("/{person_id:str}/replace-device", summary="Replace a device", opt={"scope": "pairings"})
    async def replace_device(
        self,
        caller: NamedDependency[Caller],
        person_id: FromPath[str],
        data: JSONBody[DeviceReplacement],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[PairingCodeView]:
        """End the old pairing, make its Creds invalid, and make a pairing code for the new device."""
        if not 0 < len(data.checked_how.strip()) <= MAX_REASON_CHARACTERS:
            raise Refused(400, "bad_check", f"expected checked_how of 1 to {MAX_REASON_CHARACTERS} characters")
        shown = await replace_device(
            caller.parts,
            await caller.issuer(),
            person_id=person_id,
            way=wanted_way(data),
            act=caller.act(f"{data.reason}; checked: {data.checked_how.strip()}"),
            asked_once=caller.once(idempotency_key, data),
        )
        return Response(code_view(shown), status_code=201, headers={"Cache-Control": "no-store"})


class EntitlementsController(Controller):
    """`/entitlements`."""

    path = "/entitlements"
    tags = ("Entitlements",)
    opt = {"scope": "entitlements"}  # noqa: RUF012  # Litestar's own form

    @post(summary="Entitle a person to a Cred type")
    async def create(
        self, caller: NamedDependency[Caller], data: JSONBody[NewEntitlement], idempotency_key: IdempotencyKey = None
    ) -> EntitlementView:
        """Entitle a person; their paired device gets the Cred when it asks."""
        issuer = await caller.issuer()
        if data.credential_type not in issuer.types:
            raise Refused(400, "unknown_credential_type", "expected the slug of a Cred type of this organisation")
        found = await entitle(
            caller.parts,
            issuer,
            person_id=data.person_id,
            credential_type=data.credential_type,
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return _entitlement(found)

    @delete("/{entitlement_id:str}", summary="End an entitlement")
    async def end(self, caller: NamedDependency[Caller], entitlement_id: FromPath[str]) -> None:
        """End it for good: every Cred of it is revoked. Asked twice, it stays ended."""
        issuer = await caller.issuer()
        with contextlib.suppress(WrongState):
            await move(caller.parts, issuer, entitlement_id, "revoke", caller.act())


def _person(person: Person) -> PersonView:
    return PersonView(person.id, person.name, person.attributes, list(person.groups), person.created_at)


def _entitlement(found: Entitlement) -> EntitlementView:
    return EntitlementView(
        found.id,
        found.person_id,
        found.credential_type,
        found.state,  # type: ignore[arg-type]  # the store keeps these very words
        found.revision,
        found.created_at,
    )
