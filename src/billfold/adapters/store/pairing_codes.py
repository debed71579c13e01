"""Pairing codes: credential offers by reference, each good for one pairing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, exists, func, select, update

from billfold.adapters.store import audit, once, outbox, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Entitlement, PairingCode, to_micros
from billfold.adapters.store.tables import credentials, entitlements, pairing_codes, pairings, people
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text

MAX_TX_CODE_TRIES = 5

_LIVE = pairing_codes.c.state.in_((states.WAITING, states.OPENED))
_UNPAIRED = ~exists().where(pairings.c.person_id == pairing_codes.c.person_id, pairings.c.state == states.ACTIVE)
_COLUMNS = records.columns_of(PairingCode, pairing_codes)
_BY_ID = Query(
    select(*_COLUMNS).where(
        pairing_codes.c.organisation_id == text("organisation_id"), pairing_codes.c.id == text("id")
    )
)
_BY_SHORT_CODE = Query(
    select(pairing_codes.c.id, pairing_codes.c.organisation_id).where(
        pairing_codes.c.short_code_hash == binary("short_code_hash"),
        _LIVE,
        pairing_codes.c.expires_at > integer("now"),
    )
)
_HELD_THROUGH = Query(
    select(*records.columns_of(Entitlement, entitlements))
    .join(pairing_codes, pairing_codes.c.person_id == entitlements.c.person_id)
    .where(
        pairing_codes.c.organisation_id == text("organisation_id"),
        pairing_codes.c.code_hash == binary("code_hash"),
        _LIVE,
        entitlements.c.state != states.ENDED,
    )
    .order_by(entitlements.c.id)
)
_EARLIER = once.earlier(pairing_codes)


@dataclass(frozen=True, slots=True)
class CodeHashes:
    """What is stored of a code: the hashes by which its parts are found."""

    code: bytes
    offer: bytes
    short_code: bytes
    tx_code: bytes | None


@dataclass(frozen=True, slots=True)
class OpenedOffer:
    """A code whose offer was fetched, and the types that its person may get."""

    id: str
    has_tx_code: bool
    credential_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redemption:
    """What became of a code that exists and is live.

    Attributes:
        redeemed: whether it was spent now; only then is there a pairing.
        has_tx_code: whether it asks for a Transaction Code.
        tries_left: of the Transaction Code.
    """

    redeemed: bool
    has_tx_code: bool
    tries_left: int
    person_id: str


def _create(steps: Steps) -> None:
    person = steps.do(
        "person",
        select(people.c.id, people.c.organisation_id).where(
            people.c.organisation_id == text("organisation_id"),
            people.c.id == text("person_id"),
            ~exists().where(pairings.c.person_id == people.c.id, pairings.c.state == states.ACTIVE),
        ),
    )
    steps.do(
        "unused",
        update(pairings)
        .where(pairings.c.person_id == person.c["id"], pairings.c.state == states.PENDING)
        .values(state=states.ENDED, ended_at=integer("now")),
        person,
    )
    steps.answer(_insert_code(steps, person, "pairing_code.created"))


def _replace_device(steps: Steps) -> None:
    person = steps.do(
        "person",
        select(people.c.id, people.c.organisation_id).where(
            people.c.organisation_id == text("organisation_id"),
            people.c.id == text("person_id"),
            exists().where(pairings.c.person_id == people.c.id, pairings.c.state == states.ACTIVE),
        ),
    )
    code = _insert_code(steps, person, "device.replaced")
    ended = steps.do(
        "ended",
        update(pairings)
        .where(pairings.c.person_id == person.c["id"], pairings.c.state.in_((states.PENDING, states.ACTIVE)))
        .values(state=states.ENDED, ended_at=integer("now"))
        .returning(pairings.c.id, pairings.c.organisation_id, pairings.c.push_subscription),
        person,
    )
    outbox.wake_ended(steps, ended)
    states.spread(
        steps,
        credentials.c.pairing_id == ended.c["id"],
        ended,
        before=(states.ACTIVE, states.SUSPENDED),
        after=states.REVOKED,
        status=states.STATUS_INVALID,
    )
    steps.answer(code)


def _insert_code(steps: Steps, person: Rows, action: str) -> Rows:
    """End the person's unused code and insert a new one, with the audit entry of *action*."""
    steps.do(
        "replaced",
        update(pairing_codes).where(pairing_codes.c.person_id == person.c["id"], _LIVE).values(state=states.REPLACED),
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
            **once.columns(),
        },
        of=person,
    )
    audit.record(
        steps,
        action,
        organisation_id=code.c["organisation_id"],
        person_id=code.c["person_id"],
        subject_id=code.c["id"],
        of=code,
    )
    return code


