"""A Chromium whose profile lies in a folder and outlives it, and whose process a test can kill."""

import asyncio
import contextlib
import re
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import BrowserContext, async_playwright

from tests.support.chromium import flags as chromium_flags

_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
_FLAGS = ("--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check")


@dataclass(frozen=True, slots=True)
class ProfileBrowser:
    """A running browser with the pages of one profile."""

    context: BrowserContext
    process: Process

    async def kill(self) -> None:
        """End the browser as a crash or an empty battery does: nothing in it gets a word in."""
        self.process.kill()
        await self.process.wait()


@contextlib.asynccontextmanager
async def running_with_profile(chromium: Path, profile: Path) -> AsyncIterator[ProfileBrowser]:
    """Run Chromium on *profile*, which is made where it is not there; end it where the test did not."""
    flags = [*_FLAGS, f"--user-data-dir={profile}", *chromium_flags()]
    process = await asyncio.create_subprocess_exec(chromium, *flags, stderr=PIPE, stdout=DEVNULL)
    try:
        address = await _address(process)
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(address)
            yield ProfileBrowser(browser.contexts[0], process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _lines(process: Process) -> AsyncIterator[bytes]:
    assert process.stderr is not None
    async for line in process.stderr:
        yield line


async def _address(process: Process) -> str:
    said: list[str] = []
    async for line in _lines(process):
        said.append(line.decode())
        found = _LISTENING.search(said[-1])
        if found is not None:
            return found[1]
    raise AssertionError(f"expected Chromium to listen, got {''.join(said)[-2000:]}")
