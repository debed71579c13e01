"""Reminders: devices that were silent for so long that their refresh tokens end soon, each reminded once."""

from datetime import datetime

from sqlalchemy import or_, select, update

from billfold.adapters.store import audit, outbox, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.tables import pairings
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text

_SILENT = (
    pairings.c.state == states.ACTIVE,
    pairings.c.push_subscription.is_not(None),
    pairings.c.last_contact_at <= integer("silent_since"),
    pairings.c.last_contact_at > integer("ended_before"),
    or_(pairings.c.reminded_at.is_(None), pairings.c.reminded_at <= pairings.c.last_contact_at),
)
_DUE = Query(select(pairings.c.id).where(*_SILENT).order_by(pairings.c.last_contact_at).limit(integer("most")))


def _remind(steps: Steps) -> None:
    reminded = steps.do(
        "reminded",
        update(pairings)
        .where(pairings.c.id == text("id"), *_SILENT)
        .values(reminded_at=integer("now"))
        .returning(pairings.c.id, pairings.c.organisation_id, pairings.c.person_id, pairings.c.push_subscription),
    )
    outbox.wake_devices(steps, reminded)
    audit.record_each(steps, "device.reminded", reminded)


_REMIND = Unit(_remind)


async def due(engine: Engine, *, silent_since: datetime, ended_before: datetime, most: int) -> list[str]:
    """Return up to *most* pairings with a last contact between the two instants, and not reminded since."""
    given = {"silent_since": to_micros(silent_since), "ended_before": to_micros(ended_before)}
    return [row[0] for row in await engine.fetch(_DUE, most=most, **given)]


async def remind(engine: Engine, pairing_id: str, act: Act, *, silent_since: datetime, ended_before: datetime) -> None:
    """Let the device be woken, unless it was in contact or reminded meanwhile."""
    given = {"silent_since": to_micros(silent_since), "ended_before": to_micros(ended_before)}
    await engine.run(_REMIND, id=pairing_id, **given, **act.parameters())
