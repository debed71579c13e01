"""An installation with the demo's content, put together from real parts and spoken to endpoint by endpoint.

The clock stands still until a test moves it. The apps are called without sockets; where the verifier is to fetch
status lists through the guarded client, a real server carries the issuer's app too.
"""

import asyncio
import contextlib
import functools
import os
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from litestar.types import ASGIApp, Receive, Scope, Send
from sqlalchemy import Update, update

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.keystore.master_key import MasterKey
from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store import organisations, people, presentation_requests, records, schema, tables
from billfold.adapters.store.postgresql import PostgresqlEngine
from billfold.adapters.store.records import Organisation, Person, PresentationTemplate
from billfold.adapters.store.sqlite import SqliteEngine
from billfold.adapters.store.unit import Steps, Unit, text
from billfold.apps.api.app import api_app
from billfold.apps.compose import console_pages, counter_pages
from billfold.apps.console.counter_app import requester_host
from billfold.apps.console.live import Streams
from billfold.apps.console.visit import Desk
from billfold.apps.demo.seed import seed
from billfold.apps.issuer.app import issuer_app
from billfold.apps.settings import HOST, Settings
from billfold.apps.verifier.app import verifier_app
from billfold.apps.wallet_host.app import wallet_host_app
from billfold.roles.operator import api_key
from billfold.roles.parts import Parts
from billfold.roles.relay.relay import Relay
from tests.support import postgresql
from tests.support.device import Device
from tests.support.ports import free_block

START = datetime(2026, 6, 1, 12, 20, tzinfo=UTC)
MASTER_KEY = bytes(range(32))
PERSON = "Amara Okafor"
SENDER = "creds@billfold.test"
PORTS = 5  # the apps', and a mail server's


