"""How often the database is asked: one issuance and one presentation, on either engine. More is a step back."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest

from billfold.adapters.store.postgresql import PostgresqlEngine
from billfold.adapters.store.sqlite import SqliteEngine
from tests.support.device import Device
from tests.support.organisations import new_key
from tests.support.presenter import Held, asked
from tests.support.wire import Wire, pre_authorized_code

# Statements and commits by step. PostgreSQL runs most units as one statement that commits itself, and goes step by
# step where a lock must be held first; what only reads commits nothing on either engine. Whoever makes a number
# smaller writes the smaller one here.
ISSUANCE = {
    "sqlite": {"code": (6, 1), "offer": (2, 1), "token": (4, 1), "nonce": (0, 0), "credential": (6, 1)},
    "postgresql": {"code": (6, 1), "offer": (1, 1), "token": (1, 1), "nonce": (0, 0), "credential": (2, 1)},
}
PRESENTATION = {
    "sqlite": {"request": (2, 1), "object": (1, 1), "response": (4, 1), "result": (1, 0)},
    "postgresql": {"request": (1, 1), "object": (1, 1), "response": (3, 1), "result": (1, 0)},
}
_CHANGED = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'presentation_requests'"
_CHANGES = ("INSERT", "UPDATE", "DELETE")


@dataclass
class Ledger:
    """What was sent to the database, step by step."""

    statements: list[str] = field(default_factory=list)
    steps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def close(self, step: str, *, commits: int) -> None:
        """Write down what *step* cost, and begin the next."""
        self.steps[step] = (len(self.statements), commits)
        self.statements.clear()


@dataclass
class Counting:
    """Counts on one engine. A pool of one connection, so that none is opened while we count."""

    wire: Wire
    ledger: Ledger = field(default_factory=Ledger)

    @property
    def engine(self) -> str:
        return "sqlite" if isinstance(self.wire.parts.store, SqliteEngine) else "postgresql"

    async def done(self, step: str) -> None:
        """Count the statements since the last step; a change outside a transaction commits itself."""
        await asyncio.sleep(0)  # asyncpg tells of a statement in the loop's next turn
        sent = self.ledger.statements
        commits, inside = 0, False
        for text in sent:
            word = text.partition(";")[0]
            inside = inside or word.startswith("BEGIN")
            alone = self.engine == "postgresql" and not inside and any(f"{change} " in text for change in _CHANGES)
            commits += alone or word == "COMMIT"
            inside = inside and word != "COMMIT"
        sent[:] = [text for text in sent if not text.startswith(("BEGIN", "COMMIT"))]
        self.ledger.close(step, commits=commits)


@contextmanager
def counting(wire: Wire) -> Iterator[Counting]:
    """Count what *wire*'s store is sent."""
    counter, store = Counting(wire), wire.parts.store
    if isinstance(store, SqliteEngine):
        store.connection.set_trace_callback(counter.ledger.statements.append)
        yield counter
        store.connection.set_trace_callback(None)
        return
    assert isinstance(store, PostgresqlEngine)
    holders = [holder for holder in store.pool.pool._holders if holder._con is not None]
    loggers = [(holder._con, _logger(counter.ledger)) for holder in holders]
    for connection, logger in loggers:
        connection.add_query_logger(logger)
    yield counter
    for connection, logger in loggers:
        connection.remove_query_logger(logger)


def _logger(ledger: Ledger) -> object:
    def log(record: asyncpg.connection.LoggedQuery) -> None:
        ledger.statements.append(record.query)

    return log


async def warmed(wire: Wire) -> Held:
    """Go through everything once: what is kept for a while is kept now, statements are compiled, entries reserved."""
    device = await wire.paired("Jonas Lindqvist")
    (entry,) = (await device.receive())["credentials"]
    cred = Held(entry["credential"], device.holder_key)
    request = await asked(wire)
    assert (await request.answer(cred.token(request))).status_code == 200
    await request.now()
    return cred


async def test_an_issuance_costs_no_more_than_this(either_wire_with_lists: Wire) -> None:
    """The way of a wallet of others: code by API, offer, token, nonce, credential."""
    wire = either_wire_with_lists
    await warmed(wire)
    person = await wire.person()
    device: Device = wire.device()
    with counting(wire) as counter:
        made = await wire.api("POST", "/pairing-codes", {"person_id": person.id, "tx_code": False})
        await counter.done("code")
        offer = await wire.offer(made.json())
        await counter.done("offer")
        device.dpop_nonce = await _dpop_nonce(wire, device)
        await counter.done("nonce")
        await device.redeem(pre_authorized_code(offer))
        await counter.done("token")
        nonce = await device.c_nonce()
        body = {"credential_configuration_id": "employee-badge", "proofs": {"jwt": [device.key_proof(nonce)]}}
        assert (await device.credential(body)).status_code == 200
        await counter.done("credential")
    assert counter.ledger.steps == ISSUANCE[counter.engine]


async def _repeat(wire: Wire, cred: Held) -> None:
    request = await asked(wire)
    assert (await wire.verifier.get(request.url)).status_code == 200
    assert (await request.answer(cred.token(request))).status_code == 200
    await request.now()


async def _dpop_nonce(wire: Wire, device: Device) -> str:
    got = await wire.issuer.post(f"{device.issuer}/nonce")
    return str(got.headers["dpop-nonce"])


async def test_a_presentation_costs_no_more_than_this(either_wire_with_lists: Wire) -> None:
    """Request by API, request object, response with the status list's 304, result by API."""
    wire = either_wire_with_lists
    cred = await warmed(wire)
    with counting(wire) as counter:
        made = await wire.api("POST", "/presentation-requests", {"template": "staff-rate"}, slug="harbour")
        assert made.status_code == 201
        await counter.done("request")
    with counting(wire) as counter_of_rest:
        request = await asked(wire)
        await counter_of_rest.done("asked")
        counter_of_rest.ledger.steps.clear()
        assert (await wire.verifier.get(request.url)).status_code == 200
        await counter_of_rest.done("object")
        assert (await request.answer(cred.token(request))).status_code == 200
        await counter_of_rest.done("response")
        await request.now()
        await counter_of_rest.done("result")
    steps = counter.ledger.steps | counter_of_rest.ledger.steps
    assert steps == PRESENTATION[counter.engine]


@pytest.mark.parametrize("size", [1, 8])
async def test_a_batch_costs_one_row_more_for_each_instance(either_wire_with_lists: Wire, size: int) -> None:
    """On PostgreSQL not even a statement more."""
    wire = either_wire_with_lists
    await warmed(wire)
    device = await wire.paired()
    with counting(wire) as counter:
        await device.receive(keys=[new_key() for _ in range(size)])
        await counter.done("credential")
    statements, commits = counter.ledger.steps["credential"]
    one = ISSUANCE[counter.engine]["credential"][0]
    assert statements == one + (size - 1 if counter.engine == "sqlite" else 0)
    assert commits == 1


async def test_a_presentation_request_is_changed_in_place(either_wire_with_lists: Wire) -> None:
    """A version of a row that moved to another page costs PostgreSQL an entry in each of six indexes."""
    wire = either_wire_with_lists
    if not isinstance(wire.parts.store, PostgresqlEngine):
        return
    cred = await warmed(wire)
    for _ in range(15):
        await _repeat(wire, cred)

    await wire.parts.store.pool.fetch("SELECT pg_stat_force_next_flush()")
    ((changed, in_place),) = await wire.parts.store.pool.fetch(_CHANGED)
    assert changed >= 30
    assert in_place == changed
