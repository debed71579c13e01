"""`billfold wallet` as people and programs use it: words, JSON, exit status."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from billfold.apps.cli.wallet import app
from billfold.apps.cli.wallet_session import DEFAULT_WALLET_URL, Session
from billfold.core.trust.trust_list import TrustList
from tests.support.stub_issuer import PATH, StubIssuer, new_issuer
from tests.support.stub_requester import RESPONSE, STATE, StubRequester, new_requester
from tests.support.stub_server import Reply, StubServer, as_json, error

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
Run = Callable[..., Result]


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as running:
        yield running


@pytest.fixture
def issuer(server: StubServer) -> StubIssuer:
    made = new_issuer(server)
    made.sign_metadata()
    return made


@pytest.fixture
def requester(server: StubServer, issuer: StubIssuer) -> StubRequester:
    made = new_requester(server)
    trust = TrustList((*issuer.trust().anchors, made.entry()))
    server.routes["GET", "/trust.json"] = lambda _: Reply(200, trust.to_json())
    server.routes["POST", "/codes"] = lambda asked: (
        as_json({"offer": issuer.link}) if asked.json()["code"] == "ABCD2345" else error("not_found", 404)
    )
    return made


@pytest.fixture
def run(server: StubServer, requester: StubRequester, tmp_path: Path) -> Run:
    """Run one command on a vault of this test's own."""
    assert requester.server is server
    environment = {"BILLFOLD_VAULT_PASSPHRASE": "correct horse", "BILLFOLD_WALLET_URL": server.url}

    def run_one(*words: str, answer: str | None = None, **env: str | None) -> Result:
        vault = str(tmp_path / "wallet.vault")
        return CliRunner().invoke(app, ["--vault", vault, *words], input=answer, env={**environment, **env})

    return run_one


@pytest.fixture
def paired(run: Run, issuer: StubIssuer) -> Run:
    """As `run`, with one Cred in the vault."""
    assert run("pair", issuer.link, "--yes").exit_code == 0
    return run


def cred_id(run: Run) -> str:
    found: dict[str, Any] = json.loads(run("list", "--json").stdout)
    return str(found["creds"][0]["id"])


def test_pairing_says_who_and_what_and_asks_first(run: Run, issuer: StubIssuer) -> None:
    done = run("pair", issuer.link, answer="y\n")
    assert done.exit_code == 0
    for words in ("Acme\n  Identity proven", "You will get\n  Badge", "What pairing means", "Pair? [y/N]"):
        assert words in done.stdout
    assert "Paired with Acme. 1 of 1 Cred received." in done.stdout
    assert "Badge, Acme · New, Active, until" in done.stdout


def test_nothing_happens_without_consent(run: Run, issuer: StubIssuer) -> None:
    done = run("pair", issuer.link, answer="n\n")
    assert done.exit_code == 1
    assert "nothing was done" in done.stderr
    assert not issuer.server.asked_for(f"{PATH}/token")


def test_a_short_code_pairs_too(run: Run) -> None:
    assert run("pair", "abcd-2345".upper(), "--yes").exit_code == 0


def test_a_pin_is_asked_for_in_the_issuers_words(run: Run, issuer: StubIssuer) -> None:
    grant = {"pre-authorized_code": "c", "tx_code": {"description": "It came by mail"}}
    issuer.offer["grants"] = {PRE_AUTHORIZED: grant}
    done = run("pair", issuer.link, "--yes", answer="123456\n")
    assert done.exit_code == 0
    assert "PIN (It came by mail)" in done.stderr
    assert issuer.server.asked_for(f"{PATH}/token")[0].form()["tx_code"] == "123456"


def test_an_issuer_that_is_not_proven_is_paired_only_knowingly(run: Run, issuer: StubIssuer) -> None:
    issuer.server.routes["GET", f"/.well-known/openid-credential-issuer{PATH}"] = lambda _: as_json(issuer.metadata)
    refused = run("pair", issuer.link, "--yes")
    assert refused.exit_code == 1
    assert "“Acme Ltd”\n  Identity not proven: this may not be Acme Ltd" in refused.stdout
    assert "--unproven" in refused.stderr
    assert run("pair", issuer.link, "--yes", "--unproven").exit_code == 0


def test_a_cred_that_did_not_come_is_told_and_fails(run: Run, issuer: StubIssuer) -> None:
    issuer.respond = lambda _: {"transaction_id": "t", "interval": 5}
    done = run("pair", issuer.link, "--yes")
    assert done.exit_code == 1
    assert "0 of 1 Cred received" in done.stdout
    assert "Badge: comes later" in done.stdout


