"""Running for the world: settings are written once, read strictly, and serve what they say."""

import asyncio
import re
import signal
from pathlib import Path

import httpx
import msgspec
import pytest

from billfold.apps import settings_file
from billfold.errors import ConfigurationError
from tests.support.demo import BILLFOLD
from tests.support.ports import free_block


async def billfold(*arguments: str) -> tuple[int, str, str]:
    program = await asyncio.create_subprocess_exec(
        BILLFOLD, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, error = await program.communicate()
    return program.returncode or 0, out.decode(), error.decode()


async def test_an_installation_is_made_and_serves(tmp_path: Path) -> None:
    port = free_block(4)
    path = str(tmp_path / "billfold.toml")
    code, out, _ = await billfold(
        "init", "--public", "https://example.org", "--folder", str(tmp_path), "--port", str(port)
    )
    assert (code, "for ever" in out) == (0, True)
    assert (await billfold("migrate", "--settings", path))[0] == 0
    code, out, _ = await billfold("organisation", "add", "acme", "ACME Works", "--settings", path)
    assert (code, "https://creds.example.org/o/acme" in out) == (0, True)

    server = await asyncio.create_subprocess_exec(BILLFOLD, "serve", "--settings", path, stderr=asyncio.subprocess.PIPE)
    try:
        assert server.stderr is not None
        async with asyncio.timeout(30):
            assert b"Serving on 127.0.0.1" in await server.stderr.readline()
        async with httpx.AsyncClient() as client:
            found = await client.get(f"http://127.0.0.1:{port + 1}/.well-known/openid-credential-issuer/o/acme")
        assert found.json()["credential_issuer"] == "https://creds.example.org/o/acme"
    finally:
        server.send_signal(signal.SIGTERM)
        await server.wait()
    assert server.returncode == 0


async def test_a_database_that_was_not_migrated_is_not_served(tmp_path: Path) -> None:
    await billfold("init", "--public", "https://example.org", "--folder", str(tmp_path))

    code, _, error = await billfold("serve", "--settings", str(tmp_path / "billfold.toml"))

    assert code == 1
    assert "run `billfold migrate`" in error
    assert "Traceback" not in error


async def test_an_organisation_is_added_once_and_under_a_name_that_fits(tmp_path: Path) -> None:
    path = str(tmp_path / "billfold.toml")
    await billfold("init", "--public", "https://example.org", "--folder", str(tmp_path))
    await billfold("migrate", "--settings", path)
    await billfold("organisation", "add", "acme", "ACME", "--settings", path)

    for slug, message in [("acme", "no organisation has"), ("Acme Works", "lower-case letters")]:
        code, _, error = await billfold("organisation", "add", slug, "ACME", "--settings", path)
        assert (code, message in error) == (1, True)


def test_settings_are_written_once(tmp_path: Path) -> None:
    settings_file.write(tmp_path, "https://example.org", port=8600, database_url=None)
    with pytest.raises(ConfigurationError, match=r"no settings at .* yet"):
        settings_file.write(tmp_path, "https://other.example", port=8600, database_url=None)


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = settings_file.write(tmp_path, "https://example.org/", port=9000, database_url="postgresql://db/billfold")

    settings = settings_file.read(path)

    assert settings.addresses.wallet == "https://wallet.example.org"
    assert (settings.port, settings.database_url) == (9000, "postgresql://db/billfold")
    assert not settings.development, "outside the demo nothing speaks http to the world"


@pytest.mark.parametrize(
    "public", ["http://example.org", "example.org", "https://localhost", "https://example.org:8443", "https://a.b/x"]
)
def test_an_address_that_cannot_be_for_ever_is_refused(tmp_path: Path, public: str) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        settings_file.write(tmp_path, public, port=8600, database_url=None)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[push]", "[pull]"), "unknown field"),
        (("database_url", "#database_url"), "missing required field"),
        (("https://wallet", "http://wallet"), "an https address"),
        (("[server]", "[server"), "readable settings"),
    ],
    ids=["unknown", "missing", "http", "no-toml"],
)
def test_spoiled_settings_are_told_in_one_sentence(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    path = settings_file.write(tmp_path, "https://example.org", port=8600, database_url=None)
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(ConfigurationError, match=message):
        settings_file.read(path)


def test_settings_that_are_not_there_are_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="run `billfold init`"):
        settings_file.read(tmp_path / "billfold.toml")


def test_every_setting_is_documented_in_one_place() -> None:
    """And nothing else is there: a name that is gone would send people astray."""
    root = Path(__file__).parents[3]
    section = (root / "docs/how-to/run.md").read_text().partition("## Settings\n")[2].partition("\n## ")[0]
    first_cells = " ".join(re.findall(r"^\| ([^|]+) \|", section, re.MULTILINE))
    tables = {name: each["properties"] for name, each in msgspec.json.schema(settings_file._File)["$defs"].items()}
    settings = {name for table, names in tables.items() if table != "_File" for name in names}
    sources = "".join(path.read_text() for path in (root / "src/billfold").rglob("*.py"))
    variables = set(re.findall(r"BILLFOLD_[A-Z_]+(?=[\"`])", sources))
    named = {"billfold.toml", *(f"[{name}]" for name in tables["_File"]), *settings, *variables}
    assert set(re.findall("`(.+?)`", first_cells)) == named
