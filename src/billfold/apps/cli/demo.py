"""`billfold demo`: a whole installation on this computer, with people in it."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Annotated

import platformdirs
import typer
from rich.console import Console

from billfold.apps import logs
from billfold.apps.compose import Servers, installation
from billfold.apps.demo import folder, report
from billfold.apps.demo.seed import seed
from billfold.apps.settings import Settings


def demo(
    port: Annotated[
        int | None, typer.Option(min=1, max=65532, help="The wallet's port; the three that follow are used too.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="The folder that keeps the demo's data.")] = None,
    *,
    ephemeral: Annotated[bool, typer.Option(help="Use a fresh folder that is gone at the end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON first, for programs.")] = False,
    verbose: Annotated[bool, typer.Option(help="Log every request.")] = False,
) -> None:
    """Start issuer, requester and wallet on this computer, print where they are, and keep running."""
    if ephemeral and data is not None:
        raise typer.BadParameter("--ephemeral makes a folder of its own: leave --data out")
    logs.set_up(verbose=verbose, json=json)
    with contextlib.ExitStack() as stack:
        if ephemeral:
            home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="billfold-demo-")))
        else:
            home = data or Path(platformdirs.user_data_dir("billfold", appauthor=False)) / "demo"
        stack.enter_context(folder.locked(home))
        asyncio.run(_run(home, port, json))


async def _run(home: Path, port: int | None, json: bool) -> None:  # noqa: FBT001  # the command's own flag
    state = folder.read_state(home, port=port)
    async with installation(Settings.on_loopback(state.port, home), bring_up_to_date=True) as running:
        servers = Servers(running)
        await seed(running.parts)
        keys = await report.ensure_api_keys(running.parts, state.api_keys)
        folder.write_state(home, folder.DemoState(state.port, keys))
        await servers.start()
        description = await report.describe(running.parts, keys)
        if json:
            typer.echo(report.as_json(description))
        else:
            report.show(description, Console())
        try:
            await servers.wait()
        finally:
            await servers.stop()
