"""Staff of an organisation: who may sign in, and what for. Who has gone stays named in the audit.

Every organisation that has an owner keeps one: the units that end or demote somebody first lock all owners.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, or_, select, update
from sqlalchemy.sql.dml import UpdateBase

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.staff_tables import passkeys, staff, staff_sessions
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text

OWNER = "owner"
NO_PASSWORD = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who may sign in; *role* is "owner" or "support", *email* is in lower case.

    Attributes:
        password_hash: ``NO_PASSWORD`` where none was chosen.
        invited_until_at: until when an invitation waits to be taken, if one does.
        without_keys: whether single-key shortcuts are off (1) for this person.
        ended_at: since when they may no longer sign in.
    """

    id: str
    organisation_id: str
    email: str
    name: str
    role: str
    password_hash: str
    created_at: datetime
    invited_until_at: datetime | None = None
    without_keys: int | None = None
    ended_at: datetime | None = None


_ALL = select(*records.columns_of(Staff, staff)).where(staff.c.organisation_id == text("organisation_id"))
_WORKING = staff.c.ended_at.is_(None)
_BY_EMAIL = Query(_ALL.where(staff.c.email == text("email"), _WORKING))
_BY_INVITATION = Query(
    _ALL.where(staff.c.invitation_hash == binary("invitation_hash"), staff.c.invited_until_at > integer("now"))
)
_OF_ORGANISATION = Query(_ALL.order_by(staff.c.id))


def _create(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "email": text("email"),
        "name": text("name"),
        "role": text("role"),
        "password_hash": text("password_hash"),
        "created_at": integer("now"),
        "invitation_hash": binary("invitation_hash"),
        "invited_until_at": integer("invited_until_at"),
    }
    audit.record_each(steps, "staff.created", steps.insert("staff", staff, values))


def _reinstate(steps: Steps) -> None:
    back = _change(
        (staff.c.email == text("email"), staff.c.ended_at.is_not(None)),
        name=text("name"),
        role=text("role"),
        password_hash=text("password_hash"),
        ended_at=None,
        invitation_hash=binary("invitation_hash"),
        invited_until_at=integer("invited_until_at"),
    )
    made = steps.do("staff", back)
    audit.record_each(steps, "staff.created", made)
    steps.answer(made)


def _invite(steps: Steps) -> None:
    invited = steps.do(
        "staff",
        _change(
            (staff.c.id == text("id"), _WORKING),
            invitation_hash=binary("invitation_hash"),
            invited_until_at=integer("invited_until_at"),
        ),
    )
    audit.record_each(steps, "staff.invited", invited)
    steps.answer(invited)


def _accept(steps: Steps) -> None:
    taken = take_invitation(steps, password_hash=text("password_hash"))
    audit.record_each(steps, "staff.invitation_taken", taken)
    steps.answer(taken)


def take_invitation(steps: Steps, *conditions: ColumnElement[bool], password_hash: str | ColumnElement[str]) -> Rows:
    """Spend an invitation: whoever was signed in before with what is now replaced is signed out."""
    waits = (staff.c.invitation_hash == binary("invitation_hash"), staff.c.invited_until_at > integer("now"))
    taken = steps.do(
        "staff",
        _change((*waits, *conditions), password_hash=password_hash, invitation_hash=None, invited_until_at=None),
    )
    steps.do("sessions", delete(staff_sessions).where(staff_sessions.c.staff_id == taken.c["id"]), taken)
    return taken


def _end(steps: Steps) -> None:
    _lock_owners(steps)
    ended = steps.do(
        "staff",
        _change(
            (staff.c.id == text("id"), _WORKING, _leaves_an_owner()),
            ended_at=integer("now"),
            password_hash=NO_PASSWORD,
            invitation_hash=None,
            invited_until_at=None,
        ),
    )
    steps.do("sessions", delete(staff_sessions).where(staff_sessions.c.staff_id == ended.c["id"]), ended)
    steps.do("passkeys", delete(passkeys).where(passkeys.c.staff_id == ended.c["id"]), ended)
    audit.record_each(steps, "staff.ended", ended)
    steps.answer(ended)


def _change_role(steps: Steps) -> None:
    _lock_owners(steps)
    changed = steps.do(
        "staff",
        _change(
            (staff.c.id == text("id"), _WORKING, or_(text("role") == OWNER, _leaves_an_owner())), role=text("role")
        ),
    )
    audit.record_each(steps, "staff.role_changed", changed)
    steps.answer(changed)


def _set_password(steps: Steps) -> None:
    changed = steps.do("staff", _change((staff.c.id == text("id"), _WORKING), password_hash=text("password_hash")))
    others = and_(staff_sessions.c.staff_id == changed.c["id"], staff_sessions.c.id != text("session_id"))
    steps.do("sessions", delete(staff_sessions).where(others), changed)
    audit.record_each(steps, "staff.password_changed", changed)


def _set_keys(steps: Steps) -> None:
    steps.do("staff", _change((staff.c.id == text("id"),), without_keys=integer("without_keys")))


