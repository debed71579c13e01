"""An installation whose server can be killed, and a person with a wallet who goes on after it was."""

import contextlib
import dataclasses
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import Table

from billfold.adapters.store import entitlements, people, tables
from billfold.adapters.store.records import Person
from billfold.apps.settings import Settings
from billfold.core.keys import PrivateKey
from billfold.holder import PeerRefusal, Wallet
from billfold.roles.issuer import superseding
from billfold.roles.issuer.news import LEASE
from tests.support.demo import BADGE, PERMIT
from tests.support.installation import RunningInstallation
from tests.support.invariants import rows_of
from tests.support.killed import ServerProcess, server_process
from tests.support.push_service import PushService

Json = dict[str, Any]


@dataclass
class World:
    """An installation whose server can be killed, and those who speak with it."""

    settings: Settings
    running: RunningInstallation
    push: PushService
    http: httpx.AsyncClient
    organisation_id: str
    has_worker: bool
    server: ServerProcess = field(init=False)
    starts: int = 0
    wallets: list[Wallet] = field(default_factory=list)
    _stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def start(self) -> None:
        """Start the server, after a kill on the same data."""
        self._stack.close()
        self.starts += 1
        ahead = self.starts * LEASE if self.has_worker else None
        self.server = self._stack.enter_context(server_process(self.settings, worker_ahead=ahead))

    async def stop(self) -> None:
        await self.close_wallets()
        self._stack.close()

    def new_wallet(self) -> Wallet:
        self.wallets.append(self.running.wallet())
        return self.wallets[-1]

    async def close_wallets(self) -> None:
        while self.wallets:
            await self.wallets.pop().close()

    async def call(self, method: str, path: str, body: Json | None = None, *, key: str | None = None) -> httpx.Response:
        """Call the API in the issuer's name, under an idempotency *key*."""
        headers = {} if key is None else {"Idempotency-Key": key}
        return await self.http.request(method, f"/api/v1{path}", json=body, headers=headers)

    async def done(self, method: str, path: str, body: Json, *, key: str | None = None) -> Json:
        """Return the answer of a call that must succeed."""
        got = await self.call(method, path, body, key=key)
        assert got.is_success, got.text
        return dict(got.json())

    async def new_person(self) -> str:
        parts = self.running.parts
        person = Person(parts.new_id(), "Zola Quist", {**BADGE, **PERMIT}, (), parts.now())
        await people.create(parts.store, self.organisation_id, person, act=parts.act("test"), asked_once=None)
        await self.entitle(person.id, "employee-badge")
        return person.id

    async def entitle(self, person_id: str, credential_type: str) -> None:
        parts = self.running.parts
        await entitlements.create(
            parts.store,
            self.organisation_id,
            entitlement_id=parts.new_id(),
            person_id=person_id,
            credential_type=credential_type,
            act=parts.act("test"),
            asked_once=None,
        )

    async def rows(self, table: Table, person_id: str) -> list[Json]:
        return [row for row in await rows_of(self.running.parts.store, table) if row["person_id"] == person_id]


@dataclass
class Holder:
    """A person with a wallet."""

    world: World
    person_id: str
    wallet: Wallet

    @classmethod
    async def new(cls, world: World) -> "Holder":
        return cls(world, await world.new_person(), world.new_wallet())

    async def pair(self, code: Json) -> None:
        await self.wallet.pair(await self.wallet.look_at(code["wallet_link"]), code["tx_code"])

    async def paired(self) -> "Holder":
        await self.pair(await self.world.done("POST", "/pairing-codes", {"person_id": self.person_id}))
        return self

    async def pair_after_all(self, code: Json) -> None:
        """Pair with the code, if that is not done; where the code is spent, staff make another."""
        if not self.wallet.issuers():
            try:
                await self.pair(code)
            except PeerRefusal:
                await self.paired()
        await self.sync()

    async def sync(self) -> None:
        (synced,) = await self.wallet.sync()
        assert (synced.outcome, synced.missing) == ("up_to_date", ()), synced

    async def assert_complete(self) -> None:
        """The wallet holds each Cred of its person once, valid at the issuer, and nothing else is."""
        store, now = self.world.running.parts.store, self.world.running.parts.now
        later = dataclasses.replace(self.world.running.parts, now=lambda: now() + superseding.GRACE)
        await superseding.expire(later)
        entitled = await entitlements.held_by(store, self.person_id)
        assert sorted(c.credential_type for c in entitled) == sorted(
            each.configuration_id for each in self.wallet._parts.vault.contents.creds
        )
        assert {cred.state for cred in self.wallet.creds()} == {"active"}
        (pairing,) = [p for p in await self.world.rows(tables.pairings, self.person_id) if p["state"] == "active"]
        live = [c for c in await self.world.rows(tables.credentials, self.person_id) if c["state"] == "active"]
        assert {c["pairing_id"] for c in live} == {pairing["id"]}
        assert {c["entitlement_id"]: c["revision"] for c in live} == {e.id: e.revision for e in entitled}
        kept = [instance for cred in self.wallet._parts.vault.contents.creds for instance in (cred, *cred.spares)]
        held = {_thumbprint(instance.key) for instance in kept}
        instances = await rows_of(store, tables.credential_instances)
        valid = {i["key_thumbprint"] for i in instances if i["credential_id"] in {c["id"] for c in live}}
        assert (len(live), valid) == (len(entitled), held)


def _thumbprint(jwk: dict[str, str] | None) -> str:
    assert jwk is not None
    return PrivateKey.from_jwk(jwk).public().thumbprint()
