"""The organisation's own affairs, for keys with the scope `settings`, which is an owner's.

What is somebody's own stays in the console, where somebody is signed in: passkeys, passwords and sessions.
"""

import base64

from litestar import Controller, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from billfold.adapters.store import organisations, overview
from billfold.adapters.store.records import ApiKey, Organisation, SigningKey
from billfold.adapters.store.staff import Staff
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import Page
from billfold.apps.api.problems import Refused
from billfold.apps.api.settings_messages import (
    ApiKeyView,
    InvitationView,
    MadeApiKeyView,
    NewApiKey,
    NewStaff,
    OrganisationChange,
    OrganisationView,
    OverviewView,
    RequestsTodayView,
    SigningKeyView,
    StaffChange,
    StaffView,
)
from billfold.apps.words import words_for
from billfold.roles.operator import api_key, staff
from billfold.roles.operator.api_key import BadApiKey
from billfold.roles.operator.organisation import BadSettings, Change, change_organisation, renew_key
from billfold.roles.operator.staff import BadStaff, Invitation
from billfold.roles.verifier.today import requests_today

MAX_BODY_BYTES = 12 * 1024 * 1024  # with a logo, which is made to fit
_NO_STORE = {"Cache-Control": "no-store"}
_OPT = {"scope": "settings"}


class OrganisationController(Controller):
    """`/organisation`."""

    path = "/organisation"
    tags = ("Organisation",)
    opt = _OPT
    request_max_body_size = MAX_BODY_BYTES

    @get(summary="Get the organisation")
    async def find(self, caller: NamedDependency[Caller]) -> OrganisationView:
        """Return the organisation whose key this is."""
        found = await organisations.by_id(caller.parts.store, caller.organisation.id)
        return _organisation(found or caller.organisation)

    @patch(summary="Change the organisation")
    async def change(self, caller: NamedDependency[Caller], data: JSONBody[OrganisationChange]) -> OrganisationView:
        """Change what is given."""
        wanted = Change(data.name, data.support, data.time_zone, data.logo, data.try_it)
        try:
            changed = await change_organisation(caller.parts, caller.authority(), wanted)
        except BadSettings as exc:
            raise Refused(400, exc.code, str(exc)) from exc
        caller.forget()
        return _organisation(changed)

    @get("/overview", summary="Count what there is", opt={"scope": "people"})
    async def overview(self, caller: NamedDependency[Caller]) -> OverviewView:
        """Return the figures of the console's Overview."""
        found = await overview.figures(caller.parts.store, caller.organisation.id, now=caller.parts.now())
        zone = words_for("", caller.organisation.settings.time_zone).zone
        today = await requests_today(caller.parts, caller.organisation.id, zone)
        return OverviewView(
            found.people,
            found.new_people,
            found.paired,
            found.reachable,
            found.silent,
            found.creds,
            found.suspended,
            found.uncollected,
            found.failed,
            found.wakes_wait_since,
            RequestsTodayView(today.asked, today.answered, today.declined, today.waiting),
        )

    @get("/signing-keys", summary="List signing keys")
    async def keys(self, caller: NamedDependency[Caller]) -> Page[SigningKeyView]:
        """Return the certificates in use, oldest first."""
        found = await organisations.signing_keys_of(caller.parts.store, caller.organisation.id)
        return Page([_signing_key(each) for each in found])

    @post("/signing-keys/{role:str}/renew", summary="Renew a signing key", status_code=204)
    async def renew(self, caller: NamedDependency[Caller], role: FromPath[str]) -> None:
        """Give the role `issuer` or `requester` a new key; what was signed with the one before stays good."""
        await renew_key(caller.parts, caller.authority(), role)
        caller.forget()


