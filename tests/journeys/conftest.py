"""A browser as people have it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from tests.support import needs
from tests.support.chromium import find_chromium, flags

PATIENCE_MS = 30_000  # a busy machine is late, not wrong
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def chromium() -> Path:
    """Where the machine's Chromium is."""
    path = find_chromium()
    if path is None:
        needs.missing("Chromium")
    return path


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(chromium: Path) -> AsyncIterator[Browser]:
    """A running Chromium, without a window."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, args=flags())
        yield started
        await started.close()
