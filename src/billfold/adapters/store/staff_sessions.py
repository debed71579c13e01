"""Sessions of staff: found by the hash of a token that only the browser has, listed, and ended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.staff import Staff
from billfold.adapters.store.staff_tables import staff, staff_sessions
from billfold.adapters.store.unit import Query, Steps, Unit, binary, integer, text


@dataclass(frozen=True, slots=True)
class StaffSession:
    """One browser that is signed in; *place* is the host it is signed in to: "console" or "counter"."""

    id: str
    organisation_id: str
    staff_id: str
    place: str
    browser: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


_COLUMNS = records.columns_of(StaffSession, staff_sessions)
_BY_TOKEN = Query(
    select(*_COLUMNS, *records.columns_of(Staff, staff))
    .join(staff, staff.c.id == staff_sessions.c.staff_id)
    .where(
        staff_sessions.c.organisation_id == text("organisation_id"),
        staff_sessions.c.token_hash == binary("token_hash"),
        staff_sessions.c.place == text("place"),
        staff_sessions.c.expires_at > integer("now"),
        staff_sessions.c.last_seen_at > integer("seen_after"),
        staff.c.ended_at.is_(None),
    )
)
_OF_STAFF = Query(
    select(*_COLUMNS)
    .where(
        staff_sessions.c.staff_id == text("staff_id"),
        staff_sessions.c.expires_at > integer("now"),
        staff_sessions.c.last_seen_at > integer("seen_after"),
    )
    .order_by(staff_sessions.c.id)
)


def _begin(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "staff_id": text("staff_id"),
        "token_hash": binary("token_hash"),
        "place": text("place"),
        "browser": text("browser"),
        "created_at": integer("now"),
        "last_seen_at": integer("now"),
        "expires_at": integer("expires_at"),
    }
    made = steps.insert("session", staff_sessions, values)
    audit.record(
        steps, "staff.signed_in", organisation_id=made.c["organisation_id"], subject_id=made.c["staff_id"], of=made
    )


def _end(steps: Steps) -> None:
    ended = steps.do(
        "session",
        delete(staff_sessions)
        .where(staff_sessions.c.id == text("id"), staff_sessions.c.staff_id == text("staff_id"))
        .returning(staff_sessions.c.organisation_id, staff_sessions.c.staff_id),
    )
    audit.record(
        steps, "staff.signed_out", organisation_id=ended.c["organisation_id"], subject_id=ended.c["staff_id"], of=ended
    )
    steps.answer(ended)


def _seen(steps: Steps) -> None:
    steps.do(
        "seen",
        update(staff_sessions).where(staff_sessions.c.id == text("id")).values(last_seen_at=integer("now")),
    )


def _forget_old(steps: Steps) -> None:
    steps.do(
        "old",
        delete(staff_sessions).where(
            staff_sessions.c.staff_id == text("staff_id"), staff_sessions.c.expires_at <= integer("now")
        ),
    )


_BEGIN, _END, _SEEN, _FORGET_OLD = Unit(_begin), Unit(_end), Unit(_seen), Unit(_forget_old)


async def begin(engine: Engine, session: StaffSession, *, token_hash: bytes, act: Act) -> None:
    """Store a new session, and forget those of the same person that have run out."""
    await engine.run(_FORGET_OLD, staff_id=session.staff_id, now=to_micros(act.at))
    await engine.run(
        _BEGIN,
        id=session.id,
        organisation_id=session.organisation_id,
        staff_id=session.staff_id,
        token_hash=token_hash,
        place=session.place,
        browser=session.browser,
        expires_at=to_micros(session.expires_at),
        **act.parameters(),
    )


async def by_token(
    engine: Engine, organisation_id: str, token_hash: bytes, *, place: str, now: datetime, seen_after: datetime
) -> tuple[StaffSession, Staff] | None:
    """Return the living session with this token at this place, and whose it is."""
    rows = await engine.fetch(
        _BY_TOKEN,
        organisation_id=organisation_id,
        token_hash=token_hash,
        place=place,
        now=to_micros(now),
        seen_after=to_micros(seen_after),
    )
    if not rows:
        return None
    row, split = rows[0], len(_COLUMNS)
    return records.read(StaffSession, row[:split]), records.read(Staff, row[split:])


async def of_staff(engine: Engine, staff_id: str, *, now: datetime, seen_after: datetime) -> list[StaffSession]:
    """Return the living sessions of one person, oldest first."""
    rows = await engine.fetch(_OF_STAFF, staff_id=staff_id, now=to_micros(now), seen_after=to_micros(seen_after))
    return records.read_all(StaffSession, rows)


async def seen(engine: Engine, session_id: str, *, now: datetime) -> None:
    """Note that the session was used."""
    await engine.run(_SEEN, id=session_id, now=to_micros(now))


async def end(engine: Engine, staff_id: str, session_id: str, act: Act) -> bool:
    """End a session of this very person; say whether there was one."""
    return bool(await engine.run(_END, staff_id=staff_id, id=session_id, **act.parameters()))
