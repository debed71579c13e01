"""`billfold wallet`."""

import typer

app = typer.Typer(help="The headless wallet.")
