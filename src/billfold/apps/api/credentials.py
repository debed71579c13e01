"""Credentials: what was issued, and suspend, resume and revoke, which act on the entitlement behind it."""

from collections.abc import Awaitable, Callable

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import credentials, entitlements
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import Credential
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import CredentialView, Page, Reason
from billfold.apps.api.problems import Refused
from billfold.roles.parts import NotFound

MAX_REASON_CHARACTERS = 500
Move = Callable[[Engine, str, str, Act], Awaitable[bool]]


class CredentialsController(Controller):
    """`/credentials`."""

    path = "/credentials"
    tags = ("Credentials",)
    opt = {"scope": "credentials"}  # noqa: RUF012  # Litestar's own form

    @get(summary="List a person's Creds")
    async def list(self, caller: NamedDependency[Caller], person_id: FromQuery[str]) -> Page[CredentialView]:
        """Return what was issued to the person, oldest first."""
        found = await credentials.of_person(caller.parts.store, caller.organisation.id, person_id)
        return Page([_view(c) for c in found])

    @post("/{credential_id:str}/suspend", summary="Suspend a Cred", status_code=200)
    async def suspend(
        self, caller: NamedDependency[Caller], credential_id: FromPath[str], data: JSONBody[Reason]
    ) -> CredentialView:
        """Suspend: nobody accepts it, and no new one is issued, until it is resumed."""
        return await _move(caller, credential_id, data, entitlements.suspend, "an active Cred")

    @post("/{credential_id:str}/resume", summary="Resume a Cred", status_code=200)
    async def resume(
        self, caller: NamedDependency[Caller], credential_id: FromPath[str], data: JSONBody[Reason]
    ) -> CredentialView:
        """Undo a suspension."""
        return await _move(caller, credential_id, data, entitlements.resume, "a suspended Cred")

    @post("/{credential_id:str}/revoke", summary="Revoke a Cred", status_code=200)
    async def revoke(
        self, caller: NamedDependency[Caller], credential_id: FromPath[str], data: JSONBody[Reason]
    ) -> CredentialView:
        """Revoke for good: the entitlement ends with it."""
        return await _move(caller, credential_id, data, entitlements.end, "a Cred that is not revoked")


async def _move(caller: Caller, credential_id: str, data: Reason, move: Move, expected: str) -> CredentialView:
    if not 0 < len(data.reason.strip()) <= MAX_REASON_CHARACTERS:
        raise Refused(400, "bad_reason", f"expected a reason of 1 to {MAX_REASON_CHARACTERS} characters")
    store, organisation_id = caller.parts.store, caller.organisation.id
    found = await credentials.get(store, organisation_id, credential_id)
    if found is None:
        raise NotFound("expected a Cred of this organisation")
    if not await move(store, organisation_id, found.entitlement_id, caller.act(data.reason)):
        raise Refused(409, "wrong_state", f"expected {expected}")
    moved = await credentials.get(store, organisation_id, credential_id)
    return _view(moved or found)


def _view(found: Credential) -> CredentialView:
    return CredentialView(
        found.id,
        found.person_id,
        found.entitlement_id,
        found.pairing_id,
        found.credential_type,
        found.revision,
        found.state,  # type: ignore[arg-type]  # the store keeps these very words
        found.issued_at,
        found.expires_at,
        found.device_event,
    )
