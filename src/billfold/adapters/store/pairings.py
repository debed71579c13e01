"""Pairings: our record that a wallet key belongs to a person at an organisation, and what its tokens may do."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import and_, or_, select, update

from billfold.adapters.store import audit, outbox, records, states, used_proofs
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import Entitlement, Pairing, Person, to_instant, to_json, to_micros
from billfold.adapters.store.tables import credentials, entitlements, pairings, people
from billfold.adapters.store.unit import Query, Row, Steps, Unit, binary, integer, text
from billfold.adapters.store.used_proofs import UsedProof
from billfold.core.openid4vci.pairing import ClientReport

IDLE_LIFETIME = timedelta(days=365)

_COLUMNS = records.columns_of(Pairing, pairings)
_LIVE = pairings.c.state.in_(states.LIVING_PAIRING)
_OF_PERSON = Query(
    select(*_COLUMNS)
    .where(pairings.c.organisation_id == text("organisation_id"), pairings.c.person_id == text("person_id"))
    .order_by(pairings.c.id)
)
_BY_ID = Query(
    select(*_COLUMNS).where(pairings.c.organisation_id == text("organisation_id"), pairings.c.id == text("id"))
)
_BY_CODE = Query(select(*_COLUMNS).where(pairings.c.pairing_code_id == text("pairing_code_id")))
_REFRESH_STATE = Query(
    select(pairings.c.state, pairings.c.device_jkt, pairings.c.client_id).where(
        pairings.c.organisation_id == text("organisation_id"),
        pairings.c.refresh_token_hash == binary("refresh_token_hash"),
    )
)
_HELD_THROUGH = Query(
    select(*records.columns_of(Entitlement, entitlements))
    .join(pairings, pairings.c.person_id == entitlements.c.person_id)
    .where(
        pairings.c.organisation_id == text("organisation_id"),
        pairings.c.refresh_token_hash == binary("refresh_token_hash"),
        entitlements.c.state != states.ENDED,
    )
    .order_by(entitlements.c.id)
)
_ACCESS = (
    pairings.c.id,
    pairings.c.person_id,
    pairings.c.state,
    pairings.c.device_jkt,
    pairings.c.access_expires_at,
    pairings.c.uses_identifiers,
    pairings.c.client_id,
    pairings.c.client,
)
_WHOSE_TOKEN = and_(
    pairings.c.organisation_id == text("organisation_id"),
    pairings.c.access_token_hash == binary("access_token_hash"),
)
_BY_ACCESS = Query(select(*_ACCESS).where(_WHOSE_TOKEN))
_FOR_ISSUANCE = Query(
    select(*_ACCESS, *records.columns_of(Person, people), *records.columns_of(Entitlement, entitlements))
    .join(people, people.c.id == pairings.c.person_id)
    .outerjoin(
        entitlements,
        and_(
            entitlements.c.person_id == pairings.c.person_id,
            entitlements.c.state != states.ENDED,
            or_(
                entitlements.c.id == text("credential_identifier"),
                entitlements.c.credential_type == text("credential_type"),
            ),
        ),
    )
    .where(_WHOSE_TOKEN)
)


@dataclass(frozen=True, slots=True)
class Access:
    """What an access token stands for; whether it is still good is for the caller to decide.

    Attributes:
        client: what the wallet said of itself, where it did.
    """

    pairing_id: str
    person_id: str
    state: str
    device_jkt: str | None
    expires_at: datetime
    uses_identifiers: bool
    client_id: str | None
    client: ClientReport | None


@dataclass(frozen=True, slots=True)
class Issuance:
    """An access token's pairing with the person, and the entitlement that a credential request names."""

    access: Access
    person: Person
    entitlement: Entitlement | None


@dataclass(frozen=True, slots=True)
class RefreshState:
    """Why a refresh token was not taken."""

    state: str
    device_jkt: str | None
    client_id: str | None


def _refresh(steps: Steps) -> None:
    refreshed = steps.do(
        "refreshed",
        update(pairings)
        .where(
            pairings.c.organisation_id == text("organisation_id"),
            pairings.c.refresh_token_hash == binary("refresh_token_hash"),
            pairings.c.device_jkt == text("device_jkt"),
            or_(pairings.c.client_id.is_(None), text("client_id").is_(None), pairings.c.client_id == text("client_id")),
            pairings.c.last_contact_at > integer("oldest_contact"),
            _LIVE,
        )
        .values(
            access_token_hash=binary("access_token_hash"),
            access_expires_at=integer("access_expires_at"),
            uses_identifiers=integer("uses_identifiers"),
            last_contact_at=integer("now"),
        )
        .returning(pairings.c.id, pairings.c.person_id),
    )
    used_proofs.remember(steps, refreshed)
    steps.answer(refreshed)


