"""The outbox: which devices are to be woken. A row is written by the unit that makes the news, so no news is forgotten.

A worker leases rows that are due, and deletes those it delivered; what a crash leaves is due again when its lease ends.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, literal, select, update

from billfold.adapters.store import audit, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.tables import outbox, pairings
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, integer, text

_DUE = (outbox.c.due_at <= integer("now"), outbox.c.leased_until_at <= integer("now"))
_ANY_DUE = Query(select(exists().where(*_DUE)))


@dataclass(frozen=True, slots=True)
class Wake:
    """One device to be woken, and how often that was tried before."""

    id: str
    organisation_id: str
    pairing_id: str
    tries: int
    push_subscription: str | None


def wake(steps: Steps, of: Rows) -> None:
    """Add the steps that wake every paired device of the person whose `person_id` stands in the rows *of*."""
    devices = steps.do(
        "to_wake",
        select(pairings.c.id.label("pairing_id"), pairings.c.organisation_id.label("organisation_id")).where(
            pairings.c.person_id == of.c["person_id"],
            pairings.c.state == states.ACTIVE,
            pairings.c.push_subscription.is_not(None),
        ),
        of,
    )
    _insert(steps, devices)


def wake_devices(steps: Steps, of: Rows) -> None:
    """Add the steps that wake the devices of the pairings in the rows *of*, ended ones too, where they can be."""
    columns = [of.c["id"].label("pairing_id"), of.c["organisation_id"].label("organisation_id")]
    _insert(steps, steps.do("to_wake", select(*columns).where(of.c["push_subscription"].is_not(None)), of))


def _insert(steps: Steps, devices: Rows) -> None:
    steps.insert(
        "outbox",
        outbox,
        {
            # The act's id is one and the devices may be several, so both make the row's.
            "id": text("audit_id") + literal("/") + devices.c["pairing_id"],
            "organisation_id": devices.c["organisation_id"],
            "pairing_id": devices.c["pairing_id"],
            "due_at": integer("now"),
            "leased_until_at": 0,
            "tries": 0,
            "created_at": integer("now"),
        },
        of=devices,
    )


def _lease(steps: Steps) -> None:
    waiting = (
        select(outbox.c.id)
        .where(*_DUE)
        .order_by(outbox.c.due_at)
        .limit(integer("most"))
        .with_for_update(skip_locked=True)
    )
    leased = steps.do(
        "leased",
        update(outbox)
        .where(outbox.c.id.in_(waiting))
        .values(leased_until_at=integer("leased_until_at"), tries=outbox.c.tries + 1)
        .returning(outbox.c.id, outbox.c.organisation_id, outbox.c.pairing_id, outbox.c.tries),
    )
    found = select(
        leased.c["id"].label("id"),
        leased.c["organisation_id"].label("organisation_id"),
        leased.c["pairing_id"].label("pairing_id"),
        leased.c["tries"].label("tries"),
        pairings.c.push_subscription,
    ).where(pairings.c.id == leased.c["pairing_id"])
    steps.answer(steps.do("found", found, leased))


def _done(steps: Steps) -> None:
    steps.do("done", delete(outbox).where(outbox.c.id == text("id")))


def _woken(steps: Steps) -> None:
    """Delete the row, and record the wake under the act that caused it, which its id begins with."""
    row = steps.do("done", delete(outbox).where(outbox.c.id == text("id")).returning(outbox.c.pairing_id))
    device = select(pairings.c.organisation_id, pairings.c.person_id).where(pairings.c.id == row.c["pairing_id"])
    _record(steps, "device.woken", steps.do("device", device, row), subject_id=text("cause_id"))


def _send_again(steps: Steps) -> None:
    device = steps.do(
        "device",
        select(pairings.c.id, pairings.c.organisation_id, pairings.c.person_id).where(
            pairings.c.organisation_id == text("organisation_id"),
            pairings.c.id == text("pairing_id"),
            pairings.c.state == states.ACTIVE,
            pairings.c.push_subscription.is_not(None),
        ),
    )
    wake(steps, device)
    _record(steps, "device.sent_again", device, subject_id=device.c["id"])
    steps.answer(device)


def _record(steps: Steps, action: str, device: Rows, *, subject_id: ColumnElement[Any]) -> None:
    audit.record(
        steps,
        action,
        organisation_id=device.c["organisation_id"],
        person_id=device.c["person_id"],
        subject_id=subject_id,
        of=device,
    )


def _later(steps: Steps) -> None:
    steps.do(
        "later",
        update(outbox).where(outbox.c.id == text("id")).values(due_at=integer("due_at"), leased_until_at=0),
    )


def _forget(steps: Steps) -> None:
    """Forget a subscription that is gone, unless the device has brought another since."""
    steps.do(
        "forgotten",
        update(pairings)
        .where(pairings.c.id == text("pairing_id"), pairings.c.push_subscription == text("push_subscription"))
        .values(push_subscription=None),
    )
    steps.do("done", delete(outbox).where(outbox.c.pairing_id == text("pairing_id")))


_LEASE, _DONE, _LATER, _FORGET = Unit(_lease), Unit(_done), Unit(_later), Unit(_forget)
_WOKEN, _SEND_AGAIN = Unit(_woken), Unit(_send_again)


async def lease(engine: Engine, *, most: int, now: datetime, until: datetime) -> list[Wake]:
    """Take up to *most* rows that are due, for this process until *until*."""
    if not (await engine.fetch(_ANY_DUE, now=to_micros(now)))[0][0]:
        return []
    rows = await engine.run(_LEASE, most=most, now=to_micros(now), leased_until_at=to_micros(until))
    return [Wake(*row) for row in rows]


async def woken(engine: Engine, wake_id: str, act: Act) -> None:
    """Delete a row whose device was woken, and record that under the act that caused it."""
    await engine.run(_WOKEN, id=wake_id, cause_id=wake_id.partition("/")[0], **act.parameters())


async def give_up(engine: Engine, wake_id: str) -> None:
    """Delete a row whose device cannot be woken."""
    await engine.run(_DONE, id=wake_id)


async def send_again(engine: Engine, organisation_id: str, pairing_id: str, act: Act) -> bool:
    """Let a device be woken once more; say whether there is one that can be."""
    given = {"organisation_id": organisation_id, "pairing_id": pairing_id, **act.parameters()}
    return bool(await engine.run(_SEND_AGAIN, **given))


async def later(engine: Engine, wake_id: str, *, due_at: datetime) -> None:
    """Try a row again at *due_at*."""
    await engine.run(_LATER, id=wake_id, due_at=to_micros(due_at))


async def forget(engine: Engine, pairing_id: str, push_subscription: str) -> None:
    """Forget a push subscription that is gone for good, and what was to be sent to it."""
    await engine.run(_FORGET, pairing_id=pairing_id, push_subscription=push_subscription)
