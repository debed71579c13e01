"""Entitlements: who should hold which Cred type, and the state that everything signed for it follows."""

from sqlalchemy import select, update

from billfold.adapters.store import audit, once, outbox, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Entitlement
from billfold.adapters.store.tables import credentials, entitlements, people
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text

_COLUMNS = records.columns_of(Entitlement, entitlements)
_BY_ID = Query(
    select(*_COLUMNS).where(entitlements.c.organisation_id == text("organisation_id"), entitlements.c.id == text("id"))
)
_HELD = Query(
    select(*_COLUMNS)
    .where(entitlements.c.person_id == text("person_id"), entitlements.c.state != states.ENDED)
    .order_by(entitlements.c.id)
)
_EARLIER = once.earlier(entitlements)


def _create(steps: Steps) -> None:
    person = steps.do(
        "person",
        select(people.c.id).where(
            people.c.organisation_id == text("organisation_id"), people.c.id == text("person_id")
        ),
    )
    entitlement = steps.insert(
        "entitlement",
        entitlements,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "person_id": person.c["id"],
            "credential_type": text("credential_type"),
            "state": states.ACTIVE,
            "revision": 1,
            "created_at": integer("now"),
            **once.columns(),
        },
        of=person,
    )
    audit.record_each(steps, "entitlement.created", entitlement)
    outbox.wake(steps, entitlement)
    steps.answer(entitlement)


def _change(action: str, before: tuple[str, ...], after: str, credential_states: tuple[str, ...], status: int) -> Unit:
    def define(steps: Steps) -> None:
        moved = steps.do(
            "entitlement",
            update(entitlements)
            .where(
                entitlements.c.organisation_id == text("organisation_id"),
                entitlements.c.id == text("id"),
                entitlements.c.state.in_(before),
            )
            .values(state=after, ended_at=integer("ended_at"))
            .returning(entitlements.c.id, entitlements.c.organisation_id, entitlements.c.person_id),
        )
        states.spread(
            steps,
            credentials.c.entitlement_id == moved.c["id"],
            moved,
            before=credential_states,
            after=states.REVOKED if after == states.ENDED else after,
            status=status,
        )
        audit.record_each(steps, action, moved)
        outbox.wake(steps, moved)
        steps.answer(moved)

    return Unit(define, stepwise=True)


_CREATE = Unit(_create)
_SUSPEND = _change(
    "entitlement.suspended", (states.ACTIVE,), states.SUSPENDED, (states.ACTIVE,), states.STATUS_SUSPENDED
)
_RESUME = _change("entitlement.resumed", (states.SUSPENDED,), states.ACTIVE, (states.SUSPENDED,), states.STATUS_VALID)
_END = _change(
    "entitlement.ended",
    (states.ACTIVE, states.SUSPENDED),
    states.ENDED,
    (states.ACTIVE, states.SUSPENDED),
    states.STATUS_INVALID,
)


async def create(
    engine: Engine,
    organisation_id: str,
    *,
    entitlement_id: str,
    person_id: str,
    credential_type: str,
    act: Act,
    asked_once: Once | None,
) -> str | None:
    """Entitle a person; return the id, or None when the organisation has no such person.

    Raises:
        Conflict: the person is entitled to this type already.
        KeyReused: the idempotency key came before with another request.
    """
    return await once.create(
        engine,
        _CREATE,
        _EARLIER,
        row_id=entitlement_id,
        organisation_id=organisation_id,
        once=asked_once,
        person_id=person_id,
        credential_type=credential_type,
        **act.parameters(),
    )


async def get(engine: Engine, organisation_id: str, entitlement_id: str) -> Entitlement | None:
    """Return one entitlement, ended or not."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=entitlement_id)
    return records.read(Entitlement, rows[0]) if rows else None


async def held_by(engine: Engine, person_id: str) -> list[Entitlement]:
    """Return a person's entitlements that have not ended, oldest first."""
    return records.read_all(Entitlement, await engine.fetch(_HELD, person_id=person_id))


async def suspend(engine: Engine, organisation_id: str, entitlement_id: str, act: Act) -> bool:
    """Suspend it with every Credential of it; say whether it was active."""
    return await _move(engine, _SUSPEND, organisation_id, entitlement_id, act)


async def resume(engine: Engine, organisation_id: str, entitlement_id: str, act: Act) -> bool:
    """Undo a suspension; say whether it was suspended."""
    return await _move(engine, _RESUME, organisation_id, entitlement_id, act)


async def end(engine: Engine, organisation_id: str, entitlement_id: str, act: Act) -> bool:
    """End it for good and revoke every Credential of it; say whether it had not ended before."""
    return await _move(engine, _END, organisation_id, entitlement_id, act)


async def _move(engine: Engine, unit: Unit, organisation_id: str, entitlement_id: str, act: Act) -> bool:
    given = act.parameters()
    rows = await engine.run(
        unit,
        organisation_id=organisation_id,
        id=entitlement_id,
        ended_at=given["now"] if unit is _END else None,
        **given,
    )
    return bool(rows)
