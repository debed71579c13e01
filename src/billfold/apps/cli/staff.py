"""`billfold staff add`: who may sign in to an organisation's console and counter."""

import asyncio
from typing import Annotated

import typer

from billfold.adapters.store import organisations
from billfold.apps import settings_file
from billfold.apps.cli.run import HERE, SettingsPath
from billfold.apps.compose import installation
from billfold.apps.settings import Settings
from billfold.errors import ConfigurationError
from billfold.roles.operator import staff
from billfold.roles.operator.permission import OWNER, SUPPORT

app = typer.Typer(help="Staff of an organisation.", no_args_is_help=True, add_completion=False)


@app.callback()
def _staff() -> None:
    pass


@app.command("add")
def add(
    slug: Annotated[str, typer.Argument(help="The organisation's.")],
    email: Annotated[str, typer.Argument(help="By which they sign in.")],
    name: Annotated[str, typer.Argument(help="As the audit shows them.")],
    *,
    password: Annotated[
        str, typer.Option(prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for, unless given.")
    ],
    role: Annotated[str, typer.Option(help=f"{OWNER} or {SUPPORT}.")] = SUPPORT,
    settings: SettingsPath = HERE,
) -> None:
    """Add somebody to an organisation's staff."""
    asyncio.run(_add(settings_file.read(settings), slug, email=email, name=name, role=role, password=password))


async def _add(settings: Settings, slug: str, *, email: str, name: str, role: str, password: str) -> None:
    async with installation(settings, bring_up_to_date=False) as running:
        parts = running.parts
        organisation = await organisations.by_slug(parts.store, slug)
        if organisation is None:
            raise ConfigurationError(f"expected the slug of an organisation, got {slug}")
        given = {"email": email, "name": name, "role": role, "password": password}
        try:
            await staff.add(parts, organisation.id, **given, act=parts.act("system"))
        except staff.KnownStaff as exc:
            raise ConfigurationError(f"expected an e-mail that nobody at {slug} has, got {email}") from exc
        typer.echo(f"{name} signs in at {parts.addresses.console}/o/{slug}")
