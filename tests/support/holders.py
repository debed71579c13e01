"""Wallets for tests of the holder, in memory or in a file, that believe whom the test says."""

from datetime import timedelta
from pathlib import Path

from billfold.core.trust.trust_list import TrustList
from billfold.holder import PairingResult, Wallet
from billfold.roles.holder.parts import HolderParts

PASSPHRASE = "correct horse"
WALLET_URL = "http://localhost:1"  # nobody listens there: a test that looks codes up names its own host


def new_wallet(trust: TrustList | None = None, path: Path | None = None, *, wallet_url: str = WALLET_URL) -> Wallet:
    """Return a new wallet for loopback."""
    return Wallet.create(path, PASSPHRASE, trust=trust or TrustList(), wallet_url=wallet_url, development=True)


def reopened(path: Path, trust: TrustList | None = None) -> Wallet:
    """Return the wallet at *path*, opened again."""
    return Wallet.open(path, PASSPHRASE, trust=trust or TrustList(), wallet_url=WALLET_URL, development=True)


async def pair(wallet: Wallet, link: str) -> PairingResult:
    """Pair without looking twice."""
    return await wallet.pair(await wallet.look_at(link), device_name="Test")


def later(wallet: Wallet, by: timedelta) -> Wallet:
    """Return *wallet* as it is after some time."""
    parts = wallet._parts
    moved = {name: getattr(parts, name) for name in HolderParts.__slots__}
    return Wallet(HolderParts(**{**moved, "now": lambda: parts.now() + by}))
