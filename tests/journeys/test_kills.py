"""Killed between any two writes: after a restart nothing is lost, and whoever asks again gets what was due.

On either store, each flow is begun again and again, each time by a new person. The server ends itself by SIGKILL at
the first moment of the flow's writes, then at the second, until the flow runs to its end. After each kill the server
starts on the same data, staff and wallet do what people do (ask again), and the whole store is checked.
"""

import asyncio
import contextlib
import dataclasses
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from billfold.adapters.store import tables
from billfold.apps.compose import installation
from billfold.apps.demo.seed import seed
from billfold.apps.settings import Settings
from billfold.errors import BillfoldError
from billfold.holder import load_trust
from billfold.roles.operator import api_key
from tests.support.demo import BADGE, PERMIT
from tests.support.installation import PORTS, RunningInstallation
from tests.support.invariants import assert_sound, rows_of
from tests.support.kill_renewal import Renewal
from tests.support.kill_world import Holder, Json, World
from tests.support.killed import server_process
from tests.support.phone import Phone, register_phone
from tests.support.ports import free_block
from tests.support.push_service import running_push_service

WAIT_S = 20
# A flow has at least so many moments, on the store with fewer of them.
FEWEST_KILLS = {"pairing": 12, "refresh": 6, "issuance": 6, "replacement": 12, "withdrawal": 6, "push": 6}
FEWEST_KILLS["renewal"] = 12


class Case(Protocol):
    """One run of a flow."""

    async def act(self) -> None:
        """Do it, as if nothing could happen."""

    async def resume(self) -> None:
        """Do what people do who do not know whether it was done."""

    async def check(self) -> None:
        """Check that all of it is done now."""


@dataclass
class Pairing:
    """Staff make a code; the wallet spends it, receives, accepts and says what it is."""

    holder: Holder
    key: str

    @classmethod
    async def begin(cls, world: World) -> "Pairing":
        return cls(await Holder.new(world), uuid.uuid4().hex)

    async def code(self) -> Json:
        body = {"person_id": self.holder.person_id}
        return await self.holder.world.done("POST", "/pairing-codes", body, key=self.key)

    async def act(self) -> None:
        await self.holder.pair(await self.code())

    async def resume(self) -> None:
        await self.holder.pair_after_all(await self.code())

    async def check(self) -> None:
        await self.holder.assert_complete()


@dataclass
class Refresh:
    """A field changed, and the wallet comes with its refresh token to have the Cred renewed."""

    holder: Holder
    pairing_id: str

    @classmethod
    async def begin(cls, world: World) -> "Refresh":
        holder = await (await Holder.new(world)).paired()
        attributes = {**BADGE, **PERMIT, "team": "Day shift"}
        await world.done("PATCH", f"/people/{holder.person_id}", {"attributes": attributes})
        (pairing,) = await world.rows(tables.pairings, holder.person_id)
        return cls(holder, pairing["id"])

    async def act(self) -> None:
        await self.holder.wallet.sync()

    async def resume(self) -> None:
        await self.holder.sync()

    async def check(self) -> None:
        await self.holder.assert_complete()
        (pairing,) = await self.holder.world.rows(tables.pairings, self.holder.person_id)
        assert (pairing["id"], pairing["state"]) == (self.pairing_id, "active")
        (badge,) = self.holder.wallet.creds()
        assert "Day shift" in [field.value for field in badge.fields]


class Issuance(Refresh):
    """The person is entitled to one more Cred, and the wallet fetches it."""

    @classmethod
    async def begin(cls, world: World) -> "Issuance":
        holder = await (await Holder.new(world)).paired()
        await world.entitle(holder.person_id, "parking-permit")
        (pairing,) = await world.rows(tables.pairings, holder.person_id)
        return cls(holder, pairing["id"])

    async def check(self) -> None:
        await self.holder.assert_complete()
        (pairing,) = await self.holder.world.rows(tables.pairings, self.holder.person_id)
        assert (pairing["id"], pairing["state"]) == (self.pairing_id, "active")


@dataclass
class Replacement:
    """The device was lost: one action ends it, and the new one pairs and receives everything again."""

    old: Holder
    new: Holder
    key: str

    @classmethod
    async def begin(cls, world: World) -> "Replacement":
        old = await (await Holder.new(world)).paired()
        return cls(old, Holder(world, old.person_id, world.new_wallet()), uuid.uuid4().hex)

    async def code(self) -> Json:
        path, body = f"/people/{self.old.person_id}/replace-device", {"reason": "lost", "checked_how": "passport"}
        return await self.old.world.done("POST", path, body, key=self.key)

    async def act(self) -> None:
        await self.new.pair(await self.code())

    async def resume(self) -> None:
        await self.new.pair_after_all(await self.code())

    async def check(self) -> None:
        await self.new.assert_complete()
        (told,) = await self.old.wallet.sync()
        assert (told.outcome, self.old.wallet.creds()) == ("ended", ())
        entries = await self.old.world.rows(tables.audit_entries, self.old.person_id)
        assert [e["action"] for e in entries].count("device.replaced") == 1


