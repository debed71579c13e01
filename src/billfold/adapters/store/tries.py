"""Tries, to sign in or to send a test mail, counted in buckets: a number in a window that starts with the first one.

Whoever counts first and judges the number then cannot be overtaken between the two.
"""

from datetime import datetime

from sqlalchemy import case, delete, update

from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.staff_tables import sign_in_tries
from billfold.adapters.store.unit import Steps, Unit, Value, binary, integer


def _first(steps: Steps) -> None:
    values = {"bucket": binary("bucket"), "window_began_at": integer("now"), "count": 1}
    steps.insert("first", sign_in_tries, values)


def _further(steps: Steps) -> None:
    is_over = sign_in_tries.c.window_began_at <= integer("oldest")
    counted = (
        update(sign_in_tries)
        .where(sign_in_tries.c.bucket == binary("bucket"))
        .values(
            count=case((is_over, 1), else_=sign_in_tries.c.count + 1),
            window_began_at=case((is_over, integer("now")), else_=sign_in_tries.c.window_began_at),
        )
        .returning(sign_in_tries.c.count)
    )
    steps.answer(steps.do("counted", counted))


def _clear(steps: Steps) -> None:
    steps.do("cleared", delete(sign_in_tries).where(sign_in_tries.c.bucket == binary("bucket")))


_FIRST, _FURTHER, _CLEAR = Unit(_first), Unit(_further), Unit(_clear)


async def count(engine: Engine, bucket: bytes, *, now: datetime, oldest: datetime) -> int:
    """Count a try, and return how many the running window holds with it.

    Args:
        oldest: a window that began before this is over.
    """
    given: dict[str, Value] = {"bucket": bucket, "now": to_micros(now), "oldest": to_micros(oldest)}
    rows = await engine.run(_FURTHER, **given)
    if not rows:
        try:
            await engine.run(_FIRST, bucket=bucket, now=to_micros(now))
        except Conflict:  # somebody else's try was the first
            rows = await engine.run(_FURTHER, **given)
        else:
            return 1
    return int(rows[0][0])


async def clear(engine: Engine, bucket: bytes) -> None:
    """Forget the tries of a bucket: the right password came."""
    await engine.run(_CLEAR, bucket=bucket)
