"""Billfold among strangers: their wallet takes our Creds and presents them to us."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import StartNode
from tests.support.demo import BADGE, Demo
from tests.support.node import Event

pytestmark = pytest.mark.interop

OPTIONAL = ("photo", "team", "date_of_birth")


@dataclass(frozen=True, slots=True)
class Stranger:
    """A stranger's wallet, paired with the demo's employer; a process of its own for each thing it does."""

    start: StartNode
    demo: Demo
    store: Path
    roots: Path
    person_id: str
    received: list[Event]

    def present(self, asked: dict[str, Any], **options: str) -> tuple[int, list[Event]]:
        """Answer a request, and return the exit code and what the wallet said."""
        wallet = self.start("wallet", "present", request=asked["request"], store=self.store, **self._roots(), **options)
        return wallet.finish()

    def decline(self, asked: dict[str, Any]) -> tuple[int, list[Event]]:
        """Decline a request."""
        return self.start("wallet", "decline", request=asked["request"], **self._roots()).finish()

    def _roots(self) -> dict[str, Path]:
        return {"verifier_roots": self.roots}


def take(start_node: StartNode, demo: Demo, folder: Path, person_id: str, **options: object) -> tuple[int, list[Event]]:
    """Let a stranger's wallet take what *person_id* should hold."""
    code = demo.pairing_code(person_id)
    settings = {
        "offer": code["offer"],
        "pin": code["tx_code"],
        "store": folder / "wallet.json",
        "issuer_roots": demo.write_roots(folder, "issuer"),
        **options,
    }
    return start_node("wallet", "take", **settings).finish()


def new_stranger(start_node: StartNode, demo: Demo, folder: Path) -> Stranger:
    """Let a stranger's wallet take an employee badge and a parking permit."""
    person_id = demo.new_employee()
    code, received = take(start_node, demo, folder, person_id)
    assert code == 0, received
    roots = demo.write_roots(folder, "requester")
    return Stranger(start_node, demo, folder / "wallet.json", roots, person_id, received)


