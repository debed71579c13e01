"""Our requester asks in each of its ways, and for several types at once; strangers' wallet and our own answer."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import StartNode
from tests.interop.test_with_billfold import Stranger, new_stranger, outcomes
from tests.support.command_line import CommandLine
from tests.support.demo import BADGE, PERMIT, Demo
from tests.support.installation import running_installation

pytestmark = pytest.mark.interop

BADGE_FIELDS = {"name": "Zola Quist", "employer": "Northwind Robotics"}
BOTH = {"employee-badge": ("name", "employer", "team?"), "parking-permit": tuple(PERMIT)}
UNSIGNED = [
    pytest.param({"client_id_prefix": "redirect_uri"}, id="encrypted"),
    pytest.param({"client_id_prefix": "redirect_uri", "response_mode": "direct_post"}, id="in-the-clear"),
]


@pytest.fixture(scope="module")
def stranger(start_node_for_all: StartNode, demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """A stranger's wallet with a badge and a permit."""
    return new_stranger(start_node_for_all, demo, tmp_path_factory.mktemp("stranger"))


@pytest.fixture(scope="module")
def ours(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A command line's wallet with a badge and a permit."""
    wallet = CommandLine(tmp_path_factory.mktemp("ours") / "vault")
    code = demo.pairing_code(demo.new_employee())
    wallet.json("pair", code["wallet_link"], "--pin", code["tx_code"], "--yes")
    return wallet


def fields(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the fields of each accepted Cred; all checks must have passed."""
    assert answer["verification"]["accepted"], answer
    assert set(outcomes(answer).values()) == {"passed"}
    return [cred["fields"] for cred in answer["verification"]["creds"]]


@pytest.mark.parametrize("way", UNSIGNED)
def test_strangers_answer_an_unsigned_request(stranger: Stranger, way: dict[str, str]) -> None:
    template = stranger.demo.new_template({"employee-badge": ("name", "employer")}, **way)
    asked = stranger.demo.ask(template=template)

    code, events = stranger.present(asked)

    assert code == 0, events
    assert events[0]["client"].startswith("redirect_uri:http://localhost:")
    assert fields(stranger.demo.answer(asked)) == [BADGE_FIELDS]


@pytest.mark.parametrize("way", UNSIGNED)
def test_our_wallet_says_that_nothing_is_proven_and_answers_when_told_to(
    demo: Demo, ours: CommandLine, way: dict[str, str]
) -> None:
    asked = demo.ask(template=demo.new_template({"employee-badge": ("name", "employer")}, **way))

    review = ours.json("review", asked["wallet_link"])
    assert (review["proven"], review["requester"], review["stated_name"]) == (
        False,
        "localhost",
        "Harbour Sports Club",
    )
    refused = ours.json("share", asked["wallet_link"], "--yes", code=1)
    assert refused["error"]["code"] == "not_proven"
    ours.json("share", asked["wallet_link"], "--yes", "--unproven")

    assert fields(demo.answer(asked)) == [BADGE_FIELDS]


@pytest.mark.parametrize(("optional", "team"), [("none", {}), ("all", {"team": BADGE["team"]})])
def test_strangers_answer_for_two_types_at_once(stranger: Stranger, optional: str, team: dict[str, str]) -> None:
    asked = stranger.demo.ask(template=stranger.demo.new_template(BOTH))

    assert stranger.present(asked, optional=optional)[0] == 0

    assert fields(stranger.demo.answer(asked)) == [{**BADGE_FIELDS, **team}, PERMIT]


@pytest.mark.parametrize(("options", "team"), [((), {}), (("--optional", "team"), {"team": BADGE["team"]})])
def test_our_wallet_answers_for_two_types_at_once(
    demo: Demo, ours: CommandLine, options: tuple[str, ...], team: dict[str, str]
) -> None:
    asked = demo.ask(template=demo.new_template(BOTH))

    review = ours.json("review", asked["wallet_link"])
    assert [card["required"] for card in review["cards"]] == [True, True]
    result = ours.json("share", asked["wallet_link"], "--yes", *options)

    assert [shared["type_name"] for shared in result["shared"]] == ["Employee badge", "Parking permit"]
    assert fields(demo.answer(asked)) == [{**BADGE_FIELDS, **team}, PERMIT]


def test_who_lacks_one_of_two_types_shares_nothing(demo: Demo, tmp_path: Path) -> None:
    wallet = CommandLine(tmp_path / "vault")
    code = demo.pairing_code(demo.new_person("Ida Brandt", BADGE, "employee-badge"))
    wallet.json("pair", code["wallet_link"], "--pin", code["tx_code"], "--yes")
    asked = demo.ask(template=demo.new_template(BOTH))

    assert wallet.json("review", asked["wallet_link"])["is_answerable"] is False
    refused = wallet.json("share", asked["wallet_link"], "--yes", code=1)

    assert refused["error"]["code"] == "nothing_matches"
    assert demo.answer(asked)["verification"] is None


def test_every_answer_leads_the_person_back_also_a_refusal(demo: Demo, ours: CommandLine, stranger: Stranger) -> None:
    """HAIP 1.0 section 5.1: `redirect_uri` in the answer to every response."""
    back = "http://localhost:9/done"
    asked = demo.ask(return_to=back)
    _, events = stranger.decline(asked)
    assert events[-1]["answer"]["redirect_uri"].startswith(f"{back}?response_code=")
    asked = demo.ask(return_to=back)
    shared = ours.json("share", asked["wallet_link"], "--yes")
    code = shared["redirect_uri"].removeprefix(f"{back}?response_code=")
    path = f"/presentation-requests/{asked['id']}"
    assert demo.club.get(path)["verification"]["session_bound"] is False
    assert demo.club.get(path, response_code=code)["verification"]["session_bound"] is True


@pytest.mark.parametrize("response_mode", ["direct_post.jwt", "direct_post"])
async def test_strangers_answer_a_request_under_the_hosts_name(
    start_node: StartNode, tmp_path: Path, response_mode: str
) -> None:
    async with running_installation(tmp_path) as running:
        await running.alone_on_its_host()
        await running.new_template("by-host", client_id_prefix="x509_san_dns", response_mode=response_mode)
        store, roots = tmp_path / "wallet.json", running.write_roots(tmp_path)
        offer = (await running.code("northwind", "Amara Okafor")).offer
        taking = start_node("wallet", "take", offer=offer, store=store, issuer_roots=roots)
        assert (await asyncio.to_thread(taking.finish))[0] == 0
        request = await running.request(template="by-host")

        presenting = start_node("wallet", "present", request=request.request, store=store, verifier_roots=roots)
        code, events = await asyncio.to_thread(presenting.finish)

        assert (code, events[0]["client"]) == (0, "x509_san_dns:localhost"), events
        result = await running.result(request)
        assert (result.accepted, result.creds[0]["fields"]["name"]) == (True, "Amara Okafor")
