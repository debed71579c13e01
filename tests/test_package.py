"""The wheel: made from the source package, installed where nothing else is, it runs the demo without Node."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.support import needs
from tests.support.demo import PORTS, Demo, running_demo
from tests.support.ports import free_block

ROOT = Path(__file__).parents[1]
UV = ROOT / ".tools/venv/bin/uv"
PAGE = ROOT / "src/billfold/apps/wallet_host/static/index.html"
LONGEST_S = 300


def run(*command: str | Path, **environment: str) -> str:
    """Return what a command says that must succeed."""
    settings = {**os.environ, **environment}
    done = subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, timeout=LONGEST_S, check=False
    )
    assert done.returncode == 0, f"{command[0]}: {done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that `make package` makes."""
    if not UV.exists() or not PAGE.exists():
        needs.missing("what `make development` makes")
    folder = tmp_path_factory.mktemp("dist")
    run(ROOT / "scripts/build-package", folder)
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, installed with what the wheel asks for, in the versions that are locked, where nothing else is."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    run(UV, "venv", "--quiet", "--no-project", "--python", sys.executable, folder)
    index = run(ROOT / "scripts/get-index").strip()
    where = {"VIRTUAL_ENV": str(folder), **({"UV_DEFAULT_INDEX": index} if index else {})}
    run(UV, "pip", "install", "--quiet", "--constraint", ROOT / "requirements.txt", wheel, **where)
    return folder / "bin/billfold"


@pytest.fixture(scope="module")
def demo(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo of the installed program; nothing else is on its path."""
    path = {"PATH": str(tmp_path_factory.mktemp("nothing"))}
    with running_demo("--ephemeral", port=free_block(PORTS), environment=path, billfold=installed) as running:
        yield running


def test_the_wheel_holds_all_that_is_not_code(wheel: Path) -> None:
    """Whatever lies beside the modules here, built or committed, lies there too."""
    with ZipFile(wheel) as packed:
        names = {name.removeprefix("billfold/") for name in packed.namelist()}
    source = ROOT / "src/billfold"
    here = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}

    assert {name for name in here if "__pycache__" not in name} - names == set()
    assert {"py.typed", "apps/wallet_host/static/index.html", "apps/console/static/console.css"} <= names


def test_it_serves_the_wallet_with_everything_that_its_page_names(demo: Demo) -> None:
    page = demo.client.get(demo.wallet)
    named = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)

    assert page.status_code == 200
    assert any(name.endswith(".js") for name in named)
    assert {name: demo.client.get(f"{demo.wallet}{name}").status_code for name in named} == dict.fromkeys(named, 200)


def test_it_serves_the_console_and_the_issuers_metadata(demo: Demo) -> None:
    organisation = demo.organisations["northwind"]
    sign_in = demo.client.get(organisation["console"], follow_redirects=True)
    base = str(sign_in.url.copy_with(raw_path=b"/")).rstrip("/")
    styles = re.findall(r'href="(/[^"]+\.css)"', sign_in.text)
    origin, _, path = organisation["issuer"].partition("/o/")
    metadata = demo.client.get(f"{origin}/.well-known/openid-credential-issuer/o/{path}")

    assert (sign_in.status_code, "Sign in" in sign_in.text) == (200, True)
    assert styles
    assert {name: demo.client.get(f"{base}{name}").status_code for name in styles} == dict.fromkeys(styles, 200)
    assert metadata.status_code == 200


def test_it_issues(demo: Demo) -> None:
    code = demo.pairing_code(demo.new_employee())
    assert code["state"] == "waiting"


def test_a_package_without_the_wallets_page_is_not_made(tmp_path: Path) -> None:
    for name in ("src/billfold/__init__.py", "scripts/build_hook.py", "pyproject.toml", "README.md", "LICENSE"):
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=LONGEST_S, check=False)

    assert done.returncode != 0
    assert "run `make wallet` first" in done.stderr
