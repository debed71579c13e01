"""The `billfold` command: its verbs, and how an error is told."""

import sys

import typer

from billfold import __version__
from billfold.apps.cli.verbs import Verbs
from billfold.errors import BillfoldError

app = typer.Typer(
    name="billfold",
    cls=Verbs,
    help="Issue, hold, share and verify digital credentials.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _version(value: bool) -> None:  # noqa: FBT001  # Typer calls it so
    if value:
        typer.echo(f"billfold {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Say the version."),  # noqa: FBT001, FBT003  # Typer's own form
) -> None:
    pass


def run() -> None:
    """Run the command; an error of ours is one clear sentence and exit status 1."""
    try:
        app()
    except BillfoldError as exc:
        typer.echo(f"billfold: {exc}.", err=True)
        sys.exit(1)
