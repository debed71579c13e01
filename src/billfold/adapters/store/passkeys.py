"""Passkeys of staff: public keys, each found by the credential id that its authenticator gave it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.staff import NO_PASSWORD, Staff, take_invitation
from billfold.adapters.store.staff_tables import passkeys, spent_challenges, staff
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey. *public_key* is a COSE_Key; *sign_count* what its authenticator last counted."""

    id: str
    organisation_id: str
    staff_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


_COLUMNS = records.columns_of(Passkey, passkeys)
_OF_STAFF = Query(select(*_COLUMNS).where(passkeys.c.staff_id == text("staff_id")).order_by(passkeys.c.id))
_BY_CREDENTIAL_ID = Query(
    select(*_COLUMNS, *records.columns_of(Staff, staff))
    .join(staff, staff.c.id == passkeys.c.staff_id)
    .where(
        passkeys.c.organisation_id == text("organisation_id"),
        passkeys.c.credential_id == binary("credential_id"),
        staff.c.ended_at.is_(None),
    )
)
_OWN = (passkeys.c.id == text("id"), passkeys.c.staff_id == text("staff_id"))


def _lock_person(steps: Steps) -> None:
    """Let units that add or remove passkeys of one person go one after another: what they count stays true."""
    steps.do("person", select(staff.c.id).where(staff.c.id == text("staff_id")).with_for_update())


def _add(steps: Steps) -> None:
    _lock_person(steps)
    person = steps.do("room", select(staff.c.id, staff.c.organisation_id).where(*_room()))
    added = _insert(steps, person)
    _record(steps, "passkey.added", added)
    steps.answer(added)


def _add_by_invitation(steps: Steps) -> None:
    """Spend an invitation of this person and store the passkey that it was taken with: both or neither."""
    _lock_person(steps)
    person = take_invitation(steps, *_room(), password_hash=NO_PASSWORD)
    added = _insert(steps, person)
    _record(steps, "staff.invitation_taken_with_passkey", added)
    steps.answer(added)


def _room() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a row of staff is this person's, and has fewer passkeys than *most*."""
    known = select(func.count()).where(passkeys.c.staff_id == text("staff_id")).scalar_subquery()
    return staff.c.id == text("staff_id"), known < integer("most")


def _insert(steps: Steps, person: Rows) -> Rows:
    values = {
        "id": text("id"),
        "organisation_id": person.c["organisation_id"],
        "staff_id": person.c["id"],
        "credential_id": binary("credential_id"),
        "public_key": binary("public_key"),
        "sign_count": integer("sign_count"),
        "name": text("name"),
        "created_at": integer("now"),
    }
    return steps.insert("passkey", passkeys, values, of=person)


def _rename(steps: Steps) -> None:
    renamed = update(passkeys).where(*_OWN).values(name=text("name"))
    rows = steps.do("passkey", renamed.returning(passkeys.c.organisation_id, passkeys.c.staff_id))
    _record(steps, "passkey.renamed", rows)
    steps.answer(rows)


def _remove(steps: Steps) -> None:
    """Remove one, unless nothing would be left to sign in with."""
    _lock_person(steps)
    other = passkeys.alias()
    stays = or_(
        exists().where(other.c.staff_id == text("staff_id"), other.c.id != text("id")),
        exists().where(staff.c.id == text("staff_id"), staff.c.password_hash != NO_PASSWORD),
    )
    removed = delete(passkeys).where(*_OWN, stays)
    rows = steps.do("passkey", removed.returning(passkeys.c.organisation_id, passkeys.c.staff_id))
    _record(steps, "passkey.removed", rows)
    steps.answer(rows)


def _use(steps: Steps) -> None:
    """Note a use; the counter must have risen, unless the authenticator does not count at all (WebAuthn 6.1.1)."""
    does_not_count = and_(passkeys.c.sign_count == 0, integer("sign_count") == 0)
    rises = or_(does_not_count, passkeys.c.sign_count < integer("sign_count"))
    used = (
        update(passkeys)
        .where(passkeys.c.id == text("id"), rises)
        .values(sign_count=integer("sign_count"), last_used_at=integer("now"))
        .returning(passkeys.c.id)
    )
    steps.answer(steps.do("passkey", used))


