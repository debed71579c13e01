"""The web wallet with software of others, made of npm packages: their issuer's Cred, and their verifier's request."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from cryptography import x509
from playwright.async_api import expect

from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.trust_list import Role, TrustEntry
from tests.journeys.wallet.conftest import OpenWallet
from tests.support import needs, node, pki
from tests.support.demo import Demo
from tests.support.ports import free_port
from tests.support.trust import list_anchor

pytestmark = [pytest.mark.browser, pytest.mark.interop, pytest.mark.asyncio(loop_scope="module")]

CLAIMS = {"member": "Xiomara Teixeira", "level": "Gold", "since": "2019-05-01"}
VCT = "https://library.example/member"
PIN = "482913"


@pytest.fixture
def programs() -> Iterator[tuple[ExitStack, str]]:
    """What runs until the test's end, and where Node is."""
    path = node.find_node()
    if path is None:
        needs.missing("Node with the packages of tests/interop/node")
    with ExitStack() as running:
        yield running, path


def entry(name: str, role: Role, root: Path, **names: tuple[str, ...]) -> TrustEntry:
    """Return what an operator lists to trust a stranger's *root*."""
    certificate = x509.load_pem_x509_certificate(root.read_bytes())
    return TrustEntry(name, role, x5c_entry(certificate), **names)


def issuer(programs: tuple[ExitStack, str], who: pki.Identity, port: int) -> tuple[node.NodeProgram, str]:
    """Start the issuer of others, and return it with its offer."""
    running, path = programs
    options = {"key": who.key, "chain": who.chain, "claims": json.dumps(CLAIMS), "vct": VCT, "pin": PIN, "port": port}
    started = running.enter_context(node.running_program(path, "issuer", **options))
    return started, started.next_event("listening")["offer"]


def verifier(programs: tuple[ExitStack, str], who: pki.Identity, issuers: Path) -> tuple[node.NodeProgram, str]:
    """Start the verifier of others, and return it with its request: the member, and the level where the person ticks it."""
    running, path = programs
    meta = {"vct_values": [VCT]}
    queries = [
        {"id": claim, "format": "dc+sd-jwt", "meta": meta, "claims": [{"path": [claim]}]}
        for claim in ("member", "level", "since")
    ]
    sets = [{"options": [[query["id"]]], "required": query["id"] == "member"} for query in queries]
    query = json.dumps({"credentials": queries, "credential_sets": sets})
    options = {"key": who.key, "chain": who.chain, "issuer_roots": issuers, "query": query}
    started = running.enter_context(node.running_program(path, "verifier", **options))
    return started, started.next_event("listening")["link"]


async def test_their_issuer_gives_a_cred_that_their_verifier_accepts(
    open_wallet: OpenWallet, demo: Demo, programs: tuple[ExitStack, str], tmp_path: Path
) -> None:
    """The wallet's operator lists both roots. What was not ticked does not reach the verifier."""
    port = free_port()
    address = f"http://localhost:{port}"
    issuing = pki.make_identity(tmp_path, "issuer", dns=["localhost"], uris=[address])
    asking = pki.make_identity(tmp_path, "verifier", dns=["localhost"])
    wallet = await open_wallet(demo.wallet)
    await list_anchor(wallet.page, entry("Verifier of others", "requester", asking.root, hosts=("localhost",)))
    await wallet.set_up()

    theirs, offer = issuer(programs, issuing, port)
    await wallet.paste(offer)
    await expect(wallet.page.get_by_text("Identity not proven")).to_be_visible()  # their metadata is not signed
    assert await wallet.axe() == []
    await wallet.button("Pair anyway").click()
    await wallet.page.get_by_label("PIN").fill(PIN)
    await wallet.button("Continue").click()
    await wallet.button("Not now").click()
    await wallet.show_creds()
    assert theirs.next_event("token")["event"] == "token"
    assert theirs.next_event("credential")["claims"] == CLAIMS
    assert theirs.next_event("notified")["what"] == "credential_accepted"

    their_verifier, request = verifier(programs, asking, issuing.root)
    await wallet.visit("#creds")
    await wallet.paste(request)
    await expect(wallet.page.get_by_text("Identity proven")).to_be_visible()
    await wallet.page.get_by_role("checkbox", name="level").check()
    assert await wallet.axe() == []
    await wallet.button("Share").click()

    await expect(wallet.heading("Shared")).to_be_visible()
    claims = their_verifier.next_event("verified")["claims"]
    shown = {name: set(presented[0]) & set(CLAIMS) for name, presented in claims.items()}
    assert shown == {"member": {"member"}, "level": {"level"}}


async def test_their_verifier_hears_of_a_decline(
    open_wallet: OpenWallet, demo: Demo, programs: tuple[ExitStack, str], tmp_path: Path
) -> None:
    asking = pki.make_identity(tmp_path, "verifier", dns=["localhost"])
    wallet = await open_wallet(demo.wallet)
    await list_anchor(wallet.page, entry("Verifier of others", "requester", asking.root, hosts=("localhost",)))
    await wallet.set_up()
    theirs, request = verifier(programs, asking, asking.root)

    await wallet.paste(request)
    await expect(wallet.page.get_by_text("You have no Cred that fits")).to_be_visible()
    await expect(wallet.page.get_by_text("They ask for: Member. You hold none.")).to_be_visible()
    await wallet.button("Decline").click()

    await expect(wallet.heading("Declined")).to_be_visible()
    assert theirs.next_event("declined")["error"] == "access_denied"