@pytest.fixture(scope="module")
def stranger(start_node_for_all: StartNode, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger's wallet for all tests that change nothing about its Creds."""
    return new_stranger(start_node_for_all, demo, tmp_path_factory.mktemp("stranger"))


@pytest.fixture
def changing(start_node: StartNode, demo: Demo, tmp_path: Path) -> Stranger:
    """A stranger's wallet whose Creds may be suspended or end."""
    return new_stranger(start_node, demo, tmp_path)


def outcomes(answer: dict[str, Any]) -> dict[str, str]:
    """Return each check's outcome, with its reason where there is one."""
    checks = answer["verification"]["checks"]
    return {check["check"]: check["reason"] or check["outcome"] for check in checks}


def test_their_wallet_takes_badge_and_permit(stranger: Stranger) -> None:
    issuer = stranger.demo.organisations["northwind"]["issuer"]
    badge, permit = stranger.received

    assert [badge["configuration"], permit["configuration"]] == ["employee-badge", "parking-permit"]
    assert {badge["issuer"], permit["issuer"], badge["claims"]["iss"]} == {issuer}
    assert issuer in badge["names"]["sanUriNames"]
    assert badge["claims"].items() >= {"name": "Zola Quist", "employer": "Northwind Robotics", **BADGE}.items()
    (pairing,) = stranger.demo.api().get("/pairings", person_id=stranger.person_id)["items"]
    assert pairing["state"] == "active"
    assert stranger.demo.cred(stranger.person_id)["device_event"] == "credential_accepted"


@pytest.mark.parametrize("form", ["offer", "offer_by_value"])
def test_their_wallet_takes_an_offer_in_either_form(
    start_node: StartNode, demo: Demo, tmp_path: Path, form: str
) -> None:
    """OpenID4VCI 4.1.2 and 4.1.3; ours is asked in the journey of the command line."""
    code = demo.pairing_code(demo.new_employee())
    roots = demo.write_roots(tmp_path, "issuer")
    taking = start_node(
        "wallet", "take", offer=code[form], pin=code["tx_code"], store=tmp_path / "wallet.json", issuer_roots=roots
    )

    exit_code, events = taking.finish()

    assert (exit_code, [event["event"] for event in events]) == (0, ["received", "received"])
    assert demo.api().get(f"/pairing-codes/{code['id']}")["offer_by_value"] is None


@pytest.mark.parametrize("pin", ["000000", None], ids=["wrong", "none"])
def test_their_wallet_takes_nothing_without_the_pin(
    start_node: StartNode, demo: Demo, tmp_path: Path, pin: str | None
) -> None:
    person_id = demo.new_employee()

    code, events = take(start_node, demo, tmp_path, person_id, pin=pin)

    assert (code, [event["event"] for event in events]) == (1, ["failed"])
    assert demo.api().get("/credentials", person_id=person_id)["items"] == []


@pytest.mark.parametrize(
    ("ticked", "shared"),
    [("none", ()), ("optional_team", ("team",)), ("all", ("team", "date_of_birth"))],
    ids=["nothing", "one", "all"],
)
def test_what_is_ticked_in_their_wallet_arrives_and_nothing_else(
    stranger: Stranger, ticked: str, shared: tuple[str, ...]
) -> None:
    """Zola has no photo, so "all" brings two of the three optional fields."""
    asked = stranger.demo.ask()

    code, events = stranger.present(asked, optional=ticked)

    assert (code, events[0]["names"]["sanDnsNames"]) == (0, ["localhost"]), events
    answer = stranger.demo.answer(asked)
    assert answer["state"] == "answered"
    assert answer["verification"]["accepted"]
    assert set(outcomes(answer).values()) == {"passed"}
    (cred,) = answer["verification"]["creds"]
    expected = {"name": "Zola Quist", "employer": "Northwind Robotics", **{name: BADGE[name] for name in shared}}
    assert cred["fields"] == expected
    assert cred["issuer"] == stranger.demo.organisations["northwind"]["issuer"]


def test_their_wallet_is_led_back_to_where_the_person_began(stranger: Stranger) -> None:
    """The fields are for the browser that asked: they show only beside the code that the way back carries."""
    asked = stranger.demo.ask(return_to="http://localhost:9/done?order=7")

    _, events = stranger.present(asked)

    address, _, response_code = events[-1]["answer"]["redirect_uri"].partition("&response_code=")
    assert address == "http://localhost:9/done?order=7"
    unbound = stranger.demo.answer(asked)["verification"]
    assert (unbound["session_bound"], unbound["creds"][0]["fields"]) == (False, None)
    path = f"/presentation-requests/{asked['id']}"
    bound = stranger.demo.club.get(path, response_code=response_code)["verification"]
    assert (bound["session_bound"], bound["creds"][0]["fields"]["name"]) == (True, "Zola Quist")


def test_their_wallet_declines(stranger: Stranger) -> None:
    asked = stranger.demo.ask()

    code, events = stranger.decline(asked)

    assert (code, events[-1]["event"]) == (0, "declined")
    answer = stranger.demo.answer(asked)
    assert (answer["state"], answer["verification"]) == ("declined", None)


def test_a_suspended_badge_is_not_accepted_until_it_is_resumed(changing: Stranger) -> None:
    """Their wallet does not look at the status before it shares: it is ours to refuse."""
    changing.demo.move(changing.person_id, "suspend")
    refused = changing.demo.ask()

    code, events = changing.present(refused)

    assert (code, events[-1]["status"]) == (1, 400)
    answer = changing.demo.answer(refused)
    assert (answer["state"], answer["verification"]["accepted"]) == ("answered", False)
    assert outcomes(answer)["status"] == "suspended"
    assert all(cred["fields"] in (None, {}) for cred in answer["verification"]["creds"])

    changing.demo.move(changing.person_id, "resume")
    again = changing.demo.ask()
    assert changing.present(again)[0] == 0
    assert changing.demo.answer(again)["verification"]["accepted"]


@pytest.mark.parametrize("ending", ["revoked", "unpaired"])
def test_a_badge_that_has_ended_is_not_accepted(changing: Stranger, ending: str) -> None:
    if ending == "revoked":
        changing.demo.move(changing.person_id, "revoke")
    else:
        (pairing,) = changing.demo.api().get("/pairings", person_id=changing.person_id)["items"]
        changing.demo.api().delete(f"/pairings/{pairing['id']}")
    asked = changing.demo.ask()

    assert changing.present(asked)[0] == 1

    answer = changing.demo.answer(asked)
    assert not answer["verification"]["accepted"]
    assert outcomes(answer)["status"] == "revoked"


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        pytest.param("nonce", "wrong_nonce", id="kb-nonce"),
        pytest.param("audience", "wrong_aud", id="kb-aud"),
        pytest.param("disclosure", "wrong_sd_hash", id="kb-sd-hash-disclosure-added"),
    ],
)
def test_a_false_key_binding_is_not_accepted_and_the_result_says_which(
    stranger: Stranger, spoil: str, reason: str
) -> None:
    asked = stranger.demo.ask()

    code, events = stranger.present(asked, spoil=spoil)

    assert (code, events[-1]["status"]) == (1, 400)
    answer = stranger.demo.answer(asked)
    assert not answer["verification"]["accepted"]
    assert answer["verification"]["creds"] == []
    failed = [check for check in answer["verification"]["checks"] if check["outcome"] == "failed"]
    assert [(check["check"], check["reason"]) for check in failed] == [("holder", reason)]


def test_a_request_is_answered_once(stranger: Stranger) -> None:
    asked = stranger.demo.ask()
    assert stranger.present(asked)[0] == 0

    code, events = stranger.present(asked, optional="all")

    assert (code, events[-1]["event"]) == (1, "failed")
    (cred,) = stranger.demo.answer(asked)["verification"]["creds"]
    assert sorted(cred["fields"]) == ["employer", "name"]


def test_a_pairing_code_works_once(start_node: StartNode, demo: Demo, tmp_path: Path) -> None:
    person_id = demo.new_employee()
    code = demo.pairing_code(person_id)
    roots = demo.write_roots(tmp_path, "issuer")
    exits = [
        start_node(
            "wallet", "take", offer=code["offer"], pin=code["tx_code"], store=tmp_path / name, issuer_roots=roots
        ).finish()[0]
        for name in ("first.json", "second.json")
    ]

    assert exits == [0, 1]
    assert not (tmp_path / "second.json").exists()


def test_there_is_no_second_code_while_a_device_is_paired(stranger: Stranger) -> None:
    answer = stranger.demo.api().send("POST", "/pairing-codes", {"person_id": stranger.person_id})

    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert "paired" in answer.json()["detail"]
