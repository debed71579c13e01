"""`billfold init`, `serve`, `worker`, `migrate` and `organisation add`: running an installation for the world."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from billfold.adapters.store.engine import Conflict
from billfold.adapters.store.records import OrganisationSettings, Support
from billfold.adapters.store.schema import migrate as migrate_database
from billfold.apps import logs, loop, settings_file
from billfold.apps.compose import Servers, claimed_ports, installation, stop_signal
from billfold.apps.settings import Settings
from billfold.apps.worker.worker import working
from billfold.errors import ConfigurationError
from billfold.roles.operator import api_key
from billfold.roles.organisation import ISSUER, REQUESTER, add_organisation, identifier_of

SettingsPath = Annotated[
    Path, typer.Option("--settings", envvar="BILLFOLD_SETTINGS", help="The settings file that `init` made.")
]
HERE = Path(settings_file.NAME)
_ROLES = (ISSUER, REQUESTER)

organisation = typer.Typer(help="Organisations of this installation.", no_args_is_help=True, add_completion=False)


@organisation.callback()
def _organisation() -> None:
    pass


def init(
    public: Annotated[str, typer.Option(help="https:// and your domain; each part gets a host below it.")],
    folder: Annotated[Path, typer.Option(help="Where settings, master key and database go.")] = Path(),
    port: Annotated[int, typer.Option(min=1, max=65532, help="The first of four ports on 127.0.0.1.")] = 8600,
    database: Annotated[str | None, typer.Option(help="postgresql://…; else SQLite in the folder.")] = None,
) -> None:
    """Write the settings of a new installation."""
    path = settings_file.write(folder, public, port=port, database_url=database)
    settings = settings_file.read(path)
    typer.echo(f"Wrote {path}. Look it over now, and change the hosts if you want others:\n")
    for url in (settings.addresses.wallet, settings.addresses.protocol):
        typer.echo(f"  {url}")
    for url in (settings.addresses.console, settings.addresses.requester):
        typer.echo(f"  {url}")
    typer.echo(
        "\nThese addresses are for ever. They stand in every Cred and certificate that you will issue, and people's "
        "wallets belong to the wallet's host: change them later, and every wallet is empty and every Cred worthless."
        "\n\nNext: `billfold migrate`, `billfold organisation add`, and `billfold serve`."
    )


def migrate(settings: SettingsPath = HERE) -> None:
    """Bring the database to this version."""
    asyncio.run(migrate_database(settings_file.read(settings).database_url))
    typer.echo("The database is of this version now.")


def serve(
    settings: SettingsPath = HERE, *, verbose: Annotated[bool, typer.Option(help="Log every request.")] = False
) -> None:
    """Serve wallet, protocol, console and requester on four ports of 127.0.0.1."""
    logs.set_up(verbose=verbose, json=True)
    loop.run(_serve(settings_file.read(settings)))


def worker(settings: SettingsPath = HERE) -> None:
    """Deliver news. Run at least one; more share the work on PostgreSQL."""
    logs.set_up(verbose=False, json=True)
    loop.run(_work(settings_file.read(settings)))


@organisation.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="Lower-case letters, digits and hyphens; stands in its addresses.")],
    name: Annotated[str, typer.Argument(help="As people know it; stands in its certificates.")],
    role: Annotated[list[str] | None, typer.Option(help="issuer, requester, or both (give it twice).")] = None,
    support_email: Annotated[str | None, typer.Option(help="Where people find help.")] = None,
    settings: SettingsPath = HERE,
) -> None:
    """Add an organisation, with a root certificate of its own, and print its API key."""
    roles = tuple(role or [ISSUER])
    if not set(roles) <= set(_ROLES):
        raise typer.BadParameter(f"expected {' or '.join(_ROLES)}", param_hint="--role")
    asyncio.run(_add(settings_file.read(settings), slug, name, OrganisationSettings(roles, Support(support_email))))


async def _serve(settings: Settings) -> None:
    stop = stop_signal()
    with claimed_ports(settings) as sockets:
        async with installation(settings, bring_up_to_date=False) as running:
            servers = Servers(running, sockets)
            await servers.start()
            typer.echo(f"Serving on 127.0.0.1, ports {settings.port} to {settings.port + 3}.", err=True)
            await stop.wait()
            await servers.stop()


async def _work(settings: Settings) -> None:
    stop = stop_signal()
    async with installation(settings, bring_up_to_date=False) as running, working(running.parts):
        await stop.wait()


async def _add(settings: Settings, slug: str, name: str, made: OrganisationSettings) -> None:
    async with installation(settings, bring_up_to_date=False) as running:
        try:
            organisation = await add_organisation(running.parts, slug=slug, name=name, settings=made)
        except Conflict as exc:
            raise ConfigurationError(f"expected a slug that no organisation has, got {slug}") from exc
        secret = await api_key.create(running.parts, organisation.id, name="first")
        if ISSUER in made.roles:
            typer.echo(f"Issuer   {identifier_of(running.parts, slug)}")
        typer.echo(f"API key  {secret}\n\nThe key is shown this once. Keep it as you keep a password.")