@dataclass
class Clock:
    """The installation's clock."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        """Let time pass; *by* is what `timedelta` takes."""
        self.now += timedelta(**by)


@dataclass
class Wire:
    """The installation, one HTTP client per app, and its parts for what no wire shows."""

    parts: Parts
    clock: Clock
    wallet_host: httpx.AsyncClient
    issuer: httpx.AsyncClient
    console: httpx.AsyncClient
    verifier: httpx.AsyncClient
    issuer_app: Any
    issuer_port: int
    api_keys: dict[str, str] = field(default_factory=dict)

    def identifier(self, slug: str = "northwind") -> str:
        """Return an organisation's credential issuer identifier."""
        return f"{self.parts.addresses.protocol}/o/{slug}"

    async def organisation(self, slug: str) -> Organisation:
        found = await organisations.by_slug(self.parts.store, slug)
        assert found is not None
        return found

    async def set_settings(self, slug: str, **changes: object) -> None:
        """Change an organisation's settings, and let what is kept of the old ones run out."""
        settings = msgspec.structs.replace((await self.organisation(slug)).settings, **changes)
        statement = update(tables.organisations).where(tables.organisations.c.slug == text("slug"))
        unit = Unit(lambda steps: _only(steps, statement.values(settings=text("settings"))))
        await self.parts.store.run(unit, slug=slug, settings=records.to_json(settings))
        self.clock.advance(seconds=10)

    async def person(self, name: str = PERSON, slug: str = "northwind") -> Person:
        organisation = await self.organisation(slug)
        return next(p for p in await people.page(self.parts.store, organisation.id) if p.name == name)

    async def api(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        slug: str = "northwind",
        scopes: tuple[str, ...] = api_key.SCOPES,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Call the API as an organisation; it has one key for each set of scopes."""
        name = f"{slug} {scopes}"
        if name not in self.api_keys:
            organisation = await self.organisation(slug)
            self.api_keys[name] = await api_key.create(self.parts, organisation.id, name="test", scopes=scopes)
        sent = {"authorization": f"Bearer {self.api_keys[name]}", **(headers or {})}
        return await self.console.request(method, f"/api/v1{path}", json=body, headers=sent)

    async def code(self, name: str = PERSON, *, slug: str = "northwind", **asked: object) -> dict[str, Any]:
        """Make a pairing code, without PIN unless asked, and return what the API says of it."""
        person = await self.person(name, slug)
        made = await self.api("POST", "/pairing-codes", {"person_id": person.id, "tx_code": False, **asked}, slug=slug)
        assert made.status_code == 201, made.text
        return dict(made.json())

    async def offer(self, code: dict[str, Any]) -> dict[str, Any]:
        """Fetch the offer of a pairing code as a wallet does."""
        got = await self.issuer.get(httpx.URL(code["offer"]).params["credential_offer_uri"])
        assert got.status_code == 200, got.text
        return dict(got.json())

    async def template(self, slug: str, **changes: object) -> None:
        """Give the sports club another template: the one it has, with changes."""
        harbour = await self.organisation("harbour")
        (known, *_) = await presentation_requests.templates_of(self.parts.store, harbour.id)
        definition = msgspec.structs.replace(known.definition, **changes)
        made = PresentationTemplate(self.parts.new_id(), slug, definition)
        act = self.parts.act("test")
        await presentation_requests.create_template(self.parts.store, harbour.id, made, act=act, asked_once=None)
        self.clock.advance(seconds=10)

    async def set_attributes(self, name: str = PERSON, **attributes: str) -> None:
        """Give a person more attributes."""
        person = await self.person(name)
        changed = await self.api("PATCH", f"/people/{person.id}", {"attributes": attributes})
        assert changed.status_code == 200, changed.text

    @property
    def mail_port(self) -> int:
        """Where mail goes; nothing listens there unless a test starts a mail server."""
        assert self.parts.mailer is not None
        return self.parts.mailer.port

    def device(self, slug: str = "northwind") -> Device:
        """Return a new device with a key of its own."""
        return Device(self.issuer, self.identifier(slug), self.clock)

    async def paired(
        self, name: str = PERSON, *, slug: str = "northwind", used: bool = True, client_id: str | None = None
    ) -> Device:
        """Return a device with tokens; its pairing counts when it was *used*."""
        device = self.device(slug)
        code = pre_authorized_code(await self.offer(await self.code(name, slug=slug)))
        await device.redeem(code, client_id=client_id)
        if used:
            assert (await device.pairing("GET")).status_code == 200
        return device

    async def snapshot(self) -> dict[str, list[tuple[Any, ...]]]:
        """Return all that is stored, to be compared with what is stored later."""
        return {name: await self._rows(name) for name in tables.metadata.tables}

    async def _rows(self, table: str) -> list[tuple[Any, ...]]:
        statement, store = f"SELECT * FROM {table} ORDER BY 1", self.parts.store  # noqa: S608  # our own tables
        if isinstance(store, SqliteEngine):
            return store.connection.execute(statement).fetchall()
        assert isinstance(store, PostgresqlEngine)
        return [tuple(row) for row in await store.pool.fetch(statement)]


def _only(steps: Steps, statement: Update) -> None:
    steps.do("only", statement)


def pre_authorized_code(offer: dict[str, Any]) -> str:
    """Return the code of an offer."""
    grant = offer["grants"]["urn:ietf:params:oauth:grant-type:pre-authorized_code"]
    return str(grant["pre-authorized_code"])


@dataclass(frozen=True)
class Seeded:
    """A SQLite database with the demo's content, to be copied for each test, and the ports that its addresses name."""

    database: Path
    port: int


def parts_of(store: SqliteEngine | PostgresqlEngine, settings: Settings, clock: Clock) -> Parts:
    """Return real parts around *store*, with a clock that a test moves; mail goes to the port after the apps'."""
    return Parts(
        store=store,
        master_key=MasterKey(MASTER_KEY),
        client=GuardedClient(allow_loopback=True, verify=_system_roots()),
        addresses=settings.addresses,
        now=clock,
        random=os.urandom,
        allow_loopback_http=True,
        mailer=Mailer(HOST, settings.port + PORTS - 1, "none", SENDER),
    )


async def _open(url: str) -> SqliteEngine | PostgresqlEngine:
    store = await schema.open_store(url)
    assert isinstance(store, SqliteEngine | PostgresqlEngine)
    return store


async def _seed(url: str, settings: Settings) -> None:
    await schema.migrate(url)
    parts = parts_of(await _open(url), settings, Clock())
    await seed(parts)
    await parts.client.close()
    await parts.store.close()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seeded:
    """The demo's content in SQLite, made once."""
    folder = tmp_path_factory.mktemp("seeded")
    settings = Settings.on_loopback(free_block(PORTS), folder)
    asyncio.run(_seed(settings.database_url, settings))
    return Seeded(folder / "billfold.db", settings.port)


_system_roots = functools.cache(ssl.create_default_context)


@dataclass
class _WhenAsked:
    """An app that is put together at its first request: most tests speak with one or two."""

    build: Callable[[], ASGIApp]

    @functools.cached_property
    def app(self) -> ASGIApp:
        return self.build()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@contextlib.asynccontextmanager
async def wired(url: str, settings: Settings) -> AsyncIterator[Wire]:
    """Open the installation over the database at *url*, which is seeded."""
    clock = Clock()
    parts = parts_of(await _open(url), settings, clock)
    issuing, streams = issuer_app(parts), Streams()
    apps: tuple[Any, ...] = (
        _WhenAsked(lambda: wallet_host_app(parts, Relay(parts, settings.push_hosts))),
        issuing,
        _WhenAsked(lambda: api_app(parts, console_pages(), desk=Desk.of(parts, "console", streams))),
        _WhenAsked(lambda: requester_host(parts, streams, verifier_app(parts), counter_pages())),
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(parts.store.close)
        stack.push_async_callback(parts.client.close)
        addresses = parts.addresses
        bases = (addresses.wallet, addresses.protocol, addresses.console, addresses.requester)
        clients = [
            await stack.enter_async_context(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base))
            for app, base in zip(apps, bases, strict=True)
        ]
        yield Wire(parts, clock, *clients, issuer_app=issuing, issuer_port=settings.port + 1)


class _Server(uvicorn.Server):
    """A server that leaves the process's signals alone."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def served(app: Any, port: int) -> AsyncIterator[None]:  # noqa: ANN401  # any ASGI app
    """Serve *app* on *port* of loopback, over real HTTP."""
    server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False))
    with socket.create_server((HOST, port)) as listening:
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110  # uvicorn sets no event
            await asyncio.sleep(0.002)
        try:
            yield
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def wire_with_lists(wire: Wire) -> AsyncIterator[Wire]:
    """The installation on SQLite, its status lists within reach of its verifier."""
    async with served(wire.issuer_app, wire.issuer_port):
        yield wire


@pytest.fixture
async def either_wire_with_lists(either_wire: Wire) -> AsyncIterator[Wire]:
    """The same on both stores."""
    async with served(either_wire.issuer_app, either_wire.issuer_port):
        yield either_wire


@contextlib.contextmanager
def copied(seeded: Seeded, folder: Path) -> Iterator[tuple[str, Settings]]:
    """Copy the seeded database into *folder* and give its URL and settings."""
    shutil.copy(seeded.database, folder / "billfold.db")
    settings = Settings.on_loopback(seeded.port, folder)
    yield settings.database_url, settings


@pytest.fixture
async def wire(seeded: Seeded, tmp_path: Path) -> AsyncIterator[Wire]:
    """The installation on SQLite."""
    with copied(seeded, tmp_path) as (url, settings):
        async with wired(url, settings) as made:
            yield made


@pytest.fixture(scope="session")
def seeded_postgresql(
    postgresql_cluster: postgresql.Cluster, seeded: Seeded, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The demo's content in PostgreSQL, made once: the address of a database to copy."""
    with postgresql_cluster.database() as url:
        asyncio.run(_seed(url, Settings.on_loopback(seeded.port, tmp_path_factory.mktemp("seeded-postgresql"))))
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, seeded: Seeded, tmp_path: Path) -> Iterator[tuple[str, Settings]]:
    """The seeded content in SQLite, then in PostgreSQL: a copy's URL, and settings."""
    if request.param == "sqlite":
        with copied(seeded, tmp_path) as copy:
            yield copy
        return
    cluster, like = (request.getfixturevalue(name) for name in ("postgresql_cluster", "seeded_postgresql"))
    with cluster.database(like=like) as url:
        yield url, Settings.on_loopback(seeded.port, tmp_path)


@pytest.fixture
async def either_wire(either_database: tuple[str, Settings]) -> AsyncIterator[Wire]:
    """The installation on SQLite, then on PostgreSQL: for what the store decides."""
    async with wired(*either_database) as made:
        yield made
