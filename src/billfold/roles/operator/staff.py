"""Staff: added with a password or by an invitation, known by their e-mail, in one of two roles, and ended.

An invitation is a link with a secret that works once. Whoever added somebody hands it over; the person then chooses a
passkey or a password, so nobody ever knows another one's. A new invitation also helps who cannot sign in any more.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from billfold.adapters.store import staff
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.staff import NO_PASSWORD, Staff
from billfold.core.encoding import b64url_encode
from billfold.errors import StateError
from billfold.roles.operator.password import SALT_BYTES, hash_password, verify_password
from billfold.roles.operator.permission import OWNER, SUPPORT, Authority
from billfold.roles.parts import NotFound, Parts, sha256

ROLES = (OWNER, SUPPORT)
INVITATION_LIFETIME = timedelta(days=3)
INVITATION_BYTES = 32
LONGEST_NAME = 100
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\Z")


class BadStaff(StateError):
    """Somebody cannot be added as they were described."""

    code = "bad_staff"


class KnownStaff(StateError):
    """The organisation has somebody with this e-mail."""

    code = "known_staff"


class LastOwner(StateError):
    """The organisation would be left without an owner."""

    code = "last_owner"


class InvitationOver(StateError):
    """An invitation was taken, replaced, or has run out."""

    code = "invitation_over"


@dataclass(frozen=True, slots=True)
class Invitation:
    """Whom it is for, and the secret of its link, which nobody can show again."""

    member: Staff
    secret: str
    expires_at: datetime


async def add(
    parts: Parts, organisation_id: str, *, email: str, name: str, role: str, password: str, act: Act
) -> Staff:
    """Add a member of staff with a password.

    Raises:
        BadStaff: the e-mail or name is none, or the role is unknown.
        BadPassword: the password is too short or too long.
        KnownStaff: the organisation has somebody with this e-mail.
    """
    member = _described(parts, organisation_id, email, name, role)
    password_hash = await hash_password(password, salt=parts.random(SALT_BYTES))
    return await _create(parts, member, act, password_hash=password_hash)


async def invite(parts: Parts, by: Authority, *, email: str, name: str, role: str) -> Invitation:
    """Add a member of staff who chooses how to sign in by the invitation's link.

    Raises:
        NotPermitted: this is for owners.
        BadStaff: the e-mail or name is none, or the role is unknown.
        KnownStaff: the organisation has somebody with this e-mail.
    """
    by.require("settings")
    member = _described(parts, by.organisation_id, email, name, role)
    secret, until = _new_secret(parts), parts.now() + INVITATION_LIFETIME
    made = await _create(parts, member, by.act, invitation_hash=sha256(secret), until=until)
    return Invitation(made, secret, until)


async def invite_again(parts: Parts, by: Authority, staff_id: str) -> Invitation:
    """Make a new invitation for somebody who cannot sign in; what they have works until they take it.

    Raises:
        NotPermitted: this is for owners.
        NotFound: nobody here, or they have gone.
    """
    by.require("settings")
    member = await find(parts, by.organisation_id, staff_id)
    secret, until = _new_secret(parts), parts.now() + INVITATION_LIFETIME
    ours, hashed = by.organisation_id, sha256(secret)
    if not await staff.invite(parts.store, ours, staff_id, invitation_hash=hashed, until=until, act=by.act):
        raise NotFound("expected a member of staff")
    return Invitation(member, secret, until)


async def invited(parts: Parts, organisation_id: str, secret: str) -> Staff:
    """Return whom an invitation is for.

    Raises:
        InvitationOver: it is not there any more.
    """
    found = await staff.by_invitation(parts.store, organisation_id, sha256(secret), now=parts.now())
    if found is None:
        raise InvitationOver("expected an invitation that waits to be taken: ask for a new one")
    return found


async def take_invitation(parts: Parts, organisation_id: str, secret: str, *, password: str, reference: str) -> Staff:
    """Spend an invitation and set the password that was chosen; earlier sessions end.

    Raises:
        InvitationOver: it is not there any more.
        BadPassword: the password is too short or too long.
    """
    member = await invited(parts, organisation_id, secret)
    password_hash = await hash_password(password, salt=parts.random(SALT_BYTES))
    act = parts.act(actor_of(member), reference=reference)
    hashed = sha256(secret)
    store = parts.store
    if not await staff.accept(store, organisation_id, invitation_hash=hashed, password_hash=password_hash, act=act):
        raise InvitationOver("expected an invitation that waits to be taken: ask for a new one")
    return member


async def change_password(
    parts: Parts, member: Staff, *, present: str, password: str, session_id: str, act: Act
) -> None:
    """Set one's own password; whoever has one must know it. All other sessions end.

    Raises:
        BadPassword: the present one is another, or the new one is too short or too long.
    """
    if member.password_hash != NO_PASSWORD:
        await verify_password(present, member.password_hash)
    password_hash = await hash_password(password, salt=parts.random(SALT_BYTES))
    await staff.set_password(parts.store, member, password_hash, session_id=session_id, act=act)


async def change_role(parts: Parts, by: Authority, staff_id: str, role: str) -> None:
    """Make somebody an owner or not.

    Raises:
        NotPermitted: this is for owners.
        BadStaff: the role is unknown.
        NotFound: nobody here, or they have gone.
        LastOwner: the organisation would have no owner.
    """
    by.require("settings")
    if role not in ROLES:
        raise BadStaff("expected the role owner or support")
    await find(parts, by.organisation_id, staff_id)
    if not await staff.change_role(parts.store, by.organisation_id, staff_id, role, by.act):
        raise LastOwner("expected another owner who stays: make somebody an owner first")


async def end(parts: Parts, by: Authority, staff_id: str) -> None:
    """End somebody's access at once, with sessions and passkeys.

    Raises:
        NotPermitted: this is for owners.
        NotFound: nobody here, or they have gone.
        LastOwner: the organisation would have no owner.
    """
    by.require("settings")
    await find(parts, by.organisation_id, staff_id)
    if not await staff.end(parts.store, by.organisation_id, staff_id, by.act):
        raise LastOwner("expected another owner who stays: make somebody an owner first")


async def working(parts: Parts, organisation_id: str) -> list[Staff]:
    """Return who is of the staff now."""
    return [m for m in await staff.of_organisation(parts.store, organisation_id) if m.ended_at is None]


async def find(parts: Parts, organisation_id: str, staff_id: str) -> Staff:
    """Return somebody who is of the staff now.

    Raises:
        NotFound: nobody here, or they have gone.
    """
    for member in await working(parts, organisation_id):
        if member.id == staff_id:
            return member
    raise NotFound("expected a member of staff")


def normal_email(email: str) -> str:
    """Return an e-mail address as it is kept and compared."""
    return email.strip().casefold()


def actor_of(member: Staff) -> str:
    """Return how the audit names a member of staff."""
    return f"staff:{member.email}"


def _described(parts: Parts, organisation_id: str, email: str, name: str, role: str) -> Staff:
    address, called = normal_email(email), name.strip()
    if not _EMAIL.match(address) or role not in ROLES:
        raise BadStaff("expected an e-mail address and the role owner or support")
    if not 0 < len(called) <= LONGEST_NAME or not called.isprintable():
        raise BadStaff(f"expected a name of 1 to {LONGEST_NAME} printable characters")
    return Staff(parts.new_id(), organisation_id, address, called, role, NO_PASSWORD, parts.now())


async def _create(
    parts: Parts,
    member: Staff,
    act: Act,
    *,
    password_hash: str = NO_PASSWORD,
    invitation_hash: bytes | None = None,
    until: datetime | None = None,
) -> Staff:
    described = replace(member, password_hash=password_hash, invited_until_at=until)
    try:
        return await staff.create(parts.store, described, invitation_hash=invitation_hash, act=act)
    except Conflict as exc:
        raise KnownStaff("expected an e-mail that nobody of this organisation has") from exc


def _new_secret(parts: Parts) -> str:
    return b64url_encode(parts.random(INVITATION_BYTES))
