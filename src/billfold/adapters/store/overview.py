"""What an organisation looks like at a glance: figures, and what needs somebody."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Table, and_, case, exists, func, select

from billfold.adapters.store import records, states
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.requester_tables import presentation_requests
from billfold.adapters.store.tables import (
    credentials,
    entitlements,
    outbox,
    pairing_codes,
    pairings,
    people,
)
from billfold.adapters.store.type_tables import credential_types
from billfold.adapters.store.unit import Query, integer, text

SILENT_AFTER = timedelta(days=30)
NEW_WITHIN = timedelta(days=7)
FAILED = "credential_failure"


@dataclass(frozen=True, slots=True)
class Figures:
    """How many there are of what.

    Attributes:
        uncollected: Creds that people should hold now and no device has fetched.
        reachable: paired devices that can be woken.
        silent: paired devices that nobody heard of for ``SILENT_AFTER``.
        failed: Creds that a wallet said it could not keep.
        ever_paired: devices that were ever paired.
        wakes_wait_since: when the oldest message to a device was due that still waits.
    """

    people: int
    new_people: int
    paired: int
    reachable: int
    silent: int
    creds: int
    suspended: int
    uncollected: int
    failed: int
    types: int
    ever_paired: int
    wakes_wait_since: datetime | None


@dataclass(frozen=True, slots=True)
class LiveCode:
    """A pairing code that waits to be used."""

    id: str
    person_id: str
    person_name: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateFigures:
    """How many requests were made from a template, and what became of them; *waiting* may still be answered."""

    template_id: str
    asked: int
    answered: int
    declined: int
    waiting: int


def _count(table: Table, *which: ColumnElement[bool]) -> ScalarSelect[Any]:
    ours = table.c.organisation_id == text("organisation_id")
    return select(func.count()).select_from(table).where(ours, *which).scalar_subquery()


_ALIVE = pairings.c.state == states.ACTIVE
_COLLECTED = exists().where(
    credentials.c.entitlement_id == entitlements.c.id, credentials.c.state.in_((states.ACTIVE, states.SUSPENDED))
)
_FIGURES = Query(
    select(
        _count(people),
        _count(people, people.c.created_at > integer("new_after")),
        _count(pairings, _ALIVE),
        _count(pairings, _ALIVE, pairings.c.push_subscription.is_not(None)),
        _count(pairings, _ALIVE, pairings.c.last_contact_at < integer("silent_before")),
        _count(credentials, credentials.c.state == states.ACTIVE),
        _count(entitlements, entitlements.c.state == states.SUSPENDED),
        _count(entitlements, entitlements.c.state == states.ACTIVE, ~_COLLECTED),
        _count(credentials, credentials.c.state == states.ACTIVE, credentials.c.device_event == FAILED),
        _count(credential_types),
        _count(pairings, pairings.c.state != states.PENDING),
        select(func.min(outbox.c.due_at)).where(outbox.c.organisation_id == text("organisation_id")).scalar_subquery(),
    )
)
_LIVE_CODES = Query(
    select(pairing_codes.c.id, people.c.id, people.c.name, pairing_codes.c.state, pairing_codes.c.expires_at)
    .join(people, people.c.id == pairing_codes.c.person_id)
    .where(
        pairing_codes.c.organisation_id == text("organisation_id"),
        pairing_codes.c.state.in_(states.UNUSED_CODE),
        pairing_codes.c.expires_at > integer("now"),
    )
    .order_by(pairing_codes.c.id.desc())
    .limit(integer("most"))
)


def _times(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))


_LIVE_REQUEST = and_(
    presentation_requests.c.state.in_(states.OPEN_REQUEST),
    presentation_requests.c.expires_at > integer("now"),
)
# Ids sort by the instant at which they were made, so a day's requests lie together under the primary key.
_REQUESTS = Query(
    select(
        presentation_requests.c.template_id,
        func.count(),
        _times(presentation_requests.c.state == states.ANSWERED),
        _times(presentation_requests.c.state == states.DECLINED),
        _times(_LIVE_REQUEST),
    )
    .where(
        presentation_requests.c.organisation_id == text("organisation_id"),
        presentation_requests.c.id >= text("first_id"),
    )
    .group_by(presentation_requests.c.template_id)
)


async def figures(engine: Engine, organisation_id: str, *, now: datetime) -> Figures:
    """Count what there is."""
    rows = await engine.fetch(
        _FIGURES,
        organisation_id=organisation_id,
        new_after=to_micros(now - NEW_WITHIN),
        silent_before=to_micros(now - SILENT_AFTER),
    )
    return records.read(Figures, rows[0])


async def live_codes(engine: Engine, organisation_id: str, *, now: datetime, most: int) -> list[LiveCode]:
    """Return the newest codes that wait to be used."""
    rows = await engine.fetch(_LIVE_CODES, organisation_id=organisation_id, now=to_micros(now), most=most)
    return records.read_all(LiveCode, rows)


async def requests_since(
    engine: Engine, organisation_id: str, *, first_id: str, now: datetime
) -> dict[str, TemplateFigures]:
    """Count the requests from *first_id* on, by the id of their template."""
    rows = await engine.fetch(_REQUESTS, organisation_id=organisation_id, first_id=first_id, now=to_micros(now))
    return {found.template_id: found for found in records.read_all(TemplateFigures, rows)}
