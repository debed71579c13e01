"""Trust: the list of anchors that a wallet's host serves to its wallets.

Source: Billfold's own format; see `core.trust.trust_list`.
"""

from urllib.parse import urlsplit

from billfold.core.oauth.urls import check_url, is_loopback
from billfold.core.trust.trust_list import TrustList
from billfold.errors import ConfigurationError, MetadataError
from billfold.roles.holder.peer import Peers, require_success

PATH = "/trust.json"


async def fetch_trust_list(peers: Peers, wallet_url: str) -> TrustList:
    """Return the list that the host at *wallet_url* serves.

    Raises:
        TrustError: it is not a trust list.
        ResponseError: there is none.
        TransportError: the host did not answer.
    """
    url = f"{wallet_url.removesuffix('/')}{PATH}"
    answer = await peers.get(url, accept="application/json")
    return TrustList.parse(require_success(answer, "the list of trusted anchors", 200).body)


def is_development(wallet_url: str) -> bool:
    """Say whether a wallet at *wallet_url* is one of development: its host speaks http on this very computer."""
    return urlsplit(wallet_url).scheme == "http" and is_loopback(wallet_url)


def known_host(*candidates: str | None) -> str:
    """Return the first address of a wallet's host that is known.

    Raises:
        ConfigurationError: none is.
    """
    for host in candidates:
        if host is not None:
            return host
    raise ConfigurationError("expected the wallet's host, since this vault remembers none")


def check_wallet_url(wallet_url: str | None, *, development: bool) -> None:
    """Check the wallet's own address, which decides whether http and loopback are let through.

    Raises:
        ConfigurationError: no https URL; or *development* without an http address on loopback.
    """
    if wallet_url is not None:
        try:
            check_url(wallet_url, what="the wallet's URL", allow_loopback_http=development)
        except MetadataError as exc:
            raise ConfigurationError(str(exc)) from exc
    if development and not (wallet_url and is_development(wallet_url)):
        raise ConfigurationError("expected development only with a wallet's URL of http on loopback")