def _forget_spent(steps: Steps) -> None:
    steps.do("old", delete(spent_challenges).where(spent_challenges.c.expires_at <= integer("now")))


def _spend(steps: Steps) -> None:
    values = {"challenge_hash": binary("challenge_hash"), "expires_at": integer("expires_at")}
    steps.insert("spent", spent_challenges, values)


def _record(steps: Steps, action: str, rows: Rows) -> None:
    audit.record(steps, action, organisation_id=rows.c["organisation_id"], subject_id=rows.c["staff_id"], of=rows)


_ADD, _REMOVE = Unit(_add, stepwise=True), Unit(_remove, stepwise=True)
_ADD_BY_INVITATION = Unit(_add_by_invitation, stepwise=True)
_RENAME, _USE = Unit(_rename), Unit(_use)
_FORGET_SPENT, _SPEND = Unit(_forget_spent), Unit(_spend)


async def add(engine: Engine, passkey: Passkey, act: Act, *, most: int) -> bool:
    """Store a new passkey; say whether the person had fewer than *most*.

    Raises:
        Conflict: this very passkey is known already.
    """
    return bool(await engine.run(_ADD, most=most, **_given(passkey), **act.parameters()))


async def add_by_invitation(engine: Engine, passkey: Passkey, act: Act, *, invitation_hash: bytes, most: int) -> bool:
    """Spend an invitation and store the passkey; say whether it was there, and the person had fewer than *most*.

    Raises:
        Conflict: this very passkey is known already, and the invitation stays.
    """
    given: dict[str, Value] = {"organisation_id": passkey.organisation_id, "invitation_hash": invitation_hash}
    return bool(await engine.run(_ADD_BY_INVITATION, most=most, **given, **_given(passkey), **act.parameters()))


async def rename(engine: Engine, staff_id: str, passkey_id: str, name: str, act: Act) -> bool:
    """Give one of this very person's passkeys another name; say whether there is such a one."""
    return bool(await engine.run(_RENAME, staff_id=staff_id, id=passkey_id, name=name, **act.parameters()))


async def remove(engine: Engine, staff_id: str, passkey_id: str, act: Act) -> bool:
    """Remove one of this very person's passkeys; say whether there was such a one, and a way to sign in is left."""
    return bool(await engine.run(_REMOVE, staff_id=staff_id, id=passkey_id, **act.parameters()))


async def of_staff(engine: Engine, staff_id: str) -> list[Passkey]:
    """Return a person's passkeys, oldest first."""
    return records.read_all(Passkey, await engine.fetch(_OF_STAFF, staff_id=staff_id))


async def by_credential_id(engine: Engine, organisation_id: str, credential_id: bytes) -> tuple[Passkey, Staff] | None:
    """Return a passkey of somebody who may sign in, and whose it is."""
    rows = await engine.fetch(_BY_CREDENTIAL_ID, organisation_id=organisation_id, credential_id=credential_id)
    if not rows:
        return None
    row, split = rows[0], len(_COLUMNS)
    return records.read(Passkey, row[:split]), records.read(Staff, row[split:])


async def use(engine: Engine, passkey_id: str, *, sign_count: int, now: datetime) -> bool:
    """Note a use; say whether the counter allows that the authenticator is the only one of its kind."""
    return bool(await engine.run(_USE, id=passkey_id, sign_count=sign_count, now=to_micros(now)))


async def spend_challenge(engine: Engine, challenge_hash: bytes, *, now: datetime, expires_at: datetime) -> bool:
    """Spend a challenge, and forget those that have run out anyway; say whether it was unspent."""
    await engine.run(_FORGET_SPENT, now=to_micros(now))
    given: dict[str, Value] = {"challenge_hash": challenge_hash, "expires_at": to_micros(expires_at)}
    try:
        await engine.run(_SPEND, **given)
    except Conflict:
        return False
    return True


def _given(passkey: Passkey) -> dict[str, Value]:
    return {
        "id": passkey.id,
        "staff_id": passkey.staff_id,
        "credential_id": passkey.credential_id,
        "public_key": passkey.public_key,
        "sign_count": passkey.sign_count,
        "name": passkey.name,
    }
