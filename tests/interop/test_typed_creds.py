"""A Cred with nested fields and arrays, among strangers: whoever holds or checks it sees what was asked, one by one."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from billfold.holder import TrustEntry, TrustList, Wallet, load_trust
from tests.interop.conftest import StartNode
from tests.interop.test_our_holder import entry, start_verifier
from tests.support.cred_types import ATTRIBUTES, MEMBERSHIP, SLUG
from tests.support.demo import Demo
from tests.support.pki import Identity

pytestmark = pytest.mark.interop

ASKED = ("name", "address.city", "nationalities.*", "adult?", "level?")


@pytest.fixture(scope="module")
def membership(demo: Demo) -> str:
    """The Cred type's `vct`, once the issuer's metadata names it."""
    made: dict[str, Any] = demo.api().post("/credential-types", {"slug": SLUG, "definition": MEMBERSHIP})
    issuer = httpx.URL(demo.organisations["northwind"]["issuer"])
    metadata = issuer.copy_with(path=f"/.well-known/openid-credential-issuer{issuer.path}")
    while SLUG not in demo.client.get(metadata).json()["credential_configurations_supported"]:
        time.sleep(0.2)
    return str(made["vct"])


def new_member(demo: Demo) -> dict[str, Any]:
    """Return a pairing code of somebody who should hold a membership."""
    return demo.pairing_code(demo.new_person("Zola Quist", ATTRIBUTES, SLUG))


async def trust_of(demo: Demo, *others: TrustEntry) -> TrustList:
    listed = await load_trust(demo.wallet, development=True)
    return TrustList((*listed.anchors, *others))


async def test_our_requester_reads_what_our_holder_shows_of_it(demo: Demo, membership: str) -> None:
    assert membership
    code, template = new_member(demo), demo.new_template({SLUG: ASKED})
    async with Wallet.create(None, trust=await trust_of(demo), wallet_url=demo.wallet, development=True) as wallet:
        result = await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
        (cred,) = result.received
        values = {field.name: field.value for field in cred.fields}
        assert sorted(values) == sorted(field.name for field in cred.fields)
        assert "nationalities" not in values
        assert (values["adult"], values["level"], values["born"]) == (True, 3, "1994-03-12")
        assert (values["address.city"], values["nationalities.*"]) == ("Utrecht", ["NL", "NG"])
        asked = demo.club.post("/presentation-requests", {"template": template})

        assert (await wallet.share(await wallet.review(asked["wallet_link"]), optional=["adult"])).accepted

    (shown,) = demo.answer(asked)["verification"]["creds"]
    assert shown["fields"] == {
        "name": "Zola Quist",
        "address.city": "Utrecht",
        "nationalities.*": ["NL", "NG"],
        "adult": True,
    }


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param(["address"], {"address": {"country": "NL", "city": "Utrecht"}}, id="whole"),
        pytest.param(["address", "country"], {"address": {"country": "NL"}}, id="member"),
        pytest.param(["nationalities", None], {"nationalities": ["NL", "NG"]}, id="each"),
        pytest.param(["nationalities", 1], {"nationalities": ["NG"]}, id="one"),
        pytest.param(["nationalities"], {"nationalities": ["NL", "NG"]}, id="array"),
        pytest.param(["adult"], {"adult": True}, id="boolean"),
    ],
)
async def test_their_verifier_reads_what_our_holder_shows_of_it(
    demo: Demo,
    membership: str,
    start_node: StartNode,
    verifier_identity: Identity,
    tmp_path: Path,
    path: list[str | int | None],
    shown: dict[str, Any],
) -> None:
    """RFC 9901 4.2.4.2 and 4.2.6: parents come along, neighbours do not."""
    trust = await trust_of(demo, entry(verifier_identity.root, "requester", hosts=("localhost",)))
    code = new_member(demo)
    meta = {"format": "dc+sd-jwt", "meta": {"vct_values": [membership]}}
    asked = {"credentials": [{"id": "needed", **meta, "claims": [{"path": path}]}]}
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as wallet:
        await wallet.pair(await wallet.look_at(code["wallet_link"]), code["tx_code"])
        verifier, link = start_verifier(start_node, verifier_identity, demo.write_roots(tmp_path, "issuer"), asked)

        assert (await wallet.share(await wallet.review(link))).accepted

    (claims,) = verifier.next_event("verified")["claims"]["needed"]
    fields = {field["claim"].partition(".")[0] for field in MEMBERSHIP["fields"]} - {"club"}
    assert {name: value for name, value in claims.items() if name in fields} == shown
    assert claims["club"] == "Harbour"


def test_their_wallet_takes_it_and_answers_our_request(
    demo: Demo, membership: str, start_node: StartNode, tmp_path: Path
) -> None:
    assert membership
    code, template = new_member(demo), demo.new_template({SLUG: ("name", "address.city")})
    store, roots = tmp_path / "wallet.json", demo.write_roots(tmp_path, "issuer")
    taken, (received,) = start_node(
        "wallet", "take", offer=code["offer"], pin=code["tx_code"], store=store, issuer_roots=roots
    ).finish()
    assert taken == 0, received
    assert received["claims"]["address"] == {"country": "NL", "city": "Utrecht"}
    assert received["claims"]["nationalities"] == ["NL", "NG"]
    asked = demo.club.post("/presentation-requests", {"template": template})

    requester = demo.write_roots(tmp_path, "requester")
    answered, events = start_node(
        "wallet", "present", request=asked["request"], store=store, verifier_roots=requester
    ).finish()

    assert answered == 0, events
    verification = demo.answer(asked)["verification"]
    assert verification["accepted"]
    assert verification["creds"][0]["fields"] == {"name": "Zola Quist", "address.city": "Utrecht"}
