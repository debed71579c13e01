"""The `billfold` command: what it can do, how it says its version, and what a wrong use comes to."""

import re
import subprocess
import sys

import pytest

from tests.support import program
from tests.support.demo import BILLFOLD


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command to its end, and return exit status, standard output and standard error."""
    with program.running([str(BILLFOLD), *arguments], {"COLUMNS": "80"}) as running:
        code, lines = running.end()
    return code, "".join(lines), running.errors


def test_it_says_its_version() -> None:
    code, out, errors = run("--version")
    assert (code, errors) == (0, "")
    assert re.fullmatch(r"billfold \d+\.\d+\.\d+\n", out)


@pytest.mark.parametrize(
    ("arguments", "verbs"),
    [
        (("--help",), ("demo", "wallet")),
        (("wallet", "--help"), ("pair", "list", "review", "share", "decline", "sync", "unpair", "history")),
    ],
    ids=["billfold", "wallet"],
)
def test_help_names_every_verb(arguments: tuple[str, ...], verbs: tuple[str, ...]) -> None:
    code, out, errors = run(*arguments)
    assert (code, errors) == (0, "")
    assert [verb for verb in verbs if f" {verb} " not in out] == []


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("wallet", "open", "http://localhost:8600/#c=0"), id="wallet-open"),
        pytest.param(("serve-coffee",), id="verb"),
        pytest.param(("demo", "--ephemeral", "--data", "/nowhere"), id="data-that-is-not-kept"),
        pytest.param(("demo", "--port", "65533"), id="ports-too-high"),
    ],
)
def test_a_wrong_use_ends_with_2_and_says_why(arguments: tuple[str, ...]) -> None:
    code, out, errors = run(*arguments)
    assert (code, out) == (2, "")
    assert "Error" in errors
    assert "Traceback" not in errors


def test_a_wallet_loads_nothing_of_a_server() -> None:
    """The start of a wallet's verb is a third of a second, and was five times that."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(BILLFOLD), "wallet", "list", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "billfold.holder" in loaded
    assert loaded.isdisjoint({"litestar", "sqlalchemy", "uvicorn", "alembic"})
