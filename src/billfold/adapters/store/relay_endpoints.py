"""Relay endpoints: where an issuer's push message goes in, and to which browser it goes on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update

from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.tables import relay_endpoints
from billfold.adapters.store.unit import Query, Steps, Unit, binary, integer, text

_COLUMNS = (relay_endpoints.c.id, relay_endpoints.c.sender_key, relay_endpoints.c.subscription)
_BY_TOKEN = Query(select(*_COLUMNS).where(relay_endpoints.c.token_hash == binary("token_hash")))
_MANAGED = (
    relay_endpoints.c.token_hash == binary("token_hash"),
    relay_endpoints.c.secret_hash == binary("secret_hash"),
)


@dataclass(frozen=True, slots=True)
class RelayEndpoint:
    """An endpoint: which VAPID key may send to it, and the browser's subscription as JSON."""

    id: str
    sender_key: str
    subscription: str


def _add(steps: Steps) -> None:
    steps.insert(
        "endpoint",
        relay_endpoints,
        {
            "id": text("id"),
            "token_hash": binary("token_hash"),
            "secret_hash": binary("secret_hash"),
            "sender_key": text("sender_key"),
            "subscription": text("subscription"),
            "created_at": integer("now"),
            "window_began_at": integer("now"),
            "window_count": 0,
        },
    )


def _move(steps: Steps) -> None:
    moved = update(relay_endpoints).where(*_MANAGED).values(subscription=text("subscription"))
    steps.answer(steps.do("moved", moved.returning(relay_endpoints.c.id)))


def _remove(steps: Steps) -> None:
    steps.answer(steps.do("removed", delete(relay_endpoints).where(*_MANAGED).returning(relay_endpoints.c.id)))


def _gone(steps: Steps) -> None:
    same = (relay_endpoints.c.id == text("id"), relay_endpoints.c.subscription == text("subscription"))
    steps.do("gone", delete(relay_endpoints).where(*same))


def _count(steps: Steps) -> None:
    """Count a message within its window, and begin a new one when the window is over."""
    over = relay_endpoints.c.window_began_at <= integer("window_start")
    counted = (
        update(relay_endpoints)
        .where(relay_endpoints.c.id == text("id"))
        .values(
            window_began_at=case((over, integer("now")), else_=relay_endpoints.c.window_began_at),
            window_count=case((over, 1), else_=relay_endpoints.c.window_count + 1),
        )
        .returning(relay_endpoints.c.window_count)
    )
    steps.answer(steps.do("counted", counted))


_ADD, _MOVE, _REMOVE, _GONE, _COUNT = Unit(_add), Unit(_move), Unit(_remove), Unit(_gone), Unit(_count)


async def add(engine: Engine, endpoint: RelayEndpoint, *, token_hash: bytes, secret_hash: bytes, now: datetime) -> None:
    """Store a new endpoint by the hashes of its token and of the secret that manages it."""
    await engine.run(
        _ADD,
        id=endpoint.id,
        token_hash=token_hash,
        secret_hash=secret_hash,
        sender_key=endpoint.sender_key,
        subscription=endpoint.subscription,
        now=to_micros(now),
    )


async def by_token(engine: Engine, token_hash: bytes) -> RelayEndpoint | None:
    """Return the endpoint with this token."""
    rows = await engine.fetch(_BY_TOKEN, token_hash=token_hash)
    return RelayEndpoint(*rows[0]) if rows else None


async def move(engine: Engine, *, token_hash: bytes, secret_hash: bytes, subscription: str) -> bool:
    """Lead an endpoint to another subscription; say whether token and secret fit."""
    rows = await engine.run(_MOVE, token_hash=token_hash, secret_hash=secret_hash, subscription=subscription)
    return bool(rows)


async def remove(engine: Engine, *, token_hash: bytes, secret_hash: bytes) -> bool:
    """Remove an endpoint; say whether token and secret fit."""
    return bool(await engine.run(_REMOVE, token_hash=token_hash, secret_hash=secret_hash))


async def gone(engine: Engine, endpoint: RelayEndpoint) -> None:
    """Remove an endpoint whose browser is gone, unless it leads to another subscription by now."""
    await engine.run(_GONE, id=endpoint.id, subscription=endpoint.subscription)


async def count(engine: Engine, endpoint_id: str, *, window: timedelta, now: datetime) -> int:
    """Count a message to the endpoint; return how many there were in this window."""
    rows = await engine.run(_COUNT, id=endpoint_id, window_start=to_micros(now - window), now=to_micros(now))
    return int(rows[0][0]) if rows else 0