def _end(steps: Steps) -> None:
    ended = steps.do(
        "ended",
        update(pairings)
        .where(pairings.c.organisation_id == text("organisation_id"), pairings.c.id == text("id"), _LIVE)
        .values(state=states.ENDED, ended_at=integer("now"))
        .returning(pairings.c.id, pairings.c.organisation_id, pairings.c.person_id, pairings.c.push_subscription),
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
    audit.record_each(steps, "pairing.ended", ended)
    steps.answer(ended)


def _use(steps: Steps) -> None:
    """Count a use of the access token: with the first one the pairing counts."""
    used = (
        update(pairings)
        .where(pairings.c.id == text("id"), _LIVE)
        .values(state=states.ACTIVE, last_contact_at=integer("now"))
        .returning(pairings.c.id)
    )
    steps.answer(steps.do("used", used))


def _describe(steps: Steps) -> None:
    described = (
        update(pairings)
        .where(pairings.c.id == text("id"), _LIVE)
        .values(
            state=states.ACTIVE,
            last_contact_at=integer("now"),
            device_name=text("device_name"),
            push_subscription=text("push_subscription"),
            client=text("client"),
        )
        .returning(pairings.c.id)
    )
    rows = steps.do("described", described)
    used_proofs.remember(steps, rows)
    steps.answer(rows)


_REFRESH, _END, _USE, _DESCRIBE = Unit(_refresh), Unit(_end, stepwise=True), Unit(_use), Unit(_describe)


async def by_access_token(engine: Engine, organisation_id: str, access_token_hash: bytes) -> Access | None:
    """Return what the access token with this hash stands for."""
    rows = await engine.fetch(_BY_ACCESS, organisation_id=organisation_id, access_token_hash=access_token_hash)
    return _access(rows[0]) if rows else None


async def for_issuance(
    engine: Engine,
    organisation_id: str,
    access_token_hash: bytes,
    *,
    credential_identifier: str | None,
    credential_type: str | None,
) -> Issuance | None:
    """Return the token's pairing, its person, and the entitlement named by identifier or by type."""
    rows = await engine.fetch(
        _FOR_ISSUANCE,
        organisation_id=organisation_id,
        access_token_hash=access_token_hash,
        credential_identifier=credential_identifier,
        credential_type=credential_type,
    )
    if not rows:
        return None
    row, access_end = rows[0], len(_ACCESS)
    person_end = access_end + len(records.columns_of(Person, people))
    entitled = row[person_end] is not None
    return Issuance(
        _access(row[:access_end]),
        records.read(Person, row[access_end:person_end]),
        records.read(Entitlement, row[person_end:]) if entitled else None,
    )


async def refresh(
    engine: Engine,
    organisation_id: str,
    *,
    refresh_token_hash: bytes,
    device_jkt: str,
    client_id: str | None,
    proof: UsedProof,
    access_token_hash: bytes,
    access_expires_at: datetime,
    uses_identifiers: bool,
    now: datetime,
) -> tuple[str, str] | None:
    """Give a living pairing a new access token; return its id and person, or None when the token is not taken.

    Raises:
        Conflict: *proof* changed something before.
    """
    rows = await engine.run(
        _REFRESH,
        organisation_id=organisation_id,
        refresh_token_hash=refresh_token_hash,
        device_jkt=device_jkt,
        client_id=client_id,
        access_token_hash=access_token_hash,
        access_expires_at=to_micros(access_expires_at),
        uses_identifiers=int(uses_identifiers),
        oldest_contact=to_micros(now - IDLE_LIFETIME),
        now=to_micros(now),
        **proof.parameters(),
    )
    return (rows[0][0], rows[0][1]) if rows else None


async def held_through(engine: Engine, organisation_id: str, refresh_token_hash: bytes) -> list[Entitlement]:
    """Return what the person behind a refresh token is entitled to."""
    rows = await engine.fetch(_HELD_THROUGH, organisation_id=organisation_id, refresh_token_hash=refresh_token_hash)
    return records.read_all(Entitlement, rows)


async def refresh_state(engine: Engine, organisation_id: str, refresh_token_hash: bytes) -> RefreshState | None:
    """Return the pairing's state behind a refresh token that was not taken."""
    rows = await engine.fetch(_REFRESH_STATE, organisation_id=organisation_id, refresh_token_hash=refresh_token_hash)
    return RefreshState(*rows[0]) if rows else None


async def of_person(engine: Engine, organisation_id: str, person_id: str) -> list[Pairing]:
    """Return a person's pairings, ended ones too, oldest first."""
    rows = await engine.fetch(_OF_PERSON, organisation_id=organisation_id, person_id=person_id)
    return records.read_all(Pairing, rows)


async def get(engine: Engine, organisation_id: str, pairing_id: str) -> Pairing | None:
    """Return one pairing of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=pairing_id)
    return records.read(Pairing, rows[0]) if rows else None


async def of_code(engine: Engine, pairing_code_id: str) -> Pairing | None:
    """Return the pairing that a code was redeemed for."""
    rows = await engine.fetch(_BY_CODE, pairing_code_id=pairing_code_id)
    return records.read(Pairing, rows[0]) if rows else None


async def use(engine: Engine, pairing_id: str, *, now: datetime) -> bool:
    """Count a use of the pairing's access token; say whether it is alive."""
    return bool(await engine.run(_USE, id=pairing_id, now=to_micros(now)))


async def describe(
    engine: Engine,
    pairing_id: str,
    *,
    device_name: str,
    push_subscription: object,
    client: object,
    proof: UsedProof,
    now: datetime,
) -> bool:
    """Keep what the device says of itself; say whether the pairing is alive.

    Raises:
        Conflict: *proof* changed something before.
    """
    rows = await engine.run(
        _DESCRIBE,
        id=pairing_id,
        device_name=device_name,
        push_subscription=None if push_subscription is None else to_json(push_subscription),
        client=to_json(client),
        now=to_micros(now),
        **proof.parameters(),
    )
    return bool(rows)


async def end(engine: Engine, organisation_id: str, pairing_id: str, act: Act) -> bool:
    """End a pairing and make its Credentials invalid; say whether it was alive."""
    return bool(await engine.run(_END, organisation_id=organisation_id, id=pairing_id, **act.parameters()))


def _access(row: Row) -> Access:
    client = None if row[7] is None else msgspec.json.decode(row[7], type=ClientReport)
    return Access(row[0], row[1], row[2], row[3], to_instant(row[4]), bool(row[5]), row[6], client)
