"""Counters: each one a member of staff at a template, with the request that stands there now."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from billfold.adapters.store import records
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.requester_tables import counters
from billfold.adapters.store.unit import Query, Steps, Unit, binary, integer, text


@dataclass(frozen=True, slots=True)
class Counter:
    """A counter; *request_id* is None until it has asked for something."""

    id: str
    organisation_id: str
    staff_id: str
    template: str
    request_id: str | None


_COUNTERS = select(*records.columns_of(Counter, counters)).where(counters.c.organisation_id == text("organisation_id"))
_OF_STAFF = Query(_COUNTERS.where(counters.c.staff_id == text("staff_id"), counters.c.template == text("template")))
_BY_SHOW = Query(_COUNTERS.where(counters.c.show_hash == binary("show_hash")))


def _add(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "staff_id": text("staff_id"),
        "template": text("template"),
        "show_hash": binary("show_hash"),
        "created_at": integer("now"),
    }
    steps.insert("counter", counters, values)


def _turn(steps: Steps) -> None:
    steps.do("counter", update(counters).where(counters.c.id == text("id")).values(request_id=text("request_id")))


_ADD, _TURN = Unit(_add), Unit(_turn)


async def of_staff(engine: Engine, organisation_id: str, staff_id: str, template: str) -> Counter | None:
    """Return the counter of one person at one template."""
    rows = await engine.fetch(_OF_STAFF, organisation_id=organisation_id, staff_id=staff_id, template=template)
    return records.read(Counter, rows[0]) if rows else None


async def by_show(engine: Engine, organisation_id: str, show_hash: bytes) -> Counter | None:
    """Return the counter that a visitor's screen belongs to."""
    rows = await engine.fetch(_BY_SHOW, organisation_id=organisation_id, show_hash=show_hash)
    return records.read(Counter, rows[0]) if rows else None


async def add(engine: Engine, counter: Counter, *, show_hash: bytes, now: datetime) -> None:
    """Store a counter, unless the person has one at this template already."""
    try:
        await engine.run(
            _ADD,
            id=counter.id,
            organisation_id=counter.organisation_id,
            staff_id=counter.staff_id,
            template=counter.template,
            show_hash=show_hash,
            now=to_micros(now),
        )
    except Conflict:
        return


async def turn_to(engine: Engine, counter_id: str, request_id: str | None) -> None:
    """Let a request stand at the counter; None: nothing stands there."""
    await engine.run(_TURN, id=counter_id, request_id=request_id)