def _open(steps: Steps) -> None:
    opened = steps.do(
        "opened",
        update(pairing_codes)
        .where(
            pairing_codes.c.organisation_id == text("organisation_id"),
            pairing_codes.c.offer_hash == binary("offer_hash"),
            _LIVE,
            pairing_codes.c.expires_at > integer("now"),
        )
        .values(state=states.OPENED, opened_at=func.coalesce(pairing_codes.c.opened_at, integer("now")))
        .returning(pairing_codes.c.id, pairing_codes.c.person_id, pairing_codes.c.tx_code_hash),
    )
    types = (
        select(func.aggregate_strings(entitlements.c.credential_type, ","))
        .where(entitlements.c.person_id == opened.c["person_id"], entitlements.c.state != states.ENDED)
        .scalar_subquery()
    )
    answer = select(opened.c["id"].label("id"), opened.c["tx_code_hash"].label("tx_code_hash"), types.label("types"))
    steps.answer(steps.do("offer", answer, opened))


def _redeem(steps: Steps) -> None:
    """Spend the code if the Transaction Code is right, else count the try: one statement, so no race can guess on."""
    right = pairing_codes.c.tx_code_hash.is_not_distinct_from(binary("tx_code_hash"))
    wrong = and_(pairing_codes.c.tx_code_hash.is_not(None), binary("tx_code_hash").is_not(None), ~right)
    tried = steps.do(
        "tried",
        update(pairing_codes)
        .where(
            pairing_codes.c.organisation_id == text("organisation_id"),
            pairing_codes.c.code_hash == binary("code_hash"),
            _LIVE,
            _UNPAIRED,
            pairing_codes.c.expires_at > integer("now"),
            pairing_codes.c.tx_code_tries < MAX_TX_CODE_TRIES,
        )
        .values(
            state=case((right, states.REDEEMED), else_=pairing_codes.c.state),
            redeemed_at=case((right, integer("now"))),
            tx_code_tries=pairing_codes.c.tx_code_tries + case((wrong, 1), else_=0),
        )
        .returning(
            pairing_codes.c.id,
            pairing_codes.c.organisation_id,
            pairing_codes.c.person_id,
            pairing_codes.c.state,
            pairing_codes.c.tx_code_hash,
            pairing_codes.c.tx_code_tries,
        ),
    )
    columns = [tried.c[name].label(name) for name in ("id", "organisation_id", "person_id")]
    redeemed = steps.do("redeemed", select(*columns).where(tried.c["state"] == states.REDEEMED), tried)
    pairing = steps.insert(
        "pairing",
        pairings,
        {
            "id": text("pairing_id"),
            "organisation_id": redeemed.c["organisation_id"],
            "person_id": redeemed.c["person_id"],
            "pairing_code_id": redeemed.c["id"],
            "state": states.PENDING,
            "device_jkt": text("device_jkt"),
            "client_id": text("client_id"),
            "access_token_hash": binary("access_token_hash"),
            "access_expires_at": integer("access_expires_at"),
            "uses_identifiers": integer("uses_identifiers"),
            "refresh_token_hash": binary("refresh_token_hash"),
            "created_at": integer("now"),
            "last_contact_at": integer("now"),
        },
        of=redeemed,
    )
    audit.record(
        steps,
        "pairing.started",
        organisation_id=pairing.c["organisation_id"],
        person_id=pairing.c["person_id"],
        subject_id=pairing.c["id"],
        of=pairing,
    )
    steps.answer(tried)


_CREATE, _OPEN, _REDEEM = Unit(_create), Unit(_open), Unit(_redeem)
_REPLACE_DEVICE = Unit(_replace_device, stepwise=True)


