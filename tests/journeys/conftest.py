"""A browser as people have it: Debian's Chromium, or the one that Playwright brought."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support import needs

CHROMIUM = (Path("/usr/bin/chromium"), Path("/usr/bin/chromium-browser"), Path("/usr/bin/google-chrome"))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chromium() -> Path:
    """Where the machine's Chromium is."""
    async with async_playwright() as playwright:
        installed = [*CHROMIUM, Path(playwright.chromium.executable_path)]
    path = next((each for each in installed if each.exists()), None)
    if path is None:
        needs.missing("Chromium")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A running Chromium, without a window."""
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as whom containers run tests.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        await started.close()
