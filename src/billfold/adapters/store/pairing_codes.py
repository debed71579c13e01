"""Pairing codes: credential offers by reference, each good for one pairing."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, Literal

from sqlalchemy import ColumnElement, ScalarSelect, and_, exists, func, or_, select, update

from billfold.adapters.store import audit, mails, once, outbox, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import PairingCode, to_micros
from billfold.adapters.store.tables import credentials, entitlements, pairing_codes, pairings, people
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, binary, integer, text

Deliver = Literal["screen", "mail", "letter"]
SCREEN: Final = "screen"
MAIL: Final = "mail"
LETTER: Final = "letter"
MAX_TX_CODE_TRIES = 5


def _types_of(person_id: ColumnElement[str]) -> ScalarSelect[str]:
    """Return the types that a person may get, with commas between."""
    return (
        select(func.aggregate_strings(entitlements.c.credential_type, ","))
        .where(entitlements.c.person_id == person_id, entitlements.c.state != states.ENDED)
        .scalar_subquery()
    )


_UNUSED = pairing_codes.c.state.in_(states.UNUSED_CODE)
LIVE = and_(_UNUSED, pairing_codes.c.tx_code_tries < MAX_TX_CODE_TRIES)
_COLUMNS = records.columns_of(PairingCode, pairing_codes)
_BY_ID = Query(
    select(*_COLUMNS, _types_of(pairing_codes.c.person_id)).where(
        pairing_codes.c.organisation_id == text("organisation_id"), pairing_codes.c.id == text("id")
    )
)
_BY_SHORT_CODE = Query(
    select(pairing_codes.c.id, pairing_codes.c.organisation_id).where(
        pairing_codes.c.short_code_hash == binary("short_code_hash"),
        LIVE,
        pairing_codes.c.expires_at > integer("now"),
    )
)
_BY_SECRET = Query(
    select(*_COLUMNS).where(
        or_(
            pairing_codes.c.short_code_hash == binary("secret_hash"),
            pairing_codes.c.offer_hash == binary("secret_hash"),
        )
    )
)
_LIVE_OF_PERSON = Query(
    select(*_COLUMNS)
    .where(
        pairing_codes.c.organisation_id == text("organisation_id"),
        pairing_codes.c.person_id == text("person_id"),
        LIVE,
        pairing_codes.c.expires_at > integer("now"),
    )
    .order_by(pairing_codes.c.id.desc())
)
_EARLIER = once.earlier(pairing_codes)
_HAS_DEVICE = exists().where(pairings.c.person_id == people.c.id, pairings.c.state == states.ACTIVE)


@dataclass(frozen=True, slots=True)
class CodeHashes:
    """What is stored of a code: the hashes by which its parts are found."""

    code: bytes
    offer: bytes
    short_code: bytes
    tx_code: bytes | None


@dataclass(frozen=True, slots=True)
class Way:
    """How a code reaches its person, until when it may, and in which language it is written to them."""

    deliver: Deliver
    expires_at: datetime
    language: str

    @property
    def is_mailed(self) -> bool:
        """Whether a mail goes out with it."""
        return self.deliver == MAIL


@dataclass(frozen=True, slots=True)
class OpenedOffer:
    """A code whose offer was fetched, and the types that its person may get."""

    id: str
    has_tx_code: bool
    credential_types: tuple[str, ...]


def _person(steps: Steps, condition: ColumnElement[bool]) -> Rows:
    """Hold the person's row: whoever makes another code for them meanwhile waits, and then sees this one."""
    return steps.do(
        "person",
        select(people.c.id, people.c.organisation_id)
        .where(people.c.organisation_id == text("organisation_id"), people.c.id == text("person_id"), condition)
        .with_for_update(key_share=True, of=people),
    )


def _create(steps: Steps, *, mailed: bool = False) -> None:
    """Insert a code; then end what an earlier one began: a redemption that came first is committed by now."""
    person = _person(steps, ~_HAS_DEVICE)
    code = _insert_code(steps, person, "pairing_code.created")
    steps.do(
        "unused",
        update(pairings)
        .where(pairings.c.person_id == person.c["id"], pairings.c.state == states.PENDING)
        .values(state=states.ENDED, ended_at=integer("now")),
        person,
    )
    if mailed:
        mails.insert(steps, code, mails.PAIRING)
    steps.answer(code)


def _replace_device(steps: Steps, *, mailed: bool = False) -> None:
    person = _person(steps, _HAS_DEVICE)
    code = _insert_code(steps, person, "device.replaced")
    ended = steps.do(
        "ended",
        update(pairings)
        .where(pairings.c.person_id == person.c["id"], pairings.c.state.in_(states.LIVING_PAIRING))
        .values(state=states.ENDED, ended_at=integer("now"))
        .returning(pairings.c.id, pairings.c.organisation_id, pairings.c.push_subscription),
        person,
    )
    outbox.wake_devices(steps, ended)
    states.spread(
        steps,
        credentials.c.pairing_id == ended.c["id"],
        ended,
        before=(states.ACTIVE, states.SUSPENDED),
        after=states.REVOKED,
        status=states.STATUS_INVALID,
    )
    if mailed:
        mails.insert(steps, code, mails.PAIRING)
    steps.answer(code)


