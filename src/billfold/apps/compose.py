"""The only place where parts are put together: an installation out of its settings, and the servers in front of it."""

import asyncio
import contextlib
import functools
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import uvicorn
from litestar import Litestar

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.keystore.master_key import load_or_create
from billfold.adapters.letters.press import Press
from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store.schema import migrate, open_store
from billfold.apps.api.app import api_app, build_api
from billfold.apps.console.app import console_router
from billfold.apps.console.counter_app import build_counter, requester_host
from billfold.apps.console.live import Streams
from billfold.apps.console.visit import Desk
from billfold.apps.issuer.app import issuer_app
from billfold.apps.public_addresses import PORTS
from billfold.apps.settings import HOST, MailSettings, Settings, TlsFiles
from billfold.apps.verifier.app import verifier_app
from billfold.apps.wallet_host.app import wallet_host_app
from billfold.errors import ConfigurationError
from billfold.roles.parts import Parts
from billfold.roles.relay.relay import Relay


@dataclass(frozen=True, slots=True)
class Installation:
    """A running installation's settings and parts."""

    settings: Settings
    parts: Parts
    streams: Streams = field(default_factory=Streams)

    def apps(self) -> tuple[Any, ...]:
        """Return the ASGI apps in the order of their ports: wallet, protocol, console with API, requester."""
        return (
            wallet_host_app(self.parts, Relay(self.parts, self.settings.push_hosts)),
            issuer_app(self.parts),
            api_app(self.parts, console_pages(), desk=Desk.of(self.parts, "console", self.streams)),
            requester_host(self.parts, self.streams, verifier_app(self.parts), counter_pages()),
        )


@functools.cache
def console_pages() -> Litestar:
    """Return the API with the console's pages, built once a process: that takes its time, and they hold nothing."""
    return build_api(console_router())


counter_pages = functools.cache(build_counter)


@contextlib.asynccontextmanager
async def installation(settings: Settings, *, bring_up_to_date: bool) -> AsyncIterator[Installation]:
    """Open store, keys and client, and close them afterwards.

    Args:
        bring_up_to_date: migrate the database; else one of another version is refused.

    Raises:
        ConfigurationError: a setting leads nowhere.
    """
    if bring_up_to_date:
        await migrate(settings.database_url)
    store = await open_store(settings.database_url)
    roots = ssl.create_default_context(cafile=settings.tls.authority) if settings.tls else None
    client = GuardedClient(allow_loopback=settings.development, verify=roots)
    parts = Parts(
        store=store,
        master_key=load_or_create(settings.master_key_path),
        client=client,
        addresses=settings.addresses,
        now=lambda: datetime.now(UTC),
        random=os.urandom,
        allow_loopback_http=settings.development,
        mailer=_mailer(settings.mail) if settings.mail else None,
        press=Press(settings.fonts),
    )
    try:
        yield Installation(settings, parts)
    finally:
        await client.close()
        await store.close()


@contextlib.contextmanager
def claimed_ports(settings: Settings) -> Iterator[tuple[socket.socket, ...]]:
    """Take the ports of *settings*, so that nothing is written for addresses that cannot be served.

    Raises:
        ConfigurationError: a port is taken, or not for this account.
    """
    with contextlib.ExitStack() as stack:
        yield tuple(stack.enter_context(_claim(settings.port + number)) for number in range(PORTS))


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set from now on."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


class Servers:
    """One process's HTTP servers, one for each app, on ports claimed beforehand."""

    def __init__(self, running: Installation, sockets: Sequence[socket.socket]) -> None:
        self._servers = [_Server(_config(app, running.settings.tls)) for app in running.apps()]
        self._sockets, self._streams = sockets, running.streams
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all servers and return when each is listening."""
        for server, listening in zip(self._servers, self._sockets, strict=True):
            self._tasks.append(asyncio.create_task(server.serve(sockets=[listening])))
        while not all(server.started for server in self._servers):
            for task in self._tasks:
                if task.done():
                    await task
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Let requests under way finish, then stop all servers."""
        self._streams.stop()
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks)


class _Server(uvicorn.Server):
    """A server that leaves signals to `stop_signal`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:  # noqa: ANN401  # uvicorn's own signature
        yield


def _mailer(mail: MailSettings) -> Mailer:
    """Return what sends mail.

    Raises:
        ConfigurationError: the password or the authority cannot be read.
    """
    try:
        password = mail.password_path.read_text("utf-8").strip() if mail.password_path else None
        tls = ssl.create_default_context(cafile=mail.authority_path) if mail.authority_path else None
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError("expected readable files at mail.password_path and mail.authority_path") from exc
    return Mailer(mail.host, mail.port, mail.security, mail.sender, mail.username, password, tls)


def _claim(port: int) -> socket.socket:
    # The protocol is named, else asyncio leaves Nagle's algorithm on, and each answer waits 40 ms for the client's ACK.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen()
    except OSError as exc:
        listening.close()
        reason = os.strerror(exc.errno) if exc.errno else type(exc).__name__
        raise ConfigurationError(
            f"expected to listen on port {port}, got “{reason}”: end what uses it, or choose another port"
        ) from exc
    return listening


def _config(app: Any, tls: TlsFiles | None) -> uvicorn.Config:  # noqa: ANN401  # any ASGI app
    return uvicorn.Config(
        app,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
