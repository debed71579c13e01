"""Mails that are to tell people of a pairing code or its PIN; a row is written by the unit that makes it due.

No row holds an address or a secret: who sends it reads the address in the directory, and makes the codes again. A
worker leases rows that are due and settles them; what a crash leaves is due again when its lease ends.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select, update

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.tables import mails, pairing_codes, people
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, integer, text

PAIRING: Final = "pairing"
PIN: Final = "pin"
WAITING: Final = "waiting"
SENT: Final = "sent"
REFUSED: Final = "refused"
OVERTAKEN: Final = "overtaken"

_DUE = (mails.c.state == WAITING, mails.c.due_at <= integer("now"), mails.c.leased_until_at <= integer("now"))
_ANY_DUE = Query(select(exists().where(*_DUE)))


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail: *kind* is "pairing" or "pin", *state* "waiting", "sent", "refused" (nobody took it) or "overtaken"."""

    id: str
    organisation_id: str
    pairing_code_id: str
    kind: str
    language: str
    state: str
    tries: int
    created_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unsent:
    """A mail that was refused, or that the mail server did not take yet; *due_at* is when it was or will be tried."""

    id: str
    pairing_code_id: str
    person_name: str
    kind: str
    state: str
    tries: int
    due_at: datetime


_COLUMNS = records.columns_of(Mail, mails)
_UNSENT = Query(
    select(
        *(mails.c[name] for name in ("id", "pairing_code_id")),
        people.c.name,
        *(mails.c[name] for name in ("kind", "state", "tries", "due_at")),
    )
    .join(pairing_codes, pairing_codes.c.id == mails.c.pairing_code_id)
    .join(people, people.c.id == pairing_codes.c.person_id)
    .where(
        mails.c.organisation_id == text("organisation_id"),
        or_(mails.c.state == REFUSED, and_(mails.c.state == WAITING, mails.c.tries > 0)),
        mails.c.due_at > integer("since"),
    )
    .order_by(mails.c.due_at.desc(), mails.c.id)
    .limit(integer("most"))
)
_OF_CODE = Query(
    select(*_COLUMNS)
    .where(mails.c.organisation_id == text("organisation_id"), mails.c.pairing_code_id == text("pairing_code_id"))
    .order_by(mails.c.created_at, mails.c.kind)
)


def insert(steps: Steps, code: Rows, kind: str) -> Rows:
    """Add the step that writes a mail about the pairing code in the rows *code*; the unit is given its language."""
    return steps.insert(
        "mail",
        mails,
        {
            "id": text("audit_id"),
            "organisation_id": code.c["organisation_id"],
            "pairing_code_id": code.c["id"],
            "kind": kind,
            "language": text("language"),
            "state": WAITING,
            "due_at": integer("now"),
            "leased_until_at": 0,
            "tries": 0,
            "created_at": integer("now"),
        },
        of=code,
    )


def _code(steps: Steps, *conditions: ColumnElement[bool]) -> Rows:
    columns = (pairing_codes.c.id, pairing_codes.c.organisation_id, pairing_codes.c.person_id)
    return steps.do("code", select(*columns).where(*conditions))


def _add_pin(steps: Steps) -> None:
    code = _code(
        steps,
        pairing_codes.c.organisation_id == text("organisation_id"),
        pairing_codes.c.id == text("id"),
        pairing_codes.c.tx_code_hash.is_not(None),
    )
    insert(steps, code, PIN)
    audit.record_each(steps, "pairing_code.pin_mailed", code)
    steps.answer(code)


def _lease(steps: Steps) -> None:
    waiting = select(mails.c.id).where(*_DUE).order_by(mails.c.due_at).limit(integer("most"))
    leased = (
        update(mails)
        .where(mails.c.id.in_(waiting.with_for_update(skip_locked=True)))
        .values(leased_until_at=integer("leased_until_at"), tries=mails.c.tries + 1)
        .returning(*_COLUMNS)
    )
    steps.answer(steps.do("leased", leased))


def _settle(steps: Steps, action: str | None) -> None:
    settled = steps.do(
        "settled",
        update(mails)
        .where(mails.c.id == text("id"), mails.c.state == WAITING)
        .values(state=text("state"), settled_at=integer("now"))
        .returning(mails.c.pairing_code_id),
    )
    if action is None:
        return
    columns = (pairing_codes.c.id, pairing_codes.c.organisation_id, pairing_codes.c.person_id)
    of_mail = select(*columns).where(pairing_codes.c.id == settled.c["pairing_code_id"])
    audit.record_each(steps, action, steps.do("code", of_mail, settled))


def _later(steps: Steps) -> None:
    steps.do("later", update(mails).where(mails.c.id == text("id")).values(due_at=integer("due_at"), leased_until_at=0))


def _tried(steps: Steps) -> None:
    audit.record(steps, "mail.tried", organisation_id=text("organisation_id"), subject_id=text("staff_id"))


_ADD_PIN, _LEASE, _LATER, _TRIED = Unit(_add_pin), Unit(_lease), Unit(_later), Unit(_tried)
_SETTLE = {
    SENT: Unit(lambda steps: _settle(steps, "mail.sent")),
    REFUSED: Unit(lambda steps: _settle(steps, "mail.refused")),
    OVERTAKEN: Unit(lambda steps: _settle(steps, None)),
}


async def add_pin(engine: Engine, organisation_id: str, code_id: str, *, language: str, act: Act) -> bool:
    """Write the mail of a code's PIN, once; say whether the organisation has such a code with a PIN."""
    try:
        rows = await engine.run(
            _ADD_PIN, organisation_id=organisation_id, id=code_id, language=language, **act.parameters()
        )
    except Conflict:  # it is written already
        return True
    return bool(rows)


async def of_code(engine: Engine, organisation_id: str, code_id: str) -> list[Mail]:
    """Return the mails about one pairing code, oldest first."""
    rows = await engine.fetch(_OF_CODE, organisation_id=organisation_id, pairing_code_id=code_id)
    return records.read_all(Mail, rows)


async def unsent(engine: Engine, organisation_id: str, *, since: datetime, most: int) -> list[Unsent]:
    """Return the organisation's mails that did not get through, the one tried last first.

    Args:
        since: nothing is told of mails that were given up before.
    """
    rows = await engine.fetch(_UNSENT, organisation_id=organisation_id, since=to_micros(since), most=most)
    return records.read_all(Unsent, rows)


async def record_try(engine: Engine, organisation_id: str, staff_id: str, act: Act) -> None:
    """Record that somebody tries the mail server with a mail to a member of staff."""
    await engine.run(_TRIED, organisation_id=organisation_id, staff_id=staff_id, **act.parameters())


async def lease(engine: Engine, *, most: int, now: datetime, until: datetime) -> list[Mail]:
    """Take up to *most* mails that are due, for this process until *until*."""
    if not (await engine.fetch(_ANY_DUE, now=to_micros(now)))[0][0]:
        return []
    rows = await engine.run(_LEASE, most=most, now=to_micros(now), leased_until_at=to_micros(until))
    return records.read_all(Mail, rows)


async def settle(engine: Engine, mail_id: str, state: str, act: Act) -> None:
    """Say what became of a mail, for good: ``SENT``, ``REFUSED`` or ``OVERTAKEN``."""
    given = act.parameters() if state != OVERTAKEN else {"now": to_micros(act.at)}
    await engine.run(_SETTLE[state], id=mail_id, state=state, **given)


async def later(engine: Engine, mail_id: str, *, due_at: datetime) -> None:
    """Try a mail again at *due_at*."""
    await engine.run(_LATER, id=mail_id, due_at=to_micros(due_at))
