"""`billfold staff add`: somebody who may sign in, added once, with a password that is worth the name."""

import asyncio
import shutil
from pathlib import Path

import pytest

from tests.support.demo import BILLFOLD

GOOD = ("acme", "ada@acme.example", "Ada Byron", "--password", "a long password", "--role", "owner")


async def billfold(folder: Path, *arguments: str) -> tuple[int, str]:
    program = await asyncio.create_subprocess_exec(
        BILLFOLD, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=folder
    )
    out, _ = await program.communicate()
    return program.returncode or 0, out.decode()


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an installation that has one organisation, made once."""
    made = tmp_path_factory.mktemp("installed")
    for verb in (
        ("init", "--public", "https://example.org"),
        ("migrate",),
        ("organisation", "add", "acme", "ACME Works"),
    ):
        assert asyncio.run(billfold(made, *verb))[0] == 0
    return made


@pytest.fixture
def folder(installed: Path, tmp_path: Path) -> Path:
    """A copy of the installation for one test."""
    return shutil.copytree(installed, tmp_path, dirs_exist_ok=True)


async def test_somebody_is_added_once(folder: Path) -> None:
    code, out = await billfold(folder, "staff", "add", *GOOD)
    assert (code, "Ada Byron signs in at https://" in out, "/o/acme" in out) == (0, True, True)

    code, out = await billfold(folder, "staff", "add", *GOOD)
    assert (code, "expected an e-mail that nobody at acme has" in out) == (1, True)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"acme": "nobody"}, "expected the slug of an organisation, got nobody"),
        ({"ada@acme.example": "ada"}, "expected an e-mail address and the role owner or support"),
        ({"owner": "king"}, "expected an e-mail address and the role owner or support"),
        ({"a long password": "short"}, "expected a password of 12 to 1024 characters"),
    ],
)
async def test_what_does_not_fit_is_refused(folder: Path, changed: dict[str, str], message: str) -> None:
    code, out = await billfold(folder, "staff", "add", *(changed.get(each, each) for each in GOOD))

    assert (code, message in out, "Traceback" in out) == (1, True, False)
