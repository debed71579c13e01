"""The demo behind somebody's TLS server: each address that it prints, serves or signs is the public one."""

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

import billfold.holder
from billfold.adapters.http.client import GuardedClient
from billfold.apps.demo import folder
from billfold.apps.public_addresses import hosts_below, hosts_or_ports
from billfold.errors import ConfigurationError
from billfold.holder import Wallet, load_trust
from billfold.roles.parts import Addresses
from tests.support.command_line import PASSPHRASE
from tests.support.demo import PORTS, Demo, running_demo
from tests.support.pki import make_identity
from tests.support.ports import free_block
from tests.support.tls_server import tls_server


@dataclass(frozen=True, slots=True)
class Published:
    """A demo behind a TLS server, on ports of one host."""

    demo: Demo
    first: int
    behind: int
    roots: ssl.SSLContext


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    identity = make_identity(tmp_path_factory.mktemp("tls"), "somebody", dns=["localhost"])
    first, behind = free_block(PORTS), free_block(PORTS)
    roots = ssl.create_default_context(cafile=identity.root)
    options = ("--ephemeral", "--public", f"https://localhost:{first}")
    environment = {"SSL_CERT_FILE": str(identity.root)}
    with (
        tls_server(first, behind, PORTS, identity),
        running_demo(*options, port=behind, environment=environment, roots=roots) as demo,
    ):
        yield Published(demo, first, behind, roots)


def addresses_in(text: str) -> set[str]:
    return {url.rstrip("/") for url in re.findall(r"https?://[A-Za-z0-9.:\[\]-]+", text)}


def test_what_it_says_and_serves_names_only_the_public_addresses(published: Published) -> None:
    public = {f"https://localhost:{published.first + number}" for number in range(PORTS)}
    demo = published.demo
    forward = demo.described.pop("forward")
    assert [(urlsplit(each["public"]).port, each["to"]) for each in forward] == [
        (published.first + number, f"http://127.0.0.1:{published.behind + number}") for number in range(PORTS)
    ]
    assert addresses_in(str(demo.described)) <= public

    issuer = urlsplit(demo.organisations["northwind"]["issuer"])
    for name in ("openid-credential-issuer", "oauth-authorization-server"):
        url = f"https://{issuer.netloc}/.well-known/{name}{issuer.path}"
        named = addresses_in(demo.client.get(url, headers={"accept": "application/json"}).text)
        assert {address for address in named if "localhost" in address} <= public
        assert named & public
    code = demo.pairing_code(demo.new_employee())
    assert addresses_in(str(code)) <= public


def test_nothing_of_a_page_or_a_sign_in_leads_past_the_tls_server(published: Published) -> None:
    demo = published.demo
    organisation = demo.organisations["northwind"]
    policy = demo.client.get(demo.wallet).headers["content-security-policy"]
    console = demo.client.get(f"{organisation['console']}/sign-in", follow_redirects=True)

    assert console.status_code == 200
    assert str(console.url).startswith(f"https://localhost:{published.first + 2}/")
    assert addresses_in(console.text) <= {f"https://localhost:{published.first + number}" for number in range(PORTS)}
    assert all("Secure" in cookie for cookie in console.headers.get_list("set-cookie"))
    assert policy


async def test_a_wallet_pairs_and_shares_through_it(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requester too asks the issuer's status list by its public address."""

    def guarded(*, allow_loopback: bool) -> GuardedClient:
        assert not allow_loopback
        return GuardedClient(allow_loopback=True, verify=published.roots)

    monkeypatch.setattr(billfold.holder, "GuardedClient", guarded)
    demo = published.demo
    code = demo.pairing_code(demo.new_employee())
    trust = await load_trust(demo.wallet)
    async with Wallet.create(None, PASSPHRASE, trust=trust, wallet_url=demo.wallet) as wallet:
        review = await wallet.look_at(code["wallet_link"])
        paired = await wallet.pair(review, code["tx_code"])
        asked = demo.ask()
        await wallet.share(await wallet.review(asked["wallet_link"]), optional=["team"])

    assert (review.proven, len(paired.received), paired.missing) == (True, 2, ())
    assert demo.answer(asked)["verification"]["accepted"]


def test_a_domain_gives_each_part_a_host_below_it() -> None:
    expected = Addresses(
        "https://wallet.demo.example",
        "https://creds.demo.example",
        "https://console.demo.example",
        "https://ask.demo.example",
    )
    assert hosts_below("https://demo.example/") == hosts_or_ports("https://demo.example") == expected


def test_the_demo_below_a_domain_answers_by_its_hosts() -> None:
    behind = free_block(PORTS)
    with running_demo("--ephemeral", "--public", "https://demo.example", port=behind) as demo:
        issuer = demo.organisations["northwind"]["issuer"]
        url = f"http://127.0.0.1:{behind + 1}/.well-known/openid-credential-issuer{urlsplit(issuer).path}"
        headers = {"host": "creds.demo.example", "accept": "application/json"}
        metadata = httpx.get(url, headers=headers, trust_env=False).json()

    assert issuer == "https://creds.demo.example/o/northwind"
    assert metadata["credential_issuer"] == issuer
    assert demo.wallet == "https://wallet.demo.example"


@pytest.mark.parametrize(
    ("public", "message"),
    [
        pytest.param("http://demo.example", "https address without a path", id="http"),
        pytest.param("https://demo.example/path", "without a path", id="path"),
        pytest.param("https://demo.example?x=1", "without a path", id="query"),
        pytest.param("https://user@demo.example", "neither name nor port 0", id="user"),
        pytest.param("https://demo.example:0", "neither name nor port 0", id="port-0"),
        pytest.param("https://demo.example:65533", "three more follow", id="port-too-high"),
        pytest.param("https://demo.example:99999", "without a path", id="no-port"),
        pytest.param("https://203.0.113.7", "a domain of yours", id="address"),
        pytest.param("https://localhost", "a domain of yours", id="no-domain"),
        pytest.param("demo.example", "https address", id="bare"),
    ],
)
def test_refuses_what_cannot_be_an_address(public: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        hosts_or_ports(public)


def test_a_folder_keeps_the_address_that_it_was_made_for(tmp_path: Path) -> None:
    folder.write_state(tmp_path, folder.DemoState(8600, public="https://demo.example"))
    assert folder.read_state(tmp_path, port=None, tls=False).public == "https://demo.example"
    with pytest.raises(ConfigurationError, match=r"made, https://demo\.example"):
        folder.read_state(tmp_path, port=None, tls=False, public="https://other.example")