class StaffController(Controller):
    """`/staff`."""

    path = "/staff"
    tags = ("Organisation",)
    opt = _OPT

    @get(summary="List staff")
    async def list(self, caller: NamedDependency[Caller]) -> Page[StaffView]:
        """Return who may sign in, in the order they were added."""
        return Page([_member(each) for each in await staff.working(caller.parts, caller.organisation.id)])

    @post(summary="Invite somebody", response_headers=_NO_STORE)
    async def create(self, caller: NamedDependency[Caller], data: JSONBody[NewStaff]) -> InvitationView:
        """Add somebody; an e-mail that is known answers 409, so that asking twice adds one."""
        try:
            made = await staff.invite(
                caller.parts, caller.authority(), email=data.email, name=data.name, role=data.role
            )
        except BadStaff as exc:
            raise Refused(400, exc.code, str(exc)) from exc
        return _invitation(caller, made)

    @post("/{staff_id:str}/invite", summary="Invite again", response_headers=_NO_STORE)
    async def invite(self, caller: NamedDependency[Caller], staff_id: FromPath[str]) -> InvitationView:
        """Make a new link for somebody who cannot sign in; the one before ends."""
        return _invitation(caller, await staff.invite_again(caller.parts, caller.authority(), staff_id))

    @patch("/{staff_id:str}", summary="Change a role")
    async def change(
        self, caller: NamedDependency[Caller], staff_id: FromPath[str], data: JSONBody[StaffChange]
    ) -> StaffView:
        """Make somebody an owner or not; the last owner stays one."""
        await staff.change_role(caller.parts, caller.authority(), staff_id, data.role)
        return _member(await staff.find(caller.parts, caller.organisation.id, staff_id))

    @delete("/{staff_id:str}", summary="End somebody's access")
    async def end(self, caller: NamedDependency[Caller], staff_id: FromPath[str]) -> None:
        """End it at once, with sessions and passkeys."""
        await staff.end(caller.parts, caller.authority(), staff_id)


class ApiKeysController(Controller):
    """`/api-keys`."""

    path = "/api-keys"
    tags = ("Organisation",)
    opt = _OPT

    @get(summary="List API keys")
    async def list(self, caller: NamedDependency[Caller]) -> Page[ApiKeyView]:
        """Return the keys in use, oldest first."""
        found = await organisations.api_keys_of(caller.parts.store, caller.organisation.id)
        return Page([_api_key(each) for each in found])

    @post(summary="Make an API key", response_headers=_NO_STORE)
    async def create(self, caller: NamedDependency[Caller], data: JSONBody[NewApiKey]) -> MadeApiKeyView:
        """Make a key; its secret is in this answer alone."""
        try:
            made, secret = await api_key.make(
                caller.parts, caller.authority(), name=data.name, scopes=tuple(data.scopes)
            )
        except BadApiKey as exc:
            raise Refused(400, exc.code, str(exc)) from exc
        return MadeApiKeyView(made.id, made.name, list(made.scopes), secret)

    @delete("/{key_id:str}", summary="End an API key")
    async def end(self, caller: NamedDependency[Caller], key_id: FromPath[str]) -> None:
        """End it for good."""
        await api_key.end(caller.parts, caller.authority(), key_id)


def _organisation(found: Organisation) -> OrganisationView:
    settings = found.settings
    return OrganisationView(
        found.slug,
        found.name,
        list(settings.roles),
        settings.support,
        settings.time_zone,
        settings.look.logo,
        settings.try_it,
    )


def _signing_key(key: SigningKey) -> SigningKeyView:
    return SigningKeyView(
        key.purpose,  # type: ignore[arg-type]  # the store keeps these very words
        base64.b64encode(key.certificate).decode(),
        key.not_after_at,
        key.created_at,
    )


def _member(found: Staff) -> StaffView:
    return StaffView(
        found.id,
        found.email,
        found.name,
        found.role,  # type: ignore[arg-type]  # the store keeps these very words
        found.created_at,
        found.invited_until_at,
    )


def _invitation(caller: Caller, made: Invitation) -> InvitationView:
    link = f"{caller.parts.addresses.console}/o/{caller.organisation.slug}/join/{made.secret}"
    return InvitationView(made.member.id, link, made.expires_at)


def _api_key(found: ApiKey) -> ApiKeyView:
    return ApiKeyView(found.id, found.name, list(found.scopes))
