"""The demo as people and programs start it: what it says, what it keeps, what it refuses, and how it ends."""

import contextlib
import json
import shlex
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from billfold.holder import Wallet, load_trust
from tests.support import program
from tests.support.demo import BADGE, BILLFOLD, PERMIT, PORTS, Demo, running_demo
from tests.support.ports import free_block

WIDTH = 80


@pytest.fixture
def port() -> int:
    """The first port of a free block."""
    return free_block(PORTS)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """The first port of a block whose third is taken."""
    first = free_block(PORTS)
    with socket.create_server(("127.0.0.1", first + 2)):
        yield first


def refusal(*options: object) -> str:
    """Start a demo that must not come up, and return its one sentence."""
    with program.running([str(BILLFOLD), "demo", *map(str, options)]) as running:
        code, lines = running.end()
    assert (code, lines) == (1, [])
    (sentence,) = running.errors.splitlines()
    assert sentence.startswith("billfold: expected ")
    assert sentence.endswith(".")
    return sentence


def wait_for(path: Path) -> None:
    """Wait until *path* is there."""
    deadline = time.monotonic() + program.WAIT_S
    while not path.exists():
        assert time.monotonic() < deadline, f"expected {path.name} to be written"
        time.sleep(0.005)


def test_the_json_line_says_where_everything_is(demo: Demo) -> None:
    described = demo.described
    port = int(demo.wallet.rpartition(":")[2])
    wallet, protocol, console, requester = (f"http://localhost:{port + n}" for n in range(PORTS))

    assert list(described) == ["wallet", "requester", "organisations"]
    assert described["wallet"] == wallet
    assert list(described["requester"]) == ["url", "api", "api_key", "templates", "sign_ins"]
    assert (
        described["requester"].items()
        >= {
            "url": f"{requester}/o/harbour",
            "api": f"{console}/api/v1",
            "templates": ["staff-rate"],
        }.items()
    )
    for organisation in described["organisations"]:
        slug = organisation["slug"]
        members = ["slug", "name", "issuer", "console", "api", "api_key", "people", "credential_types", "sign_ins"]
        assert list(organisation) == members
        assert (organisation["issuer"], organisation["console"]) == (f"{protocol}/o/{slug}", f"{console}/o/{slug}")
        assert organisation["api"] == f"{console}/api/v1"
        assert all(list(person) == ["id", "name"] for person in organisation["people"])
    assert {o["slug"]: (o["name"], o["credential_types"]) for o in described["organisations"]} == {
        "northwind": ("Northwind Robotics", ["employee-badge", "parking-permit"]),
        "lakeside": ("Lakeside University", ["student-card"]),
    }
    keys = {described["requester"]["api_key"], *(o["api_key"] for o in described["organisations"])}
    assert len(keys) == 3
    assert all(isinstance(key, str) and key.startswith("bf_") for key in keys)


def test_what_the_json_line_names_answers(demo: Demo) -> None:
    pages = [demo.wallet, *(o["console"] for o in demo.described["organisations"])]
    answers = [demo.client.get(page, follow_redirects=True) for page in pages]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    for slug, organisation in demo.organisations.items():
        listed = {each["id"]: each["name"] for each in demo.api(slug).get("/people")["items"]}
        assert listed.items() >= {each["id"]: each["name"] for each in organisation["people"]}.items()


@pytest.mark.parametrize("member", ["wallet", "issuer", "api"])
def test_an_answer_on_a_kept_connection_does_not_wait(demo: Demo, member: str) -> None:
    """With Nagle's algorithm on, every answer but the first waits 40 ms for the client's ACK, none excepted."""
    url = demo.wallet if member == "wallet" else demo.organisations["northwind"][member]
    with httpx.Client(trust_env=False) as client:
        times = [client.get(url).elapsed.total_seconds() for _ in range(10)]

    assert min(times[1:]) < 0.03


