"""Staff: made with a password, known by their e-mail, in one of two roles."""

import re

from billfold.adapters.store import staff
from billfold.adapters.store.audit import Act
from billfold.adapters.store.staff import Staff
from billfold.errors import StateError
from billfold.roles.operator.password import SALT_BYTES, hash_password
from billfold.roles.operator.permission import OWNER, SUPPORT
from billfold.roles.parts import Parts

ROLES = (OWNER, SUPPORT)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\Z")


class BadStaff(StateError):
    """Somebody cannot be added as they were described."""

    code = "bad_staff"


async def add(
    parts: Parts, organisation_id: str, *, email: str, name: str, role: str, password: str, act: Act
) -> Staff:
    """Add a member of staff.

    Raises:
        BadStaff: the e-mail is none, or the role is unknown.
        BadPassword: the password is too short or too long.
        Conflict: the organisation has somebody with this e-mail.
    """
    address = normal_email(email)
    if not _EMAIL.match(address) or role not in ROLES:
        raise BadStaff("expected an e-mail address and the role owner or support")
    password_hash = await hash_password(password, salt=parts.random(SALT_BYTES))
    member = Staff(parts.new_id(), organisation_id, address, name, role, password_hash, parts.now())
    await staff.create(parts.store, member, act=act)
    return member


def normal_email(email: str) -> str:
    """Return an e-mail address as it is kept and compared."""
    return email.strip().casefold()


def actor_of(member: Staff) -> str:
    """Return how the audit names a member of staff."""
    return f"staff:{member.email}"
