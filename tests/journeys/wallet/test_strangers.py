"""Requesters of a test's own making: every byte that leaves the device read, unproven ones, and ones that are untrue."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.async_api import Route, expect

from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.trust.chain import BILLFOLD_REQUESTER_EKU
from billfold.core.trust.trust_list import TrustEntry
from billfold.roles.issuer_names import vct_of
from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import BADGE, Demo
from tests.support.stub_issuer import new_organisation
from tests.support.stub_requester import NONCE, RESPONSE, STATE, StubRequester
from tests.support.stub_server import StubServer
from tests.support.trust import list_anchor
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

OPTIONAL = ("team", "date_of_birth")


@pytest.fixture
def server() -> Iterator[StubServer]:
    """The requester's server."""
    with StubServer() as running:
        yield running


def asking(demo: Demo) -> DcqlQuery:
    """Return a query for the employee badge: the name, and two optional fields."""
    meta = {"vct_values": [vct_of(demo.organisations["northwind"]["issuer"], "employee-badge")]}
    claims = ("name", *OPTIONAL)
    queries = [{"id": c, "format": "dc+sd-jwt", "meta": meta, "claims": [{"path": [c]}]} for c in claims]
    sets = [{"options": [[claim]], "required": claim == "name"} for claim in claims]
    return parse_query({"credentials": queries, "credential_sets": sets})


def requester(demo: Demo, server: StubServer) -> StubRequester:
    """Return a requester that signs its requests."""
    who = new_organisation(uri_names=(), eku=BILLFOLD_REQUESTER_EKU)
    return StubRequester(server, who, asking(demo)).begin()


async def holding(demo: Demo, open_wallet: OpenWallet, listed: TrustEntry | None = None) -> WalletPage:
    """Return a wallet with an employee's Creds; *listed* is what its operator lists beside the demo's organisations."""
    wallet = await open_wallet(demo.wallet)
    if listed is not None:
        await list_anchor(wallet.page, listed)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee("Wilhelmina Achterberg")))
    return wallet


async def watch_disclosures(wallet: WalletPage, found: dict[str, tuple[str, str]]) -> None:
    """Note each disclosure that an issuer sends, by field: its salt, and itself as it was sent."""

    async def note(route: Route) -> None:
        response = await route.fetch()
        if route.request.method == "POST":
            credential = (await response.json())["credentials"][0]["credential"]
            for disclosure in credential.split("~")[1:-1]:
                salt, name, _ = json.loads(decoded(disclosure))
                found[name] = (salt, disclosure)
        await route.fulfill(response=response)

    await wallet.page.route("**/credential", note)


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def forms_of(value: str) -> list[bytes]:
    """Return the forms in which *value* could travel unseen: as it is, encoded at any alignment, hashed."""
    plain = value.encode()
    digest = hashlib.sha256(plain)
    shifted = [base64.b64encode(bytes(n) + plain)[4 if n else 0 : -4] for n in range(3)]
    hashed = [digest.hexdigest().encode(), base64.urlsafe_b64encode(digest.digest())[:42], digest.digest()]
    shifted += [each.translate(bytes.maketrans(b"+/", b"-_")) for each in shifted]
    return [plain, plain.hex().encode(), *shifted, *hashed]


def everything_in(opened: dict[str, Any]) -> bytes:
    """Return what a requester finds in an answer, with every part of every presentation decoded."""
    texts = [text for presentations in opened["vp_token"].values() for text in presentations]
    parts = [part for text in texts for piece in text.split("~") for part in piece.split(".")[:2] if part]
    return json.dumps(opened).encode() + b"\n" + b"\n".join(decoded(part) for part in parts)