def _change(which: tuple[ColumnElement[bool], ...], **values: object) -> UpdateBase:
    ours = staff.c.organisation_id == text("organisation_id")
    return update(staff).where(ours, *which).values(**values).returning(staff.c.id, staff.c.organisation_id)


def _lock_owners(steps: Steps) -> None:
    """Let units that take an owner away go one after another, so that two owners cannot end each other."""
    owners = (staff.c.organisation_id == text("organisation_id"), staff.c.role == OWNER, _WORKING)
    steps.do("owners", select(staff.c.id).where(*owners).order_by(staff.c.id).with_for_update())


def _leaves_an_owner() -> ColumnElement[bool]:
    other = staff.alias()
    others = (
        other.c.organisation_id == text("organisation_id"),
        other.c.role == OWNER,
        other.c.ended_at.is_(None),
        other.c.id != text("id"),
    )
    return or_(staff.c.role != OWNER, exists().where(*others))


_CREATE, _REINSTATE, _INVITE, _ACCEPT = Unit(_create), Unit(_reinstate), Unit(_invite), Unit(_accept)
_END, _CHANGE_ROLE = Unit(_end, stepwise=True), Unit(_change_role, stepwise=True)
_SET_PASSWORD, _SET_KEYS = Unit(_set_password), Unit(_set_keys)


async def create(engine: Engine, member: Staff, *, invitation_hash: bytes | None, act: Act) -> Staff:
    """Store a new member of staff, or take back one who had gone; return who it is.

    Raises:
        Conflict: the organisation has somebody with this e-mail.
    """
    until = member.invited_until_at
    given: dict[str, Value] = {
        "organisation_id": member.organisation_id,
        "email": member.email,
        "name": member.name,
        "role": member.role,
        "password_hash": member.password_hash,
        "invitation_hash": invitation_hash,
        "invited_until_at": None if until is None else to_micros(until),
        **act.parameters(),
    }
    if not await engine.run(_REINSTATE, **given):
        await engine.run(_CREATE, id=member.id, **given)
    found = await by_email(engine, member.organisation_id, member.email)
    return found or member


async def invite(
    engine: Engine, organisation_id: str, staff_id: str, *, invitation_hash: bytes, until: datetime, act: Act
) -> bool:
    """Store a new invitation, which ends the one before; say whether there is such a person."""
    given: dict[str, Value] = {"invitation_hash": invitation_hash, "invited_until_at": to_micros(until)}
    return await _run(engine, _INVITE, organisation_id, act, id=staff_id, **given)


async def accept(engine: Engine, organisation_id: str, *, invitation_hash: bytes, password_hash: str, act: Act) -> bool:
    """Spend an invitation and set the password chosen; say whether it was there to be spent."""
    given: dict[str, Value] = {"invitation_hash": invitation_hash, "password_hash": password_hash}
    return await _run(engine, _ACCEPT, organisation_id, act, **given)


async def end(engine: Engine, organisation_id: str, staff_id: str, act: Act) -> bool:
    """End somebody's access, sessions and passkeys; say whether that left an owner and was done."""
    return await _run(engine, _END, organisation_id, act, id=staff_id)


async def change_role(engine: Engine, organisation_id: str, staff_id: str, role: str, act: Act) -> bool:
    """Give somebody another role; say whether that left an owner and was done."""
    return await _run(engine, _CHANGE_ROLE, organisation_id, act, id=staff_id, role=role)


async def set_password(engine: Engine, member: Staff, password_hash: str, *, session_id: str, act: Act) -> None:
    """Store a new password, and end all sessions of this person but one."""
    given: dict[str, Value] = {"id": member.id, "password_hash": password_hash, "session_id": session_id}
    await engine.run(_SET_PASSWORD, organisation_id=member.organisation_id, **given, **act.parameters())


async def set_keys(engine: Engine, member: Staff, *, off: bool) -> None:
    """Switch single-key shortcuts for this person."""
    await engine.run(_SET_KEYS, organisation_id=member.organisation_id, id=member.id, without_keys=int(off))


async def by_email(engine: Engine, organisation_id: str, email: str) -> Staff | None:
    """Return the organisation's member of staff with this e-mail, in lower case, unless they have gone."""
    rows = await engine.fetch(_BY_EMAIL, organisation_id=organisation_id, email=email)
    return records.read(Staff, rows[0]) if rows else None


async def by_invitation(engine: Engine, organisation_id: str, invitation_hash: bytes, *, now: datetime) -> Staff | None:
    """Return whom a living invitation is for."""
    given: dict[str, Value] = {"invitation_hash": invitation_hash, "now": to_micros(now)}
    rows = await engine.fetch(_BY_INVITATION, organisation_id=organisation_id, **given)
    return records.read(Staff, rows[0]) if rows else None


async def of_organisation(engine: Engine, organisation_id: str) -> list[Staff]:
    """Return everybody who is or was of the organisation's staff, in the order they were added."""
    return records.read_all(Staff, await engine.fetch(_OF_ORGANISATION, organisation_id=organisation_id))


async def _run(engine: Engine, unit: Unit, organisation_id: str, act: Act, **given: Value) -> bool:
    return bool(await engine.run(unit, organisation_id=organisation_id, **given, **act.parameters()))
