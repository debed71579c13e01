"""Somebody's hands at a browser: every click is counted; or there is a keyboard and nothing else."""

import time
from dataclasses import dataclass, field

from playwright.async_api import Locator, Page

MOST_TABS = 80


@dataclass
class Hands:
    """A mouse and a keyboard, with a count of clicks and fields typed into, and the time since they began."""

    page: Page
    clicks: int = 0
    typed: int = 0
    began_s: float = field(default_factory=time.monotonic)

    async def click(self, target: Locator) -> None:
        """Click once."""
        self.clicks += 1
        await target.click()

    async def type(self, target: Locator, text: str) -> None:
        """Click into a field and type, key by key."""
        await self.click(target)
        self.typed += 1
        await target.press_sequentially(text)

    def seconds(self) -> float:
        """Return how long it has taken so far."""
        return time.monotonic() - self.began_s


@dataclass
class Keyboard:
    """Nothing but keys: what cannot be reached by Tab cannot be used."""

    page: Page

    async def reach(self, target: Locator) -> None:
        """Press Tab until *target* has the focus."""
        for _ in range(MOST_TABS):
            if await target.evaluate("each => each === document.activeElement"):
                return
            await self.page.keyboard.press("Tab")
        raise AssertionError(f"expected to reach {target} by Tab")

    async def press(self, target: Locator, key: str = "Enter") -> None:
        """Reach *target* and press *key* on it."""
        await self.reach(target)
        await self.page.keyboard.press(key)

    async def type(self, target: Locator, text: str) -> None:
        """Reach *target* and type."""
        await self.reach(target)
        await self.page.keyboard.type(text)