def test_the_list_is_words_or_one_json_document(paired: Run) -> None:
    words = paired("list")
    assert (words.exit_code, words.stdout.splitlines()[0]) == (0, "Creds")
    (cred,) = json.loads(paired("list", "--json").stdout)["creds"]
    assert (cred["type_name"], cred["state"], cred["is_new"]) == ("Badge", "active", True)
    assert cred["fields"][0] == {"name": "family_name", "label": "Surname", "value": "Doe"}
    assert "sd_jwt" not in cred
    assert "key" not in cred


def test_a_cred_that_was_shown_is_new_no_longer(paired: Run) -> None:
    shown = paired("show", cred_id(paired))
    assert shown.exit_code == 0
    assert re.search(r"Surname +Doe\n", shown.stdout)
    assert "New" not in paired("list").stdout
    missing = paired("show", "nothing")
    assert (missing.exit_code, "that this wallet holds" in missing.stderr) == (1, True)


def test_what_others_wrote_cannot_steer_the_terminal(run: Run, issuer: StubIssuer) -> None:
    issuer.draft = lambda draft: draft.with_fields(
        family_name="\x1b[2JDoe\u202e", given_name="data:image/png;base64,AA"
    )
    assert run("pair", issuer.link, "--yes").exit_code == 0
    shown = run("show", cred_id(run)).stdout
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "(a picture)" in shown


def test_a_review_shows_all_and_sends_nothing(paired: Run, requester: StubRequester) -> None:
    done = paired("review", requester.link)
    assert done.exit_code == 0
    for words in ("Acme\n  Identity proven", "What for\n  To let you in", "Required\n  Surname  Doe", "Optional\n"):
        assert words in done.stdout
    document = json.loads(paired("review", requester.link, "--json").stdout)
    assert (document["proven"], document["retention_s"], document["is_answerable"]) == (True, 86400, True)
    assert [choice["name"] for choice in document["cards"][0]["creds"][0]["optional"]] == ["email"]
    assert not requester.forms


def test_sharing_says_how_much_for_how_long_and_asks_first(paired: Run, requester: StubRequester) -> None:
    done = paired("share", requester.link, "--optional", "email", answer="y\n")
    assert done.exit_code == 0
    assert "You share 2 fields. They keep them for 1 day." in done.stdout
    assert "Shared with Acme. Badge: family_name, email" in done.stdout
    assert "Go on at https://gym.example/done#x" in done.stdout
    assert "Reference 4M8T-C2WP" in done.stdout
    assert "Shared  Acme\n  Badge: family_name, email" in paired("history").stdout


def test_json_stands_alone_on_standard_output(paired: Run, requester: StubRequester) -> None:
    done = paired("share", requester.link, "--json", "--yes")
    assert json.loads(done.stdout)["accepted"] is True
    assert "You share 1 field." in done.stderr


def test_not_accepted_says_what_reached_them(paired: Run, server: StubServer, requester: StubRequester) -> None:
    server.routes["POST", RESPONSE] = lambda _: error("invalid_request", error_description="expected another Cred")
    done = paired("share", requester.link, "--yes")
    assert done.exit_code == 1
    assert "Not accepted by Acme: expected another Cred" in done.stdout
    assert "has reached them all the same" in done.stdout


def test_declining_is_told(paired: Run, requester: StubRequester) -> None:
    done = paired("decline", requester.link)
    assert done.exit_code == 0
    assert done.stdout == "Declined. Nothing was shared with Acme.\n  Go on at https://gym.example/done#x\n"
    assert requester.forms == [{"error": "access_denied", "state": STATE}]
    assert json.loads(paired("history", "--json").stdout)["history"][0]["outcome"] == "declined"


def test_a_decline_that_does_not_arrive_is_one_all_the_same(
    paired: Run, server: StubServer, requester: StubRequester
) -> None:
    server.routes["POST", RESPONSE] = lambda _: error("invalid_request")
    done = paired("decline", requester.link)
    assert done.exit_code == 0
    assert done.stdout == "Declined. Nothing was shared with Acme.\n  Acme could not be told.\n"


def test_what_nothing_matches_is_told(paired: Run, issuer: StubIssuer, requester: StubRequester) -> None:
    issuer.statuses[0] = 2
    assert "1 Cred changed state" in paired("sync").stdout
    done = paired("share", requester.link, "--yes")
    assert done.exit_code == 1
    assert "Nothing in this wallet matches\n  Badge: it cannot be shared now" in done.stdout
    assert not requester.forms


def test_sync_tells_of_an_ended_pairing(paired: Run, issuer: StubIssuer) -> None:
    assert "Acme: up to date" in paired("sync").stdout
    issuer.refuse_tokens("invalid_grant", billfold_pairing="ended")
    done = paired("sync")
    assert done.exit_code == 1
    assert "Acme ended the pairing. Its Creds are gone" in done.stdout
    assert "No Creds yet" in paired("list").stdout
    assert "paired with nobody yet" in paired("sync").stdout


