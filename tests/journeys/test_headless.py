"""The whole way by the command line: pair, look, review, share, decline; suspended, resumed; a second issuer."""

from pathlib import Path
from typing import Any

import pytest

from billfold.holder import Wallet, load_trust
from tests.support.command_line import PASSPHRASE, CommandLine
from tests.support.demo import BADGE, PERMIT, Demo

NAME = "Ottilie Brandwijk"
STUDENT = {"student_number": "2119944", "date_of_birth": BADGE["date_of_birth"]}
# One blue pixel, as it is stored: only that it is there, and that it stays away, counts here.
PHOTO = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mNgYPgPAAEDAQA2dBFAAAAAAElFTkSuQmCC"
)


@pytest.fixture
def wallet(tmp_path: Path) -> CommandLine:
    """A command line whose wallet does not exist yet."""
    return CommandLine(tmp_path / "wallet.vault")


@pytest.fixture
def employee(demo: Demo) -> str:
    """Somebody with every field that a badge and a permit can have."""
    return demo.new_person(NAME, {**BADGE, **PERMIT, "photo": PHOTO}, "employee-badge", "parking-permit")


@pytest.fixture
async def paired(demo: Demo, wallet: CommandLine, employee: str) -> CommandLine:
    """A wallet that is paired with the employer, by the library: the command line goes on with the same vault."""
    code = demo.pairing_code(employee)
    trust = await load_trust(demo.wallet, development=True)
    async with Wallet.create(wallet.vault, PASSPHRASE, trust=trust, wallet_url=demo.wallet, development=True) as made:
        await made.pair(await made.look_at(code["wallet_link"]), code["tx_code"])
    return wallet


def pair(demo: Demo, wallet: CommandLine, person_id: str, *, slug: str = "northwind") -> dict[str, Any]:
    """Pair with the link and the PIN, as the demo's own text says."""
    code = demo.pairing_code(person_id, slug=slug)
    result: dict[str, Any] = wallet.json("pair", code["wallet_link"], "--pin", code["tx_code"], "--yes")
    assert result["missing"] == []
    return result


def share(demo: Demo, wallet: CommandLine, *options: str, code: int = 0) -> dict[str, Any]:
    """Let the club ask, share, and return what became of it at the club."""
    asked = demo.ask()
    wallet.json("share", asked["wallet_link"], "--yes", *options, code=code)
    return demo.answer(asked)


def test_pairing_brings_the_creds_with_their_fields(demo: Demo, wallet: CommandLine, employee: str) -> None:
    code = demo.pairing_code(employee)
    assert code["state"] == "waiting"

    done = wallet.run("pair", code["wallet_link"], "--pin", code["tx_code"], "--device-name", "A test", typed="y\n")

    assert done.code == 0, done
    assert "Northwind Robotics\n  Identity proven" in done.out
    assert "2 of 2 Creds received" in done.out
    assert demo.api().get(f"/pairing-codes/{code['id']}")["state"] == "paired"
    (pairing,) = demo.api().get("/pairings", person_id=employee)["items"]
    assert (pairing["state"], pairing["device_name"]) == ("active", "A test")

    badge, permit = wallet.json("list")["creds"]
    assert (badge["type_name"], permit["type_name"]) == ("Employee badge", "Parking permit")
    assert [cred["issuer_name"] for cred in (badge, permit)] == ["Northwind Robotics"] * 2
    assert [(cred["state"], cred["is_new"]) for cred in (badge, permit)] == [("active", True)] * 2
    assert {field["name"]: field["value"] for field in badge["fields"]} == {
        "name": NAME,
        "employer": "Northwind Robotics",
        **BADGE,
        "photo": PHOTO,
    }
    assert [field["label"] for field in badge["fields"]][:3] == ["Name", "Employer", "Staff number"]
    assert {field["name"]: field["value"] for field in permit["fields"]} == PERMIT


def test_what_is_shared_is_what_was_named_and_nothing_else(demo: Demo, paired: CommandLine) -> None:
    asked = demo.ask()

    review = paired.json("review", asked["wallet_link"])
    assert (review["requester"], review["proven"], review["is_answerable"]) == ("Harbour Sports Club", True, True)
    assert review["purpose"] == "To give you the staff rate of your employer."
    (card,) = review["cards"]
    (cred,) = card["creds"]
    assert [field["name"] for field in cred["required"]] == ["name", "employer"]
    assert [choice["name"] for choice in cred["optional"]] == ["photo", "team", "date_of_birth"]
    assert demo.answer(asked)["verification"] is None

    done = paired.run("share", asked["wallet_link"], "--optional", "team", typed="y\n")

    assert done.code == 0, done
    assert "You share 3 fields. They keep them for" in done.out
    answer = demo.club.send("GET", f"/presentation-requests/{asked['id']}")
    verification = answer.json()["verification"]
    assert verification["accepted"]
    assert [check["outcome"] for check in verification["checks"]] == ["passed"] * len(verification["checks"])
    (verified,) = verification["creds"]
    shared = {"name": NAME, "employer": "Northwind Robotics", "team": BADGE["team"]}
    assert verified["fields"] == shared
    held_back = [BADGE["staff_number"], BADGE["date_of_birth"], PHOTO[30:60], *PERMIT.values()]
    assert [value for value in held_back if value in answer.text] == []

    (entry,) = paired.json("history")["history"]
    assert (entry["requester"], entry["outcome"]) == ("Harbour Sports Club", "accepted")
    assert NAME not in str(entry)

    stored = paired.vault.read_bytes()
    assert paired.vault.stat().st_mode & 0o077 == 0
    readable = (NAME, *BADGE.values(), *PERMIT.values(), "northwind", "Harbour")
    assert [value for value in readable if value.encode() in stored] == []


