"""Trust: whom the wallet believes comes from its own host, and http only where that host is on this computer."""

from pathlib import Path

import pytest

from billfold.core.trust.trust_list import TrustList
from billfold.errors import ConfigurationError, TransportError, TrustError
from billfold.holder import PeerRefusal, Wallet, load_trust
from tests.support.holders import new_wallet, pair
from tests.support.stub_issuer import StubIssuer
from tests.support.stub_server import Reply, StubServer


async def test_the_list_comes_from_the_wallets_host(issuer: StubIssuer, server: StubServer) -> None:
    server.routes["GET", "/trust.json"] = lambda _: Reply(200, issuer.trust().to_json())
    assert await load_trust(f"{server.url}/", development=True) == issuer.trust()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(Reply(404), PeerRefusal, id="none"),
        pytest.param(Reply(200, b"{"), TrustError, id="no-json"),
        pytest.param(Reply(503), TransportError, id="broken"),
    ],
)
async def test_without_a_list_there_is_no_going_on(server: StubServer, reply: Reply, expected: type[Exception]) -> None:
    server.routes["GET", "/trust.json"] = lambda _: reply
    with pytest.raises(expected):
        await load_trust(server.url, development=True)


@pytest.mark.parametrize(
    ("wallet_url", "development"),
    [
        pytest.param("http://wallet.example", False, id="http"),
        pytest.param("http://localhost:8600", False, id="loopback-in-production"),
        pytest.param("http://wallet.example", True, id="development-elsewhere"),
        pytest.param("https://wallet.example", True, id="development-with-https"),
        pytest.param(None, True, id="development-without-a-host"),
        pytest.param("wallet", False, id="no-url"),
    ],
)
def test_http_and_loopback_are_for_a_wallet_on_this_computer(
    wallet_url: str | None, development: bool, tmp_path: Path
) -> None:
    path = tmp_path / "wallet.vault"
    with pytest.raises(ConfigurationError):
        Wallet.create(path, "correct horse", trust=TrustList(), wallet_url=wallet_url, development=development)
    assert not path.exists()


async def test_outside_development_loopback_is_out_of_reach(issuer: StubIssuer) -> None:
    async with Wallet.create(None, trust=issuer.trust()) as wallet:
        secure = issuer.link.replace("http%3A", "https%3A")
        with pytest.raises(TransportError, match="public address"):
            await wallet.look_at(secure)


async def test_an_issuer_that_becomes_proven_is_so_from_then_on(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        assert not (await pair(wallet, issuer.link)).issuer.proven
        issuer.sign_metadata()
        await wallet.sync()
        assert [(known.name, known.proven) for known in wallet.issuers()] == [("Acme", True)]
