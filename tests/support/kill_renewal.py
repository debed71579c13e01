"""Renewal, to be killed: a new version of a Cred type, and the worker's pages through all who should hold it."""

import asyncio
import uuid
from collections import Counter
from dataclasses import dataclass

from billfold.adapters.store import tables, type_tables
from billfold.roles.issuer.renewal import PAGE_SIZE
from tests.support.invariants import rows_of
from tests.support.kill_world import Holder, Json, World
from tests.support.phone import Phone, register_phone

TYPE = "/credential-types/employee-badge"
CROWD = 2 * PAGE_SIZE + 1
WAIT_S = 60


@dataclass
class Renewal:
    """Staff publish what a Cred type says from now on, and the worker renews it for everybody who should hold it."""

    holder: Holder
    phone: Phone
    season: str
    replaces: int
    before: dict[str, int]

    @classmethod
    async def begin(cls, world: World) -> "Renewal":
        while len(await _revisions(world)) < CROWD:
            await world.new_person()
        holder = await (await Holder.new(world)).paired()
        phone = await register_phone(world.running, world.push, holder.person_id)
        world.push.bodies.clear()
        return cls(holder, phone, uuid.uuid4().hex, (await _newest(world))["version"], await _revisions(world))

    async def act(self) -> None:
        """Publish, and wait until the worker has nothing left to do."""
        definition = (await _newest(self.holder.world))["definition"]
        season = {"claim": "season", "labels": {"en": "Season", "de": "Saison"}, "source": "fixed"}
        fields = [field for field in definition["fields"] if field["claim"] != "season"]
        definition = {**definition, "fields": [*fields, {**season, "fixed": self.season}]}
        body = {"replaces": self.replaces, "definition": definition}
        got = await self.holder.world.call("PUT", TYPE, body)
        assert got.status_code in (200, 409), got.text
        await self._settled()

    async def resume(self) -> None:
        """Publish again: where the first time took effect, this version is told to be stale."""
        await self.act()

    async def check(self) -> None:
        world = self.holder.world
        assert (await _newest(world))["version"] == self.replaces + 1
        raised = Counter(after - self.before[each] for each, after in (await _revisions(world)).items())
        assert raised == {1: len(self.before)}, "everybody's Cred is renewed, and once"
        assert {shown["issuer"] for shown in self.phone.opened(world.push)} == {"Northwind Robotics"}
        await self.holder.sync()
        await self.holder.assert_complete()
        (badge,) = self.holder.wallet.creds()
        assert self.season in [field.value for field in badge.fields]
        await self._leave()

    async def _leave(self) -> None:
        """End the pairing, so that the next run rings one phone again."""
        await self.holder.wallet.unpair(self.holder.wallet.issuers()[0].identifier)
        await self._settled()

    async def _settled(self) -> None:
        world = self.holder.world
        store = world.running.parts.store
        async with asyncio.timeout(WAIT_S):
            while await rows_of(store, type_tables.renewals) or await rows_of(store, tables.outbox):
                if world.server.has_fallen:
                    return
                await asyncio.sleep(0.02)


async def _newest(world: World) -> Json:
    return dict((await world.call("GET", TYPE)).json())


async def _revisions(world: World) -> dict[str, int]:
    """Return the revisions of all Creds of the type that somebody should hold."""
    rows = await rows_of(world.running.parts.store, tables.entitlements)
    return {row["id"]: row["revision"] for row in rows if row["credential_type"] == "employee-badge"}
