"""A browser as people have it: Debian's Chromium, or the one that Playwright brought."""

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support import needs

FIND_CHROMIUM = Path(__file__).parents[2] / "scripts/find-chromium"


@pytest.fixture(scope="module")
def chromium() -> Path:
    """Where the machine's Chromium is."""
    found = subprocess.run([FIND_CHROMIUM], capture_output=True, text=True, check=False)
    if found.returncode != 0:
        needs.missing("Chromium")
    return Path(found.stdout.strip())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A running Chromium, without a window."""
    async with async_playwright() as playwright:
        # Chromium's own sandbox does not start for root, as whom containers run tests.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        await started.close()
