"""Verbs by name: the module of each is loaded when it is called, since a wallet needs nothing of a server's."""

import importlib
from collections.abc import Mapping
from typing import Any, ClassVar, Final

import typer
from typer.core import TyperGroup

_PACKAGE: Final = "billfold.apps.cli"
_PLACES: Final[Mapping[str, str]] = {
    "demo": "demo:demo",
    "init": "run:init",
    "migrate": "run:migrate",
    "serve": "run:serve",
    "worker": "run:worker",
    "organisation": "run:organisation",
    "staff": "staff:app",
    "wallet": "wallet:app",
}


class Verbs(TyperGroup):
    """A group whose verbs are named in a table: a function or a group of a module of this package."""

    places: ClassVar[Mapping[str, str]] = _PLACES

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401, ARG002  # Typer keeps its context's type to itself
        """Return the verbs in the order in which they are told."""
        return list(self.places)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401, ARG002  # as above
        """Load a verb, or return None where there is none of that name."""
        place = self.places.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = getattr(importlib.import_module(f"{_PACKAGE}.{module}"), name)
        command = typer.main.get_command(found if isinstance(found, typer.Typer) else _single(cmd_name, found))
        command.name = cmd_name
        return command


def _single(name: str, function: Any) -> typer.Typer:  # noqa: ANN401  # any function with a verb's annotations
    alone = typer.Typer(add_completion=False)
    alone.command(name)(function)
    return alone
