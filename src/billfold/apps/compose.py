"""The only place where parts are put together: an installation out of its settings, and the servers in front of it."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import uvicorn

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.keystore.master_key import load_or_create
from billfold.adapters.store.schema import migrate, open_store
from billfold.apps.api.app import api_app
from billfold.apps.console.app import console_router
from billfold.apps.issuer.app import issuer_app
from billfold.apps.settings import HOST, Settings
from billfold.apps.verifier.app import verifier_app
from billfold.apps.wallet_host.app import wallet_host_app
from billfold.errors import ConfigurationError
from billfold.roles.parts import Parts


@dataclass(frozen=True, slots=True)
class Installation:
    """A running installation's settings and parts."""

    settings: Settings
    parts: Parts

    def apps(self) -> tuple[Any, ...]:
        """Return the ASGI apps in the order of their ports: wallet, protocol, console with API, requester."""
        return (
            wallet_host_app(self.parts),
            issuer_app(self.parts),
            api_app(self.parts, console_router(self.parts)),
            verifier_app(self.parts),
        )


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
    client = GuardedClient(allow_loopback=settings.development)
    parts = Parts(
        store=store,
        master_key=load_or_create(settings.master_key_path),
        client=client,
        addresses=settings.addresses,
        now=lambda: datetime.now(UTC),
        random=os.urandom,
        allow_loopback_http=settings.development,
    )
    try:
        yield Installation(settings, parts)
    finally:
        await client.close()
        await store.close()


class Servers:
    """One process's HTTP servers, one for each app."""

    def __init__(self, running: Installation) -> None:
        ports = range(running.settings.port, running.settings.port + 4)
        self._servers = [_Server(_config(app, port)) for app, port in zip(running.apps(), ports, strict=True)]
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start all servers and return when each is listening.

        Raises:
            ConfigurationError: a port is taken.
        """
        for server in self._servers:
            server.bind()
        for server in self._servers:
            self._tasks.append(asyncio.create_task(server.serve(sockets=[server.socket])))
        while not all(server.started for server in self._servers):
            for task in self._tasks:
                if task.done():
                    await task
            await asyncio.sleep(0.01)

    async def wait(self) -> None:
        """Serve until SIGTERM or SIGINT, then let requests under way finish."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        await stop.wait()

    async def stop(self) -> None:
        """Stop all servers."""
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._tasks)
        for server in self._servers:
            server.release()


class _Server(uvicorn.Server):
    """A server that leaves signals to `Servers.wait`, and binds its port before any server starts."""

    socket: Any = None

    def bind(self) -> None:
        try:
            self.socket = self.config.bind_socket()
        except SystemExit as exc:
            port = self.config.port
            raise ConfigurationError(f"expected port {port} to be free: end what uses it, or choose another") from exc

    def release(self) -> None:
        if self.socket is not None:
            self.socket.close()

    @contextlib.contextmanager
    def capture_signals(self) -> Any:  # noqa: ANN401  # uvicorn's own signature
        yield


def _config(app: Any, port: int) -> uvicorn.Config:  # noqa: ANN401  # any ASGI app
    return uvicorn.Config(
        app,
        host=HOST,
        port=port,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
