"""`billfold demo`: a whole installation on this computer, with people in it."""

import contextlib
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import platformdirs
import typer
from rich.console import Console

from billfold.apps import logs, loop
from billfold.apps.compose import Servers, claimed_ports, installation, stop_signal
from billfold.apps.demo import folder, report
from billfold.apps.demo.seed import seed
from billfold.apps.demo.tls import ensure as ensure_tls
from billfold.apps.public_addresses import hosts_or_ports
from billfold.apps.settings import Settings
from billfold.apps.worker.worker import working


def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65532, help="The wallet's port; the three that follow are used too.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The folder that keeps the demo's data.")] = None,
    database: Annotated[
        str | None,
        typer.Option(envvar="BILLFOLD_DATABASE_URL", help="postgresql://…; else SQLite in the data folder."),
    ] = None,
    *,
    ephemeral: Annotated[bool, typer.Option(help="Use a fresh folder that is gone at the end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON first, for programs.")] = False,
    tls: Annotated[bool, typer.Option("--tls", help="Speak https, under an authority made for this folder.")] = False,
    public: Annotated[
        str | None,
        typer.Option(
            help="https://DOMAIN, or https://HOST:PORT, of a TLS server that passes on to here: a host below the "
            "domain for each part, or that port and the next three."
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Start issuer, requester and wallet on this computer, print where they are, and keep running."""
    if ephemeral and data is not None:
        raise typer.BadParameter("--ephemeral makes a folder of its own: leave --data out")
    if tls and public is not None:
        raise typer.BadParameter("--public means that another server speaks https: leave --tls out")
    logs.set_up(verbose=verbose, json=json)
    with contextlib.ExitStack() as stack:
        if ephemeral:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="billfold-demo-")))
        else:
            home = data or Path(platformdirs.user_data_dir("billfold", appauthor=False)) / "demo"
        stack.enter_context(folder.locked(home))
        state = folder.read_state(home, port=port, tls=tls, public=public)
        settings = Settings.on_loopback(
            state.port,
            home,
            database_url=database,
            tls=ensure_tls(home, lambda: datetime.now(UTC)) if state.tls else None,
            public=hosts_or_ports(state.public) if state.public else None,
        )
        loop.run(_run(home, state, settings, json=json, ephemeral=ephemeral))


async def _run(home: Path, state: folder.DemoState, settings: Settings, *, json: bool, ephemeral: bool) -> None:
    stop = stop_signal()
    with claimed_ports(settings) as sockets:
        folder.write_state(home, state)
        async with installation(settings, bring_up_to_date=True) as running:
            await seed(running.parts)
            await report.ensure_staff(running.parts)
            keys = await report.ensure_api_keys(running.parts, state.api_keys)
            folder.write_state(home, msgspec.structs.replace(state, api_keys=keys))
            description = await report.describe(running.parts, keys)
            if settings.tls:
                description["tls_authority"] = str(settings.tls.authority)
            if state.public:
                description["forward"] = report.forwarding(settings.addresses, state.port)
            servers = Servers(running, sockets)
            await servers.start()
            try:
                _show(description, json=json, ephemeral=ephemeral)
                async with working(running.parts):
                    await stop.wait()
            finally:
                await servers.stop()


def _show(description: dict[str, Any], *, json: bool, ephemeral: bool) -> None:
    if json:
        typer.echo(report.as_json(description))
    else:
        report.show(description, Console(), command=_command(), ephemeral=ephemeral)


def _command() -> str:
    """Return how this program was called: by its name where that finds it, else by its path."""
    found = shutil.which("billfold")
    called = Path(sys.argv[0])
    return "billfold" if found is not None and Path(found).resolve() == called.resolve() else str(called)