async def test_the_next_start_finds_people_keys_and_pairings_again(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "kept"))
    with running_demo(*data) as first:
        person = first.organisations["northwind"]["people"][0]["id"]
        code = first.pairing_code(person)
        trust = await load_trust(first.wallet, development=True)
        wallet = Wallet.create(None, trust=trust, wallet_url=first.wallet, development=True)
        await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
        described, pairings = first.described, first.api().get("/pairings", person_id=person)
        port = int(first.wallet.rpartition(":")[2])
        secrets = [tmp_path / "kept" / name for name in ("", "demo.json", "master.key")]
        assert [path for path in secrets if path.stat().st_mode & 0o077] == []

    async with wallet:
        (silent,) = await wallet.sync()
        assert (silent.outcome, len(wallet.creds())) == ("failed", 2)
        with running_demo(*data, port=port) as second:
            assert second.described == described
            assert second.api().get("/pairings", person_id=person) == pairings
            assert await load_trust(second.wallet, development=True) == trust
            (synced,) = await wallet.sync()
            assert (synced.outcome, synced.received, synced.changed) == ("up_to_date", (), ())


async def test_the_log_names_no_person_and_no_secret(port: int) -> None:
    command = [str(BILLFOLD), "demo", "--json", "--ephemeral", "--verbose", "--port", str(port)]
    with program.running(command) as running, contextlib.closing(Demo(running)) as demo:
        person = demo.new_employee("Marit Oosterhuis")
        code = demo.pairing_code(person)
        trust = await load_trust(demo.wallet, development=True)
        async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as wallet:
            await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
            asked = demo.ask()
            await wallet.share(await wallet.review(asked["wallet_link"]), ["team"])
            assert demo.answer(asked)["verification"]["accepted"]
        running.send(signal.SIGTERM)
        assert running.end()[0] == 0

    lines = [json.loads(line) for line in running.errors.splitlines()]
    assert {(line["method"], line["status"]) for line in lines if line["event"] == "request"} >= {("POST", 200)}
    secrets = [code["tx_code"], code["short_code"], asked["short_code"], demo.club.key, demo.api().key]
    secrets += [each.rpartition("%2F")[2] for each in (code["offer"], asked["request"].partition("&request_uri_m")[0])]
    assert [word for word in ("Marit", *BADGE.values(), *PERMIT.values(), *secrets) if word in running.errors] == []


def test_an_ephemeral_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    temporary, home = tmp_path / "tmp", tmp_path / "home"
    temporary.mkdir()
    home.mkdir()

    with running_demo("--ephemeral", environment={"TMPDIR": str(temporary), "HOME": str(home)}):
        (folder,) = temporary.iterdir()
        assert (folder / "billfold.db").exists()

    assert [*temporary.iterdir(), *home.iterdir()] == []


def test_without_a_folder_named_the_data_lies_where_the_system_keeps_it(tmp_path: Path) -> None:
    with running_demo(environment={"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "share")}):
        assert (tmp_path / "share" / "billfold" / "demo" / "billfold.db").exists()


def test_a_taken_port_is_told_and_nothing_is_written_for_it(taken_port: int, tmp_path: Path) -> None:
    """Else the folder would be bound for ever to a port that is not to be had."""
    data = tmp_path / "kept"

    sentence = refusal("--port", taken_port, "--data", data)

    assert f"port {taken_port + 2}, got “Address already in use”: end what uses it, or choose another port" in sentence
    assert [path.name for path in data.iterdir()] == ["lock"]


@pytest.mark.parametrize("under", ["", "deeper"], ids=["a-file", "below-a-file"])
def test_a_file_in_place_of_the_folder_is_told(tmp_path: Path, under: str) -> None:
    file = tmp_path / "file"
    file.touch()

    sentence = refusal("--data", file / under)

    assert f"a folder that can be written at {file / under}, got" in sentence
    assert sentence.endswith("choose another with --data.")
    assert file.read_bytes() == b""


def test_a_second_demo_on_the_same_data_is_told(tmp_path: Path) -> None:
    with running_demo("--data", str(tmp_path)) as first:
        sentence = refusal("--data", tmp_path)
        assert f"{tmp_path} to be free, got one that another Billfold is running on" in sentence
        assert first.client.get(f"{first.wallet}/trust.json").status_code == 200


def test_another_port_for_data_that_is_there_is_told(tmp_path: Path, port: int) -> None:
    """The addresses are in every Cred that was issued."""
    (tmp_path / "demo.json").write_text('{"port": 8600}')

    sentence = refusal("--data", tmp_path, "--port", port)

    assert f"expected port 8600, for which the data folder {tmp_path} was made: leave --port out, or" in sentence


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        pytest.param("demo.json", b'{"port": "8600"}', "the state of an earlier demo in", id="state"),
        pytest.param("billfold.db", b"no database" * 99, "got DatabaseError “file is not a database”", id="database"),
        pytest.param("master.key", b"no key", "a readable master key in hex", id="master-key"),
    ],
)
def test_damaged_data_is_told(tmp_path: Path, port: int, name: str, content: bytes, told: str) -> None:
    damaged = tmp_path / name
    damaged.touch(mode=0o600)
    damaged.write_bytes(content)

    assert told in refusal("--data", tmp_path, "--port", port)
    assert damaged.read_bytes() == content