async def test_of_what_was_not_ticked_nothing_leaves_the_device_in_any_form(
    demo: Demo, open_wallet: OpenWallet, server: StubServer
) -> None:
    """Every request of the page is read whole, and the answer is opened with the requester's own key."""
    asked = requester(demo, server)
    disclosures: dict[str, tuple[str, str]] = {}
    wallet = await open_wallet(demo.wallet)
    await watch_disclosures(wallet, disclosures)
    await list_anchor(wallet.page, asked.entry())
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee("Wilhelmina Achterberg")))
    await wallet.paste(asked.link)
    await expect(wallet.page.get_by_text("Identity proven")).to_be_visible()
    await wallet.page.get_by_role("checkbox", name="Team").check()
    await wallet.button("Share").click()
    await expect(wallet.heading("Shared")).to_be_visible()

    opened = asked.opened()
    assert sorted(opened["vp_token"]) == ["name", "team"]
    inside, outside = everything_in(opened), await wallet.bytes_sent()
    for name in ("name", "team"):
        assert disclosures[name][1].encode() in inside
    assert BADGE["team"].encode() in inside  # the search finds what is there
    secret = {name: BADGE[name] for name in ("date_of_birth", "staff_number")}
    for name, value in secret.items():
        salt, disclosure = disclosures[name]
        assert len(decoded(salt)) >= 16  # so that the digest in the Cred tells nobody what it stands for
        for trace in [*forms_of(value), salt.encode(), disclosure.encode(), name.encode() + b'":']:
            assert trace not in inside
            assert trace not in outside
    for value in (*BADGE.values(), "Wilhelmina", "QX 905 VB"):
        assert value.encode() not in outside  # not even what was shared goes without its envelope


async def test_a_requester_that_nothing_proves_is_quoted_and_declining_comes_first(
    demo: Demo, open_wallet: OpenWallet, server: StubServer
) -> None:
    wallet = await holding(demo, open_wallet)
    asked = requester(demo, server)
    address = f"{server.url}{RESPONSE}"
    metadata = {
        "client_name": "Harbour Sports Club",
        "jwks": {"keys": [{**asked.key.public().to_jwk(), "kid": "k1", "use": "enc", "alg": "ECDH-ES"}]},
        "encrypted_response_enc_values_supported": ["A256GCM"],
        "vp_formats_supported": {"dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]}},
    }
    parameters = {
        "client_id": f"redirect_uri:{address}",
        "response_type": "vp_token",
        "response_mode": "direct_post.jwt",
        "response_uri": address,
        "nonce": NONCE,
        "state": STATE,
        "dcql_query": json.dumps(asked.query.to_json()),
        "client_metadata": json.dumps(metadata),
    }
    await wallet.paste(f"openid4vp://?{urlencode(parameters)}")

    main = wallet.page.get_by_role("main")
    await expect(wallet.page.get_by_text("Identity not proven")).to_be_visible()
    await expect(wallet.heading("“Harbour Sports Club”")).to_be_visible()
    await expect(main.get_by_text("Nothing proves that this is Harbour Sports Club.")).to_contain_text("localhost")
    await expect(main.locator(".actions").get_by_role("button").first).to_have_text("Decline")
    assert await wallet.axe() == []
    assert server.asked == []
    await wallet.button("Share").click()
    await expect(wallet.heading("Shared")).to_be_visible()
    assert sorted(asked.opened()["vp_token"]) == ["name"]


async def test_a_signature_under_an_unknown_root_is_an_error_with_no_way_on(
    demo: Demo, open_wallet: OpenWallet, server: StubServer
) -> None:
    wallet = await holding(demo, open_wallet)
    asked = requester(demo, server)

    await wallet.paste(asked.link)

    await expect(wallet.heading("This is not safe to go on")).to_be_focused()
    await expect(wallet.button("Share")).to_have_count(0)
    await expect(wallet.button("Try again")).to_have_count(0)
    assert await wallet.axe() == []
    assert [each.method for each in server.asked] == ["GET"]
    await wallet.button("Close").last.click()
    await expect(wallet.heading("Creds")).to_be_visible()


async def test_a_request_that_was_changed_on_its_way_is_not_answered(
    demo: Demo, open_wallet: OpenWallet, server: StubServer
) -> None:
    asked = requester(demo, server)
    wallet = await holding(demo, open_wallet, asked.entry())
    asked.tamper = lambda text: text[:-8] + ("AAAAAAAA" if text[-8:] != "AAAAAAAA" else "BBBBBBBB")

    await wallet.paste(asked.link)

    await expect(wallet.heading("This is not safe to go on")).to_be_focused()
    assert asked.forms == []
