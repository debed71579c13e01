"""The console in a browser: signed in as staff, with a wallet on the other side, and nothing gone wrong on any page."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from billfold.holder import Wallet, load_trust
from tests.support import eye, needs
from tests.support.demo import Demo


@dataclass(slots=True)
class Office:
    """A browser of somebody in an office. *troubles* is what went wrong on its pages."""

    demo: Demo
    context: BrowserContext
    troubles: list[str] = field(default_factory=list)

    async def page(self) -> Page:
        """Return a new page that is watched."""
        page = await self.context.new_page()
        page.on("console", lambda said: self._note(said.type, said.text))
        page.on("pageerror", lambda error: self._note("error", str(error)))
        return page

    async def sign_in(self, slug: str = "northwind", role: str = "support") -> Page:
        """Sign in to an organisation's console."""
        party = self.demo.organisations[slug]
        return await self._enter(party["console"], party["sign_ins"], role)

    async def enter(self, url: str, party: dict[str, Any], role: str = "support") -> Page:
        """Sign in at *url* as one of a described organisation's staff."""
        return await self._enter(url, party["sign_ins"], role)

    async def sign_in_at_counter(self, role: str = "support") -> Page:
        """Sign in to the club's counter."""
        party = self.demo.described["requester"]
        return await self._enter(party["url"], party["sign_ins"], role)

    async def check(self, page: Page) -> None:
        """Expect that axe finds nothing, and that nothing is cut off."""
        assert [*await eye.axe(page), *await eye.misfits(page)] == [], page.url

    async def _enter(self, url: str, sign_ins: list[dict[str, Any]], role: str) -> Page:
        page = await self.page()
        await page.goto(url)
        sign_in = next(each for each in sign_ins if each["role"] == role)
        await self.check(page)
        await page.get_by_label("E-mail").fill(sign_in["email"])
        await page.get_by_label("Password").fill(sign_in["password"])
        await page.get_by_role("button", name="Sign in", exact=True).click()
        await expect(page).not_to_have_url(re.compile("sign-in"))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(text)


NewOffice = Callable[..., Awaitable[Office]]


@pytest_asyncio.fixture(loop_scope="module")
async def new_office(demo: Demo, browser: Browser) -> AsyncIterator[NewOffice]:
    """Open browsers; in the end nothing may have gone wrong in any of them."""
    if not eye.AXE.exists():
        needs.missing("axe-core (make development brings it)")
    made: list[Office] = []

    async def new(**options: Any) -> Office:  # noqa: ANN401  # Playwright's own
        context = await browser.new_context(**{"locale": "en-GB", "viewport": {"width": 1280, "height": 800}} | options)
        office = Office(demo, context)
        made.append(office)
        return office

    yield new
    for office in made:
        await office.context.close()
        assert office.troubles == []


@pytest_asyncio.fixture(loop_scope="module")
async def wallet(demo: Demo) -> AsyncIterator[Wallet]:
    """A wallet in memory."""
    trust = await load_trust(demo.wallet, development=True)
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as made:
        yield made
