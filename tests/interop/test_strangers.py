"""The programs of others among themselves: what they accept and refuse is the measure for ours."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.interop.conftest import StartNode
from tests.support.node import NodeProgram
from tests.support.pki import Identity

pytestmark = pytest.mark.interop

VCT = "https://issuer.example/badge"
CLAIMS = {"given_name": "Jo", "team": "Assembly", "since": 2019, "address": {"city": "Ulm", "street": "Weg 1"}}
QUERY: dict[str, Any] = {
    "credentials": [
        {
            "id": query_id,
            "format": "dc+sd-jwt",
            "meta": {"vct_values": [VCT]},
            "claims": [{"path": [name]}],
        }
        for query_id, name in [("name", "given_name"), ("team", "team"), ("since", "since")]
    ],
    "credential_sets": [
        {"options": [["name"]], "required": True},
        {"options": [["team"]], "required": False},
        {"options": [["since"]], "required": False},
    ],
}


@pytest.fixture
def issuer(start_node: StartNode, issuer_identity: Identity, issuer_port: int) -> NodeProgram:
    return start_node(
        "issuer",
        key=issuer_identity.key,
        chain=issuer_identity.chain,
        claims=json.dumps(CLAIMS),
        vct=VCT,
        pin="1234",
        port=issuer_port,
    )


@pytest.fixture
def taken(issuer: NodeProgram, start_node: StartNode, store: Path, issuer_identity: Identity) -> Path:
    """A wallet's store that holds the issuer's credential."""
    offer = issuer.next_event("listening")["offer"]
    wallet = start_node("wallet", "take", offer=offer, pin="1234", store=store, issuer_roots=issuer_identity.root)
    wallet.succeed()
    return store


def start_verifier(
    start_node: StartNode, identity: Identity, issuer_root: Path, query: dict[str, Any] = QUERY, **options: object
) -> NodeProgram:
    return start_node(
        "verifier",
        key=identity.key,
        chain=identity.chain,
        issuer_roots=issuer_root,
        query=json.dumps(query),
        **options,
    )


def test_a_credential_is_taken(
    issuer: NodeProgram, start_node: StartNode, store: Path, issuer_identity: Identity
) -> None:
    listening = issuer.next_event("listening")
    offer = listening["offer"]
    wallet = start_node("wallet", "take", offer=offer, pin="1234", store=store, issuer_roots=issuer_identity.root)

    received = wallet.next_event("received")

    assert received["issuer"] == received["claims"]["iss"] == listening["issuer"]
    assert received["names"]["sanUriNames"] == [listening["issuer"]]
    assert received["vct"] == VCT
    assert {name: received["claims"][name] for name in CLAIMS} == CLAIMS
    wallet.succeed()
    assert [issuer.next_event()["event"] for _ in range(3)] == ["token", "credential", "notified"]


@pytest.mark.parametrize(("pin", "message"), [("9999", "invalid_grant"), (None, "tx_code")])
def test_a_wrong_pin_is_refused(
    issuer: NodeProgram,
    start_node: StartNode,
    store: Path,
    issuer_identity: Identity,
    pin: str | None,
    message: str,
) -> None:
    offer = issuer.next_event("listening")["offer"]
    wallet = start_node("wallet", "take", offer=offer, pin=pin, store=store, issuer_roots=issuer_identity.root)

    code, events = wallet.finish()

    assert code == 1
    assert message in events[-1]["error"]
    assert not store.exists()


def test_a_code_works_once(issuer: NodeProgram, start_node: StartNode, store: Path, issuer_identity: Identity) -> None:
    offer = issuer.next_event("listening")["offer"]
    codes = []
    for _ in range(2):
        wallet = start_node("wallet", "take", offer=offer, pin="1234", store=store, issuer_roots=issuer_identity.root)
        codes.append(wallet.finish()[0])
    assert codes == [0, 1]


def test_a_credential_of_an_unknown_issuer_is_not_kept(
    issuer: NodeProgram, start_node: StartNode, store: Path, verifier_identity: Identity
) -> None:
    offer = issuer.next_event("listening")["offer"]
    wallet = start_node("wallet", "take", offer=offer, pin="1234", store=store, issuer_roots=verifier_identity.root)

    code, events = wallet.finish()

    assert code == 1
    assert "leads to a trusted root" in events[-1]["error"]
    assert not store.exists()


@pytest.mark.parametrize(
    ("optional", "shared"),
    [("none", ["name"]), ("all", ["name", "team", "since"]), ("team", ["name", "team"])],
)
@pytest.mark.parametrize("options", [{}, {"request_uri_method": "post", "prefix": "x509_san_dns"}], ids=["get", "post"])
def test_what_is_chosen_is_shared_and_nothing_else(
    taken: Path,
    start_node: StartNode,
    issuer_identity: Identity,
    verifier_identity: Identity,
    optional: str,
    shared: list[str],
    options: dict[str, Any],
) -> None:
    verifier = start_verifier(start_node, verifier_identity, issuer_identity.root, **options)
    link = verifier.next_event("listening")["link"]
    roots = verifier_identity.root
    wallet = start_node("wallet", "present", request=link, store=taken, verifier_roots=roots, optional=optional)

    wallet.succeed()
    claims = verifier.next_event("verified")["claims"]

    names = {"name": "given_name", "team": "team", "since": "since"}
    assert sorted(claims) == sorted(shared)
    for query_id, (disclosed,) in claims.items():
        assert CLAIMS.keys() & disclosed.keys() == {names[query_id]}


def test_a_request_of_an_unknown_verifier_is_not_answered(
    taken: Path, start_node: StartNode, issuer_identity: Identity, verifier_identity: Identity
) -> None:
    verifier = start_verifier(start_node, verifier_identity, issuer_identity.root)
    link = verifier.next_event("listening")["link"]
    wallet = start_node("wallet", "present", request=link, store=taken, verifier_roots=issuer_identity.root)

    code, events = wallet.finish()

    assert code == 1
    assert [event["event"] for event in events] == ["failed"]


def test_a_presentation_of_an_unknown_issuer_is_refused(
    taken: Path, start_node: StartNode, verifier_identity: Identity
) -> None:
    verifier = start_verifier(start_node, verifier_identity, verifier_identity.root)
    link = verifier.next_event("listening")["link"]
    wallet = start_node("wallet", "present", request=link, store=taken, verifier_roots=verifier_identity.root)

    code, events = wallet.finish()

    assert (code, events[-1]["status"]) == (1, 400)
    assert "leads to a trusted root" in verifier.next_event("refused")["error"]


@pytest.mark.parametrize(
    ("spoil", "message"), [("nonce", "Nonce"), ("audience", "audience"), ("disclosure", "sd_hash")]
)
def test_a_false_key_binding_is_refused(
    taken: Path,
    start_node: StartNode,
    issuer_identity: Identity,
    verifier_identity: Identity,
    spoil: str,
    message: str,
) -> None:
    verifier = start_verifier(start_node, verifier_identity, issuer_identity.root)
    link = verifier.next_event("listening")["link"]
    roots = verifier_identity.root
    wallet = start_node("wallet", "present", request=link, store=taken, verifier_roots=roots, spoil=spoil)

    assert wallet.finish()[0] == 1
    assert message in verifier.next_event("refused")["error"]


def test_a_field_within_a_field_is_shared(
    taken: Path, start_node: StartNode, issuer_identity: Identity, verifier_identity: Identity
) -> None:
    query = {"credentials": [{**QUERY["credentials"][0], "claims": [{"path": ["address", "city"]}]}]}
    verifier = start_verifier(start_node, verifier_identity, issuer_identity.root, query)
    link = verifier.next_event("listening")["link"]
    start_node("wallet", "present", request=link, store=taken, verifier_roots=verifier_identity.root).succeed()

    (disclosed,) = verifier.next_event("verified")["claims"]["name"]

    assert disclosed["address"] == CLAIMS["address"]  # this issuer makes an address disclosable only as a whole


def test_a_request_may_be_declined(
    start_node: StartNode, issuer_identity: Identity, verifier_identity: Identity
) -> None:
    verifier = start_verifier(start_node, verifier_identity, issuer_identity.root)
    link = verifier.next_event("listening")["link"]
    wallet = start_node("wallet", "decline", request=link, verifier_roots=verifier_identity.root)

    wallet.succeed()
    assert verifier.next_event("declined")["error"] == "access_denied"