def _insert_code(steps: Steps, person: Rows, action: str) -> Rows:
    """End the person's unused code and insert a new one, with the audit entry of *action*."""
    steps.do(
        "replaced",
        update(pairing_codes).where(pairing_codes.c.person_id == person.c["id"], _UNUSED).values(state=states.REPLACED),
        person,
    )
    code = steps.insert(
        "code",
        pairing_codes,
        {
            "id": text("id"),
            "organisation_id": person.c["organisation_id"],
            "person_id": person.c["id"],
            "state": states.WAITING,
            "code_hash": binary("code_hash"),
            "offer_hash": binary("offer_hash"),
            "short_code_hash": binary("short_code_hash"),
            "tx_code_hash": binary("tx_code_hash"),
            "tx_code_tries": 0,
            "expires_at": integer("expires_at"),
            "created_at": integer("now"),
            "deliver": text("deliver"),
            **once.columns(),
        },
        of=person,
    )
    audit.record_each(steps, action, code)
    return code


def _open(steps: Steps) -> None:
    opened = steps.do(
        "opened",
        update(pairing_codes)
        .where(
            pairing_codes.c.organisation_id == text("organisation_id"),
            pairing_codes.c.offer_hash == binary("offer_hash"),
            LIVE,
            pairing_codes.c.expires_at > integer("now"),
        )
        .values(state=states.OPENED, opened_at=func.coalesce(pairing_codes.c.opened_at, integer("now")))
        .returning(pairing_codes.c.id, pairing_codes.c.person_id, pairing_codes.c.tx_code_hash),
    )
    types = _types_of(opened.c["person_id"])
    answer = select(opened.c["id"].label("id"), opened.c["tx_code_hash"].label("tx_code_hash"), types.label("types"))
    steps.answer(steps.do("offer", answer, opened))


_OPEN = Unit(_open)
# By whether a device is replaced, and whether the code goes by mail, whose row is written with it.
_UNITS = {
    (replaces, mailed): Unit(partial(define, mailed=mailed), stepwise=True)
    for replaces, define in ((False, _create), (True, _replace_device))
    for mailed in (False, True)
}


async def create(
    engine: Engine,
    organisation_id: str,
    *,
    code_id: str,
    person_id: str,
    hashes: CodeHashes,
    way: Way,
    replaces_device: bool,
    act: Act,
    asked_once: Once | None,
) -> str | None:
    """Store a code that replaces the person's unused one; return its id.

    None says that the organisation has no such person, or that a device of theirs is paired; with *replaces_device*,
    that none is. Then the person's pairings end with it, and their Creds turn invalid.

    Raises:
        KeyReused: the idempotency key came before with another request.
    """
    given = {"language": way.language} if way.is_mailed else {}
    return await once.create(
        engine,
        _UNITS[replaces_device, way.is_mailed],
        _EARLIER,
        row_id=code_id,
        organisation_id=organisation_id,
        once=asked_once,
        person_id=person_id,
        code_hash=hashes.code,
        offer_hash=hashes.offer,
        short_code_hash=hashes.short_code,
        tx_code_hash=hashes.tx_code,
        expires_at=to_micros(way.expires_at),
        deliver=way.deliver,
        **given,
        **act.parameters(),
    )


async def get(engine: Engine, organisation_id: str, code_id: str) -> tuple[PairingCode, tuple[str, ...]] | None:
    """Return one code of the organisation, with the types that its person may get."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=code_id)
    return (records.read(PairingCode, rows[0][:-1]), _types(rows[0][-1])) if rows else None


async def live_of_person(engine: Engine, organisation_id: str, person_id: str, *, now: datetime) -> PairingCode | None:
    """Return the person's code that is neither used nor run out."""
    rows = await engine.fetch(_LIVE_OF_PERSON, organisation_id=organisation_id, person_id=person_id, now=to_micros(now))
    return records.read(PairingCode, rows[0]) if rows else None


async def by_short_code(engine: Engine, short_code_hash: bytes, *, now: datetime) -> tuple[str, str] | None:
    """Return the id and organisation of the live code with this short code."""
    rows = await engine.fetch(_BY_SHORT_CODE, short_code_hash=short_code_hash, now=to_micros(now))
    return (rows[0][0], rows[0][1]) if rows else None


async def by_secret(engine: Engine, secret_hash: bytes) -> PairingCode | None:
    """Return the code, live or over, whose short code or offer's token this is the hash of."""
    rows = await engine.fetch(_BY_SECRET, secret_hash=secret_hash)
    return records.read(PairingCode, rows[0]) if rows else None


async def open_offer(engine: Engine, organisation_id: str, offer_hash: bytes, *, now: datetime) -> OpenedOffer | None:
    """Mark a live code's offer as fetched and return what it offers."""
    rows = await engine.run(_OPEN, organisation_id=organisation_id, offer_hash=offer_hash, now=to_micros(now))
    if not rows:
        return None
    code_id, tx_code_hash, types = rows[0]
    return OpenedOffer(code_id, tx_code_hash is not None, _types(types))


def _types(listed: str | None) -> tuple[str, ...]:
    return tuple(sorted(listed.split(","))) if listed else ()