async def create(
    engine: Engine,
    organisation_id: str,
    *,
    code_id: str,
    person_id: str,
    hashes: CodeHashes,
    expires_at: datetime,
    act: Act,
    asked_once: Once | None,
) -> str | None:
    """Store a code that replaces the person's unused one; return its id.

    None says that the organisation has no such person, or that a device of theirs is paired.

    Raises:
        KeyReused: the idempotency key came before with another request.
    """
    given = {"person_id": person_id, **_given(hashes, expires_at, act)}
    return await once.create(
        engine, _CREATE, _EARLIER, row_id=code_id, organisation_id=organisation_id, once=asked_once, **given
    )


async def replace_device(
    engine: Engine,
    organisation_id: str,
    *,
    code_id: str,
    person_id: str,
    hashes: CodeHashes,
    expires_at: datetime,
    act: Act,
    asked_once: Once | None,
) -> str | None:
    """End the person's pairings, make their Creds invalid, and store a code for the new device; return its id.

    None says that the organisation has no such person, or that no device of theirs is paired.

    Raises:
        KeyReused: the idempotency key came before with another request.
    """
    given = {"person_id": person_id, **_given(hashes, expires_at, act)}
    return await once.create(
        engine, _REPLACE_DEVICE, _EARLIER, row_id=code_id, organisation_id=organisation_id, once=asked_once, **given
    )


def _given(hashes: CodeHashes, expires_at: datetime, act: Act) -> dict[str, Value]:
    return {
        "code_hash": hashes.code,
        "offer_hash": hashes.offer,
        "short_code_hash": hashes.short_code,
        "tx_code_hash": hashes.tx_code,
        "expires_at": to_micros(expires_at),
        **act.parameters(),
    }


async def get(engine: Engine, organisation_id: str, code_id: str) -> PairingCode | None:
    """Return one code of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=code_id)
    return records.read(PairingCode, rows[0]) if rows else None


async def by_short_code(engine: Engine, short_code_hash: bytes, *, now: datetime) -> tuple[str, str] | None:
    """Return the id and organisation of the live code with this short code."""
    rows = await engine.fetch(_BY_SHORT_CODE, short_code_hash=short_code_hash, now=to_micros(now))
    return (rows[0][0], rows[0][1]) if rows else None


async def held_through(engine: Engine, organisation_id: str, code_hash: bytes) -> list[Entitlement]:
    """Return what the person of a live code is entitled to."""
    rows = await engine.fetch(_HELD_THROUGH, organisation_id=organisation_id, code_hash=code_hash)
    return records.read_all(Entitlement, rows)


async def open_offer(engine: Engine, organisation_id: str, offer_hash: bytes, *, now: datetime) -> OpenedOffer | None:
    """Mark a live code's offer as fetched and return what it offers."""
    rows = await engine.run(_OPEN, organisation_id=organisation_id, offer_hash=offer_hash, now=to_micros(now))
    if not rows:
        return None
    code_id, tx_code_hash, types = rows[0]
    return OpenedOffer(code_id, tx_code_hash is not None, tuple(sorted(types.split(","))) if types else ())


async def redeem(
    engine: Engine,
    organisation_id: str,
    *,
    code_hash: bytes,
    tx_code_hash: bytes | None,
    pairing_id: str,
    device_jkt: str | None,
    client_id: str | None,
    access_token_hash: bytes,
    access_expires_at: datetime,
    uses_identifiers: bool,
    refresh_token_hash: bytes | None,
    act: Act,
) -> Redemption | None:
    """Spend a live code for a pairing that waits for its first use, or count a wrong Transaction Code.

    None says that there is no such live code, or that its person has a paired device.
    """
    rows = await engine.run(
        _REDEEM,
        organisation_id=organisation_id,
        code_hash=code_hash,
        tx_code_hash=tx_code_hash,
        pairing_id=pairing_id,
        device_jkt=device_jkt,
        client_id=client_id,
        access_token_hash=access_token_hash,
        access_expires_at=to_micros(access_expires_at),
        uses_identifiers=int(uses_identifiers),
        refresh_token_hash=refresh_token_hash,
        **act.parameters(),
    )
    if not rows:
        return None
    _, _, person_id, state, expected, tries = rows[0]
    return Redemption(state == states.REDEEMED, expected is not None, MAX_TX_CODE_TRIES - tries, person_id)
