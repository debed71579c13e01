"""Entitlements: who should hold what, one by one or everything of a person; everything signed for it follows."""

import contextlib

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import entitlements, people
from billfold.adapters.store.records import Entitlement
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import EntitlementView, NewEntitlement, Page, Reason
from billfold.apps.api.problems import Refused
from billfold.roles.issuer.entitlement import Verb, WrongState, entitle, move, move_all, reason_of


class EntitlementsController(Controller):
    """`/entitlements`."""

    path = "/entitlements"
    tags = ("Entitlements",)
    opt = {"scope": "entitlements"}  # noqa: RUF012  # Litestar's own form

    @get(summary="List what a person should hold")
    async def list(self, caller: NamedDependency[Caller], person_id: FromQuery[str]) -> Page[EntitlementView]:
        """Return the person's entitlements that have not ended, oldest first."""
        return await _held(caller, person_id)

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
        return _view(found)

    @post("/{entitlement_id:str}/suspend", summary="Suspend an entitlement", status_code=200)
    async def suspend(
        self, caller: NamedDependency[Caller], entitlement_id: FromPath[str], data: JSONBody[Reason]
    ) -> EntitlementView:
        """Suspend it, whether or not a device holds a Cred of it; nothing is issued until it is resumed."""
        return await _move(caller, entitlement_id, data, "suspend")

    @post("/{entitlement_id:str}/resume", summary="Resume an entitlement", status_code=200)
    async def resume(
        self, caller: NamedDependency[Caller], entitlement_id: FromPath[str], data: JSONBody[Reason]
    ) -> EntitlementView:
        """Undo a suspension."""
        return await _move(caller, entitlement_id, data, "resume")

    @delete("/{entitlement_id:str}", summary="End an entitlement")
    async def end(self, caller: NamedDependency[Caller], entitlement_id: FromPath[str]) -> None:
        """End it for good: every Cred of it is revoked. Asked twice, it stays ended."""
        issuer = await caller.issuer()
        with contextlib.suppress(WrongState):
            await move(caller.parts, issuer, entitlement_id, "revoke", caller.act())


class EverythingController(Controller):
    """`/people/{person_id}/suspend` and `/resume`: everything that a person should hold."""

    path = "/people/{person_id:str}"
    tags = ("Entitlements",)
    opt = {"scope": "entitlements"}  # noqa: RUF012  # Litestar's own form

    @post("/suspend", summary="Suspend everything", status_code=200)
    async def suspend(
        self, caller: NamedDependency[Caller], person_id: FromPath[str], data: JSONBody[Reason]
    ) -> Page[EntitlementView]:
        """Suspend everything of a person, and return what they should hold."""
        return await _move_all(caller, person_id, data, "suspend")

    @post("/resume", summary="Resume everything", status_code=200)
    async def resume(
        self, caller: NamedDependency[Caller], person_id: FromPath[str], data: JSONBody[Reason]
    ) -> Page[EntitlementView]:
        """Resume everything of a person, and return what they should hold."""
        return await _move_all(caller, person_id, data, "resume")


async def _move(caller: Caller, entitlement_id: str, data: Reason, verb: Verb) -> EntitlementView:
    issuer, reason = await caller.issuer(), reason_of(data.reason)
    before = await move(caller.parts, issuer, entitlement_id, verb, caller.act(reason))
    return _view(await entitlements.get(caller.parts.store, issuer.id, entitlement_id) or before)


async def _move_all(caller: Caller, person_id: str, data: Reason, verb: Verb) -> Page[EntitlementView]:
    reason = reason_of(data.reason)
    await move_all(caller.parts, await caller.issuer(), person_id, verb, lambda: caller.act(reason))
    return await _held(caller, person_id)


async def _held(caller: Caller, person_id: str) -> Page[EntitlementView]:
    person = await people.get(caller.parts.store, caller.organisation.id, person_id)
    found = await entitlements.held_by(caller.parts.store, person.id) if person else []
    return Page([_view(each) for each in found])


def _view(found: Entitlement) -> EntitlementView:
    return EntitlementView(
        found.id,
        found.person_id,
        found.credential_type,
        found.state,  # type: ignore[arg-type]  # the store keeps these very words
        found.revision,
        found.created_at,
    )