@dataclass
class Withdrawal:
    """A Cred is suspended, resumed and revoked."""

    holder: Holder
    credential_id: str

    @classmethod
    async def begin(cls, world: World) -> "Withdrawal":
        holder = await (await Holder.new(world)).paired()
        (credential,) = await world.rows(tables.credentials, holder.person_id)
        return cls(holder, credential["id"])

    async def act(self) -> None:
        for verb in ("suspend", "resume", "revoke"):
            await self._move(verb)

    async def resume(self) -> None:
        """Go on with the first move that left no trace."""
        entries = await self.holder.world.rows(tables.audit_entries, self.holder.person_id)
        seen = {entry["action"] for entry in entries}
        verbs = {"entitlement.suspended": "suspend", "entitlement.resumed": "resume", "entitlement.ended": "revoke"}
        for action, verb in verbs.items():
            if action not in seen:
                await self._move(verb)

    async def check(self) -> None:
        await self.holder.sync()
        assert [cred.state for cred in self.holder.wallet.creds()] == ["revoked"]
        entries = await self.holder.world.rows(tables.audit_entries, self.holder.person_id)
        entries.sort(key=lambda entry: entry["at"])
        moves = [e["action"] for e in entries if e["action"].startswith("entitlement.")]
        assert moves == ["entitlement.created", "entitlement.suspended", "entitlement.resumed", "entitlement.ended"]

    async def _move(self, verb: str) -> None:
        await self.holder.world.done("POST", f"/credentials/{self.credential_id}/{verb}", {"reason": "a test"})


@dataclass
class Push:
    """A Cred is suspended: the outbox, the worker and the relay bring the news to the phone."""

    holder: Holder
    phone: Phone
    credential_id: str

    @classmethod
    async def begin(cls, world: World) -> "Push":
        holder = await (await Holder.new(world)).paired()
        world.push.bodies.clear()
        (credential,) = await world.rows(tables.credentials, holder.person_id)
        return cls(holder, await register_phone(world.running, world.push, holder.person_id), credential["id"])

    async def act(self) -> None:
        path = f"/credentials/{self.credential_id}/suspend"
        got = await self.holder.world.call("POST", path, {"reason": "a test"})
        assert got.status_code in (200, 409), got.text
        await self._delivered()

    async def resume(self) -> None:
        await self.act()

    async def check(self) -> None:
        shown = self.phone.opened(self.holder.world.push)
        assert shown
        assert all(each == {"issuer": "Northwind Robotics"} for each in shown)
        (credential,) = await self.holder.world.rows(tables.credentials, self.holder.person_id)
        assert credential["state"] == "suspended"

    async def _delivered(self) -> None:
        store, world = self.holder.world.running.parts.store, self.holder.world
        async with asyncio.timeout(WAIT_S):
            while await rows_of(store, tables.outbox):
                if world.server.has_fallen:
                    return
                await asyncio.sleep(0.02)


FLOWS = {"pairing": Pairing, "refresh": Refresh, "issuance": Issuance, "replacement": Replacement}
FLOWS |= {"withdrawal": Withdrawal, "push": Push, "renewal": Renewal}


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """PostgreSQL's address, or nothing for SQLite."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
async def world(tmp_path: Path, database_url: str | None, flow: str) -> AsyncIterator[World]:
    settings = Settings.on_loopback(free_block(PORTS), tmp_path, database_url=database_url)
    settings = dataclasses.replace(settings, push_hosts=("localhost",))
    async with contextlib.AsyncExitStack() as stack:
        made = await stack.enter_async_context(installation(settings, bring_up_to_date=True))
        await seed(made.parts)
        push = await stack.enter_async_context(running_push_service())
        with server_process(settings, worker_ahead=None):
            trust = await load_trust(settings.addresses.wallet, development=True)
        running = RunningInstallation(made.parts, trust)
        organisation = await running.organisation("northwind")
        key = await api_key.create(made.parts, organisation.id, name="test")
        headers = {"Authorization": f"Bearer {key}"}
        client = httpx.AsyncClient(base_url=settings.addresses.console, headers=headers, trust_env=False)
        http = await stack.enter_async_context(client)
        world = World(settings, running, push, http, organisation.id, has_worker=flow in ("push", "renewal"))
        world.start()
        stack.push_async_callback(world.stop)
        yield world


@pytest.mark.parametrize("flow", FLOWS)
async def test_nothing_is_lost_when_killed_between_any_two_writes(
    world: World, flow: str, record_property: Callable[[str, object], None]
) -> None:
    kills = 0
    while True:
        case: Case = await FLOWS[flow].begin(world)
        world.server.arm(kills + 1)
        with contextlib.suppress(httpx.TransportError, BillfoldError):
            await case.act()
        fallen = world.server.has_fallen
        world.start()
        await assert_sound(world.running.parts.store)
        if fallen:
            kills += 1
            await case.resume()
        await case.check()
        await assert_sound(world.running.parts.store)
        await world.close_wallets()
        if not fallen:
            break
    record_property("kills", kills)
    assert kills >= FEWEST_KILLS[flow], "no write of the flow goes without a kill before and after it"
