"""Wallets for the journeys: each in a browser profile of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from tests.support.wallet_page import WalletPage

OpenWallet = Callable[..., Awaitable[WalletPage]]


@pytest_asyncio.fixture(loop_scope="module")
async def open_wallet(browser: Browser) -> AsyncIterator[OpenWallet]:
    """Open wallets; on none of them may anything have gone wrong in the end."""
    opened: list[WalletPage] = []

    async def open_one(url: str, **settings: Any) -> WalletPage:  # noqa: ANN401  # the browser context's own
        wallet = await WalletPage.open(browser, url, **settings)
        opened.append(wallet)
        return wallet

    yield open_one
    for wallet in opened:
        await wallet.close()