def test_a_start_that_was_cut_off_is_told(tmp_path: Path) -> None:
    with running_demo("--data", str(tmp_path)):
        pass
    with contextlib.closing(sqlite3.connect(tmp_path / "billfold.db")) as database, database:
        database.execute("delete from presentation_templates")  # what a start writes last

    assert "expected all of the demo in its data folder, got a part: remove" in refusal("--data", tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well_and_frees_the_ports(number: signal.Signals, port: int) -> None:
    with program.running([str(BILLFOLD), "demo", "--json", "--ephemeral", "--port", str(port)]) as running:
        running.next_line()
        with httpx.Client(trust_env=False) as idle:  # a browser keeps its connection, too
            assert idle.get(f"http://localhost:{port}/trust.json").status_code == 200
            running.send(number)
            assert (running.end(), running.errors) == ((0, []), "")

    with contextlib.ExitStack() as stack:
        for each in range(port, port + PORTS):
            stack.enter_context(socket.create_server(("127.0.0.1", each)))


def test_a_signal_during_the_start_is_not_lost(tmp_path: Path, port: int) -> None:
    with program.running([str(BILLFOLD), "demo", "--json", "--data", str(tmp_path), "--port", str(port)]) as running:
        wait_for(tmp_path / "demo.json")
        running.send(signal.SIGTERM)
        code, _ = running.end()

    assert (code, running.errors) == (0, "")
    with running_demo("--data", str(tmp_path), port=port) as again:
        assert len(again.organisations["northwind"]["people"]) == 4


def read_text(running: program.Program, last: str) -> list[str]:
    """Return the lines that a person reads, down to the one with *last* in it."""
    lines: list[str] = []
    while not lines or last not in lines[-1]:
        lines.append(running.next_line().rstrip("\n"))
    return lines


def called(lines: list[str], path: str) -> dict[str, Any]:
    """Do what the text says: call the API with the curl command for *path*, and return the answer."""
    first = next(number for number, line in enumerate(lines) if line.strip().startswith("curl") and path in line)
    last = next(number for number, line in enumerate(lines) if number >= first and not line.endswith("\\"))
    words = shlex.split(" ".join(line.rstrip("\\") for line in lines[first : last + 1]))
    url = next(word for word in words if word.startswith("http"))
    headers = dict(words[n + 1].split(": ", 1) for n, word in enumerate(words) if word == "-H")
    answer = httpx.post(url, content=words[words.index("-d") + 1], headers=headers, trust_env=False)
    assert answer.is_success, answer.text
    read: dict[str, Any] = json.loads(answer.text)
    return read


def test_the_text_tells_a_newcomer_what_to_do(port: int) -> None:
    environment = {"COLUMNS": str(WIDTH)}
    command = [str(BILLFOLD), "demo", "--ephemeral", "--port", str(port)]
    with program.running(command, environment) as running:
        lines = read_text(running, "wallet share")
        code = called(lines, "/pairing-codes")
        asked = called(lines, "/presentation-requests")
        running.send(signal.SIGTERM)
        assert running.end()[0] == 0

    assert code["wallet_link"].startswith(f"http://localhost:{port}/#c=")
    assert asked["wallet_link"].startswith(f"http://localhost:{port}/#c=")
    assert code["tx_code"]
    text = "\n".join(lines)
    assert "End it with Ctrl+C; nothing of it will be left." in text
    steps = ("Amara Okafor", "wallet_link", "tx_code", "wallet pair", "wallet list")
    assert [step for step in (f"http://localhost:{port}\n", *steps) if step not in text] == []
    assert [line for line in lines if len(line) > WIDTH and str(BILLFOLD.parent) not in line] == []