@pytest.mark.parametrize("by", ["name", "address"])
def test_unpairing_takes_a_name_or_an_address(paired: Run, issuer: StubIssuer, by: str) -> None:
    assert paired("unpair", "Somebody").exit_code == 1
    done = paired("unpair", "Acme" if by == "name" else issuer.identifier)
    assert (done.exit_code, done.stdout) == (0, "Unpaired Acme. Its Creds are gone from this wallet.\n")
    assert json.loads(paired("list", "--json").stdout) == {"creds": []}


@pytest.mark.parametrize(
    ("words", "title"),
    [
        pytest.param(("pair", "hello there"), "Billfold cannot read this code", id="unknown"),
        pytest.param(("pair", "ZZZZ9999"), "This code was used already, or has run out", id="gone"),
        pytest.param(("review", "ABCD2345"), "This is a pairing code, not a request", id="is-offer"),
        pytest.param(("pair", "ABCD2345", "--yes"), "You are paired with this issuer already", id="again"),
    ],
)
def test_an_error_says_what_whose_side_and_what_to_do(paired: Run, words: tuple[str, ...], title: str) -> None:
    done = paired(*words)
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert lines[0] == title
    assert [line.split("  ")[1].strip() for line in lines[1:4]] == ["What happened", "Whose side", "What to do"]


def test_an_error_is_json_where_json_was_asked_for(paired: Run) -> None:
    done = paired("review", "ZZZZ9999", "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["error"]["code"] == "not_found"


def test_a_wrong_passphrase_and_a_missing_vault_are_told(paired: Run, tmp_path: Path) -> None:
    wrong = paired("list", BILLFOLD_VAULT_PASSPHRASE="another horse")
    assert (wrong.exit_code, "not the wallet's passphrase" in wrong.stderr) == (1, True)
    missing = paired("--vault", str(tmp_path / "none"), "list")
    assert (missing.exit_code, "There is no wallet here yet" in missing.stderr) == (1, True)


def test_a_new_passphrase_is_asked_for_twice(run: Run, issuer: StubIssuer) -> None:
    done = run("pair", issuer.link, "--yes", answer="secret words\nsecret words\n", BILLFOLD_VAULT_PASSPHRASE=None)
    assert done.exit_code == 0
    assert "secret words" not in done.output
    assert run("list", answer="secret words\n", BILLFOLD_VAULT_PASSPHRASE=None).exit_code == 0


def test_the_vault_remembers_its_host(run: Run, issuer: StubIssuer, server: StubServer) -> None:
    assert run("pair", issuer.link, "--yes").exit_code == 0
    with StubServer() as elsewhere:
        elsewhere.routes["GET", "/trust.json"] = lambda _: Reply(200, TrustList().to_json())
        asked = len(server.asked_for("/trust.json"))
        assert run("sync", BILLFOLD_WALLET_URL=None).exit_code == 0
        assert (len(server.asked_for("/trust.json")), elsewhere.asked) == (asked + 1, [])

        moved = run("sync", BILLFOLD_WALLET_URL=elsewhere.url)
        assert "identity is proven" in moved.stdout, "nobody is trusted over there"
        assert run("sync", BILLFOLD_WALLET_URL=None).exit_code == 1
        assert len(elsewhere.asked_for("/trust.json")) == 2


def test_a_host_that_does_not_answer_is_not_remembered(run: Run, issuer: StubIssuer) -> None:
    assert run("pair", issuer.link, "--yes").exit_code == 0
    assert run("sync", BILLFOLD_WALLET_URL="http://localhost:1").exit_code == 1
    assert run("sync", BILLFOLD_WALLET_URL=None).exit_code == 0


def test_wrong_use_is_exit_status_2(run: Run) -> None:
    assert run("pair").exit_code == 2
    assert run("nonsense").exit_code == 2


@pytest.mark.parametrize(
    ("given", "link", "expected"),
    [
        pytest.param("https://w.example/", "http://localhost:1/#c=A", "https://w.example", id="given"),
        pytest.param(None, "http://localhost:8710/#c=ABCD2345", "http://localhost:8710", id="on-this-computer"),
        pytest.param(None, "https://elsewhere.example/#c=ABCD2345", DEFAULT_WALLET_URL, id="elsewhere"),
        pytest.param(None, "openid4vp://?x=y", DEFAULT_WALLET_URL, id="no-host"),
    ],
)
def test_a_link_from_elsewhere_never_decides_whom_the_wallet_trusts(
    given: str | None, link: str, expected: str
) -> None:
    assert Session(Path("none"), given).host_for(link) == expected