def test_a_suspended_badge_is_not_offered_and_comes_back(demo: Demo, paired: CommandLine, employee: str) -> None:
    demo.move(employee, "suspend")
    assert paired.json("sync", wallet_url=demo.wallet)["issuers"][0]["outcome"] == "up_to_date"
    asked = demo.ask()
    review = paired.json("review", asked["wallet_link"])
    assert (review["is_answerable"], review["cards"][0]["creds"]) == (False, [])
    assert "suspended" in str(review["cards"][0]["unfit"])
    refused = paired.json("share", asked["wallet_link"], "--yes", code=1)
    assert refused["error"]["code"] == "nothing_matches"
    assert demo.answer(asked)["verification"] is None

    demo.move(employee, "resume")
    paired.json("sync", wallet_url=demo.wallet)

    assert share(demo, paired)["verification"]["accepted"]


def test_a_badge_suspended_since_the_last_sync_is_refused_until_it_is_resumed(
    demo: Demo, paired: CommandLine, employee: str
) -> None:
    demo.move(employee, "suspend")
    asked = demo.ask()

    done = paired.run("share", asked["wallet_link"], "--yes")

    assert done.code == 1
    assert "Not accepted by Harbour Sports Club" in done.out
    assert "suspended" in done.out
    checks = {check["check"]: check["reason"] for check in demo.answer(asked)["verification"]["checks"]}
    assert checks["status"] == "suspended"

    demo.move(employee, "resume")

    assert share(demo, paired)["verification"]["accepted"]


def test_a_second_issuer_is_paired_and_unpaired_and_the_first_is_not_touched(
    demo: Demo, paired: CommandLine, employee: str
) -> None:
    student = demo.new_person(NAME, STUDENT, "student-card", slug="lakeside")
    pair(demo, paired, student, slug="lakeside")
    assert [cred["type_name"] for cred in paired.json("list")["creds"]] == [
        "Employee badge",
        "Parking permit",
        "Student card",
    ]

    done = paired.run("unpair", "Lakeside University", wallet_url=demo.wallet)

    assert done.code == 0, done
    (gone,) = demo.api("lakeside").get("/pairings", person_id=student)["items"]
    (kept,) = demo.api().get("/pairings", person_id=employee)["items"]
    assert (gone["state"], kept["state"]) == ("ended", "active")
    (card,) = demo.api("lakeside").get("/credentials", person_id=student)["items"]
    assert (card["state"], card["device_event"]) == ("revoked", "credential_deleted")
    assert [cred["type_name"] for cred in paired.json("list")["creds"]] == ["Employee badge", "Parking permit"]
    assert share(demo, paired)["verification"]["accepted"]


def test_without_consent_nothing_is_shared_and_then_it_is_declined(demo: Demo, paired: CommandLine) -> None:
    asked = demo.ask()

    unsaid = paired.run("share", asked["wallet_link"], typed="n\n")
    assert (unsaid.code, demo.answer(asked)["state"]) == (1, "opened")
    done = paired.run("decline", asked["wallet_link"])

    assert (done.code, done.out) == (0, "Declined. Nothing was shared with Harbour Sports Club.\n")
    answer = demo.answer(asked)
    assert (answer["state"], answer["verification"]) == ("declined", None)


def test_an_offer_by_value_is_as_good_as_one_by_reference(demo: Demo, wallet: CommandLine, employee: str) -> None:
    code = demo.pairing_code(employee)

    done = wallet.json("pair", code["offer_by_value"], "--pin", code["tx_code"], "--yes", wallet_url=demo.wallet)

    assert (len(done["received"]), done["missing"]) == (2, [])


def test_short_codes_work_and_a_wrong_pin_costs_nothing(demo: Demo, wallet: CommandLine, employee: str) -> None:
    code = demo.pairing_code(employee)
    wrong = "".join(str((int(digit) + 1) % 10) for digit in code["tx_code"])

    done = wallet.run("pair", code["wallet_link"], "--pin", wrong, "--yes")
    assert (done.code, "What to do     Check the PIN" in done.err) == (1, True), done
    assert "This PIN is wrong. Compare it with the one that you were given, and try again: 4 tries" in done.err
    right = ("--pin", code["tx_code"], "--yes")
    assert wallet.json("pair", code["short_code"], *right, wallet_url=demo.wallet)["missing"] == []
    asked = demo.ask()
    wallet.json("share", asked["short_code"], "--yes", wallet_url=demo.wallet)

    assert demo.answer(asked)["verification"]["accepted"]
