"""Status lists: which blocks of entries are given out, and which entries are not VALID."""

from datetime import datetime

from sqlalchemy import select, update

from billfold.adapters.store import records, states
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import StatusList, to_micros
from billfold.adapters.store.tables import credential_instances, status_lists
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text

_BY_ID = Query(
    select(*records.columns_of(StatusList, status_lists)).where(
        status_lists.c.organisation_id == text("organisation_id"), status_lists.c.id == text("id")
    )
)
_NOT_VALID = Query(
    select(credential_instances.c.status_index, credential_instances.c.status).where(
        credential_instances.c.status_list_id == text("id"), credential_instances.c.status != states.STATUS_VALID
    )
)


def _add(steps: Steps) -> None:
    steps.insert(
        "status_list",
        status_lists,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "size": integer("size"),
            "next_block": 0,
            "version": 1,
            "created_at": integer("now"),
        },
    )


def _take_block(steps: Steps) -> None:
    """Take the next block of the organisation's oldest list that has one left."""
    lists = status_lists.alias("lists")
    with_room = (
        select(lists.c.id)
        .where(
            lists.c.organisation_id == text("organisation_id"),
            lists.c.next_block * integer("block_size") < lists.c.size,
        )
        .order_by(lists.c.id)
        .limit(1)
        .scalar_subquery()
    )
    taken = (
        update(status_lists)
        .where(
            status_lists.c.id == with_room,
            status_lists.c.next_block * integer("block_size") < status_lists.c.size,
        )
        .values(next_block=status_lists.c.next_block + 1)
        .returning(status_lists.c.id, status_lists.c.size, status_lists.c.next_block)
    )
    steps.answer(steps.do("taken", taken))


_ADD, _TAKE_BLOCK = Unit(_add), Unit(_take_block)


async def add(engine: Engine, organisation_id: str, *, status_list_id: str, size: int, now: datetime) -> None:
    """Store a new, empty list of *size* entries."""
    await engine.run(_ADD, id=status_list_id, organisation_id=organisation_id, size=size, now=to_micros(now))


async def take_block(engine: Engine, organisation_id: str, *, block_size: int) -> tuple[str, int, int] | None:
    """Reserve *block_size* entries: the list's id and size, and the number of the block. None when all are full."""
    rows = await engine.run(_TAKE_BLOCK, organisation_id=organisation_id, block_size=block_size)
    return (rows[0][0], rows[0][1], rows[0][2] - 1) if rows else None


async def get(engine: Engine, organisation_id: str, status_list_id: str) -> StatusList | None:
    """Return one list with its present version."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=status_list_id)
    return records.read(StatusList, rows[0]) if rows else None


async def not_valid(engine: Engine, status_list_id: str) -> dict[int, int]:
    """Return the entries that are not VALID: index to status."""
    return dict(await engine.fetch(_NOT_VALID, id=status_list_id))
