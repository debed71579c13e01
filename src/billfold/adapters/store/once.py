"""Creations that may be asked twice: the caller's `Idempotency-Key` lies on the row it made.

The response is not stored but made again from the row, so that no code or PIN is kept to be repeated.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.unit import Query, Unit, Value, binary, text
from billfold.errors import StateError


@dataclass(frozen=True, slots=True)
class Once:
    """The caller's key, and the hash of what it asked under it."""

    key: str
    request_hash: bytes


class KeyReused(StateError):
    """The same `Idempotency-Key` came with another request."""

    code = "idempotency_key_reused"


def columns() -> dict[str, Any]:
    """Return the columns that an idempotent insert sets besides its own."""
    return {"idempotency_key": text("once_key"), "idempotency_hash": binary("once_hash")}


def earlier(table: Table) -> Query:
    """Return the query for the row that an earlier call under the same key made."""
    return Query(
        select(table.c.id, table.c.idempotency_hash).where(
            table.c.organisation_id == text("organisation_id"), table.c.idempotency_key == text("once_key")
        )
    )


async def create(
    engine: Engine, unit: Unit, query: Query, *, row_id: str, organisation_id: str, once: Once | None, **given: Value
) -> str | None:
    """Run the inserting *unit*; return the id of the row, an earlier one's if this was asked before.

    None says that the unit's own conditions were not met.

    Raises:
        KeyReused: the key came before with another request.
        Conflict: a constraint other than the idempotency key's stands against it.
    """
    try:
        rows = await engine.run(
            unit,
            id=row_id,
            organisation_id=organisation_id,
            once_key=once.key if once else None,
            once_hash=once.request_hash if once else None,
            **given,
        )
    except Conflict:
        made = await _earlier_id(engine, query, organisation_id, once)
        if made is None:
            raise
        return made
    if rows:
        return row_id
    return await _earlier_id(engine, query, organisation_id, once)


async def _earlier_id(engine: Engine, query: Query, organisation_id: str, once: Once | None) -> str | None:
    if once is None:
        return None
    rows = await engine.fetch(query, organisation_id=organisation_id, once_key=once.key)
    if not rows:
        return None
    if rows[0][1] != once.request_hash:
        raise KeyReused("expected a new Idempotency-Key for a different request")
    return str(rows[0][0])
