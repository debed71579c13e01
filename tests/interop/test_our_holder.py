"""Our headless holder among strangers: it takes what their issuer gives and presents to their verifier."""

import base64
import json
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from billfold.core.keys import PrivateKey
from billfold.core.trust.trust_list import Role
from billfold.errors import RequestRefused, StateError
from billfold.holder import PeerRefusal, TrustEntry, TrustList, Wallet, load_trust
from tests.interop.conftest import StartNode
from tests.support.demo import BADGE, Demo
from tests.support.holders import later
from tests.support.node import NodeProgram
from tests.support.pki import Identity

pytestmark = pytest.mark.interop

PIN = "4711"
VCT = "https://issuer.example/library-card"
CLAIMS = {"holder": "Ines Okonkwo", "branch": "Harbour Street", "since": 2021}


def entry(root: Path, role: Role, **for_whom: tuple[str, ...]) -> TrustEntry:
    """List a stranger's root for whom it may speak."""
    certificate = base64.b64encode(ssl.PEM_cert_to_DER_cert(root.read_text())).decode()
    return TrustEntry("A stranger", role, certificate, **for_whom)


def query(vct: str, *names: str, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Ask for *names* of one type, and for each of *optional* as a further, optional set."""
    meta = {"format": "dc+sd-jwt", "meta": {"vct_values": [vct]}}
    asked = [("needed", names), *((name, (name,)) for name in optional)]
    return {
        "credentials": [{"id": id_, **meta, "claims": [{"path": [n]} for n in claims]} for id_, claims in asked],
        "credential_sets": [{"options": [[id_]], "required": id_ == "needed"} for id_, _ in asked],
    }


@pytest.fixture
async def wallet(verifier_identity: Identity) -> AsyncIterator[Wallet]:
    """A wallet that knows the strangers' verifier, and no issuer."""
    trust = TrustList((entry(verifier_identity.root, "requester", hosts=("localhost",)),))
    async with Wallet.create(None, trust=trust, development=True, wallet_url="http://localhost:1") as made:
        yield made


def start_issuer(start_node: StartNode, identity: Identity, port: int, **options: object) -> NodeProgram:
    """Start the strangers' issuer."""
    given = {"key": identity.key, "chain": identity.chain, "claims": json.dumps(CLAIMS), "vct": VCT, "pin": PIN}
    return start_node("issuer", **given, port=port, **options)


@pytest.fixture
def issuer(start_node: StartNode, issuer_identity: Identity, issuer_port: int) -> NodeProgram:
    return start_issuer(start_node, issuer_identity, issuer_port)


def start_verifier(
    start_node: StartNode, identity: Identity, roots: Path, asked: dict[str, Any], **options: object
) -> tuple[NodeProgram, str]:
    """Start the strangers' verifier, and return it with its request's link."""
    program = start_node(
        "verifier", key=identity.key, chain=identity.chain, issuer_roots=roots, query=json.dumps(asked), **options
    )
    return program, program.next_event("listening")["link"]


async def test_an_unproven_issuer_is_paired_after_the_warning_and_pinned(issuer: NodeProgram, wallet: Wallet) -> None:
    listening = issuer.next_event("listening")

    review = await wallet.look_at(listening["offer"])
    assert (review.issuer, review.proven, review.needs_tx_code) == (listening["issuer"], False, True)
    assert [offered.name for offered in review.offered] == ["Badge"]
    result = await wallet.pair(review, PIN)

    assert [issuer.next_event()["event"] for _ in range(3)] == ["token", "credential", "notified"]
    assert (result.issuer.proven, result.missing) == (False, ())
    (cred,) = wallet.creds()
    assert {field.name: field.value for field in cred.fields} == CLAIMS
    assert (cred.vct, cred.state, cred.issuer) == (VCT, "active", listening["issuer"])


async def test_their_batch_is_taken_whole_and_each_share_shows_another_instance(
    start_node: StartNode, wallet: Wallet, issuer_identity: Identity, issuer_port: int, verifier_identity: Identity
) -> None:
    issuer = start_issuer(start_node, issuer_identity, issuer_port, batch=3)
    await wallet.pair(await wallet.look_at(issuer.next_event("listening")["offer"]), PIN)
    issuer.next_event("token")
    given = [issuer.next_event("credential")["holder"] for _ in range(3)]

    shown = []
    for _ in range(3):
        verifier, link = start_verifier(start_node, verifier_identity, issuer_identity.root, query(VCT, "holder"))
        instance = wallet._parts.vault.contents.creds[0]
        assert (await wallet.share(await wallet.review(link))).accepted
        assert verifier.next_event("verified")["claims"]["needed"][0]["holder"] == CLAIMS["holder"]
        assert instance.key is not None
        shown.append(PrivateKey.from_jwk(instance.key).public().thumbprint())

    assert sorted(shown) == sorted(given)


async def test_their_deferred_cred_comes_after_they_have_said_not_yet(
    start_node: StartNode, wallet: Wallet, issuer_identity: Identity, issuer_port: int
) -> None:
    issuer = start_issuer(start_node, issuer_identity, issuer_port, deferred=1)
    result = await wallet.pair(await wallet.look_at(issuer.next_event("listening")["offer"]), PIN)
    assert [(missing.code, missing.comes_later) for missing in result.missing] == [("deferred", True)]
    issuer.next_event("token")

    (not_yet,) = await later(wallet, timedelta(seconds=1)).sync()
    assert issuer.next_event("deferred")["left"] == 0
    assert [missing.code for missing in not_yet.missing] == ["deferred"]
    (synced,) = await later(wallet, timedelta(seconds=3)).sync()

    assert [issuer.next_event()["event"] for _ in range(2)] == ["credential", "notified"]
    assert [{field.name: field.value for field in cred.fields} for cred in synced.received] == [CLAIMS]


async def test_a_wrong_pin_brings_nothing(issuer: NodeProgram, wallet: Wallet) -> None:
    review = await wallet.look_at(issuer.next_event("listening")["offer"])

    with pytest.raises(PeerRefusal) as refused:
        await wallet.pair(review, "9999")

    assert refused.value.code == "invalid_grant"
    assert (wallet.creds(), wallet.issuers()) == ((), ())


async def test_a_listed_issuer_may_sign_with_its_own_root_only(
    issuer: NodeProgram, verifier_identity: Identity, issuer_port: int
) -> None:
    """Another root than the listed one signs the Cred: it is not kept, and the issuer is told."""
    listed = entry(verifier_identity.root, "issuer", identifiers=(f"http://localhost:{issuer_port}",))
    wallet_url = "http://localhost:1"
    async with Wallet.create(None, trust=TrustList((listed,)), development=True, wallet_url=wallet_url) as wallet:
        result = await wallet.pair(await wallet.look_at(issuer.next_event("listening")["offer"]), PIN)

        assert [(missing.code, missing.comes_later) for missing in result.missing] == [("untrusted", False)]
        assert wallet.creds() == ()
    assert [issuer.next_event()["event"] for _ in range(2)] == ["token", "credential"]
    assert issuer.next_event("notified")["what"] == "credential_failure"


@pytest.mark.parametrize(
    ("ticked", "shared"),
    [((), []), (("branch",), ["branch"]), (("branch", "since"), ["branch", "since"])],
    ids=["nothing", "one", "all"],
)
@pytest.mark.parametrize("options", [{}, {"request_uri_method": "post", "prefix": "x509_san_dns"}], ids=["get", "post"])
async def test_their_cred_is_presented_to_their_verifier(
    issuer: NodeProgram,
    wallet: Wallet,
    start_node: StartNode,
    issuer_identity: Identity,
    verifier_identity: Identity,
    ticked: tuple[str, ...],
    shared: list[str],
    options: dict[str, Any],
) -> None:
    await wallet.pair(await wallet.look_at(issuer.next_event("listening")["offer"]), PIN)
    asked = query(VCT, "holder", optional=("branch", "since"))
    verifier, link = start_verifier(
        start_node, verifier_identity, issuer_identity.root, asked, redirect="http://localhost:9/done", **options
    )

    review = await wallet.review(link)
    assert (review.proven, review.address, review.is_answerable) == (True, "localhost", True)
    answered = await wallet.share(review, optional=ticked)

    assert (answered.accepted, answered.redirect_uri) == (True, "http://localhost:9/done")
    claims = verifier.next_event("verified")["claims"]
    assert sorted(claims) == sorted(["needed", *shared])
    disclosed = {name: value for each in claims.values() for name, value in each[0].items() if name in CLAIMS}
    assert disclosed == {name: CLAIMS[name] for name in ["holder", *shared]}


async def test_a_request_of_theirs_is_declined(
    wallet: Wallet, start_node: StartNode, issuer_identity: Identity, verifier_identity: Identity
) -> None:
    verifier, link = start_verifier(start_node, verifier_identity, issuer_identity.root, query(VCT, "holder"))

    review = await wallet.review(link)
    assert not review.is_answerable
    with pytest.raises(StateError):
        await wallet.share(review)
    await wallet.decline(review)

    assert verifier.next_event("declined")["error"] == "access_denied"


async def test_a_requester_whose_root_is_not_listed_gets_no_answer(
    wallet: Wallet, start_node: StartNode, issuer_identity: Identity
) -> None:
    """Signed by an unknown root: an error with no way on, unlike a request that claims no identity."""
    _, link = start_verifier(start_node, issuer_identity, issuer_identity.root, query(VCT, "holder"))

    with pytest.raises(RequestRefused, match="ends at a trusted anchor"):
        await wallet.review(link)


@pytest.mark.parametrize("ticked", [(), ("team",)], ids=["nothing", "one"])
async def test_our_cred_is_presented_to_their_verifier(
    demo: Demo, start_node: StartNode, verifier_identity: Identity, tmp_path: Path, ticked: tuple[str, ...]
) -> None:
    """The whole of it is theirs to check: chain, signature, status list, key binding, and what was asked."""
    listed = await load_trust(demo.wallet, development=True)
    trust = TrustList((*listed.anchors, entry(verifier_identity.root, "requester", hosts=("localhost",))))
    code = demo.pairing_code(demo.new_employee())
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as wallet:
        result = await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
        badge = next(cred for cred in result.received if cred.type_name == "Employee badge")
        asked = query(badge.vct, "name", "employer", optional=("team", "date_of_birth"))
        verifier, link = start_verifier(start_node, verifier_identity, demo.write_roots(tmp_path, "issuer"), asked)

        answered = await wallet.share(await wallet.review(link), optional=ticked)

    assert answered.accepted
    claims = verifier.next_event("verified")["claims"]
    assert sorted(claims) == ["needed", *ticked]
    assert claims["needed"][0].items() >= {"name": "Zola Quist", "employer": "Northwind Robotics"}.items()
    assert {name for each in claims.values() for name in each[0] if name in BADGE} == set(ticked)


async def test_our_suspended_cred_is_refused_by_their_verifier(
    demo: Demo, start_node: StartNode, verifier_identity: Identity, tmp_path: Path
) -> None:
    """They read our status list, and the wallet has not synced since."""
    listed = await load_trust(demo.wallet, development=True)
    trust = TrustList((*listed.anchors, entry(verifier_identity.root, "requester", hosts=("localhost",))))
    person = demo.new_employee()
    code = demo.pairing_code(person)
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as wallet:
        await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
        demo.move(person, "suspend")
        asked = query(wallet.creds()[0].vct, "name")
        verifier, link = start_verifier(start_node, verifier_identity, demo.write_roots(tmp_path, "issuer"), asked)

        answered = await wallet.share(await wallet.review(link))

    assert (answered.accepted, wallet.history()[-1].outcome) == (False, "not_accepted")
    assert "tatus" in verifier.next_event("refused")["error"]
