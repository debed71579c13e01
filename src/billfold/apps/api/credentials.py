"""Credentials: what was issued, and suspend, resume and revoke, which act on the entitlement behind it."""

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import credentials
from billfold.adapters.store.records import Credential
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import CredentialView, Page, Reason
from billfold.roles.issuer.entitlement import Verb, move, reason_of
from billfold.roles.parts import NotFound


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
        return await _move(caller, credential_id, data, "suspend")

    @post("/{credential_id:str}/resume", summary="Resume a Cred", status_code=200)
    async def resume(
        self, caller: NamedDependency[Caller], credential_id: FromPath[str], data: JSONBody[Reason]
    ) -> CredentialView:
        """Undo a suspension."""
        return await _move(caller, credential_id, data, "resume")

    @post("/{credential_id:str}/revoke", summary="Revoke a Cred", status_code=200)
    async def revoke(
        self, caller: NamedDependency[Caller], credential_id: FromPath[str], data: JSONBody[Reason]
    ) -> CredentialView:
        """Revoke for good: the entitlement ends with it."""
        return await _move(caller, credential_id, data, "revoke")


async def _move(caller: Caller, credential_id: str, data: Reason, verb: Verb) -> CredentialView:
    issuer, store, reason = await caller.issuer(), caller.parts.store, reason_of(data.reason)
    found = await credentials.get(store, issuer.id, credential_id)
    if found is None:
        raise NotFound("expected a Cred of this organisation")
    await move(caller.parts, issuer, found.entitlement_id, verb, caller.act(reason))
    return _view(await credentials.get(store, issuer.id, credential_id) or found)


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
