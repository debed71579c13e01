"""Screens by name, each with the way to it; and what looks at them one after another, in every look that is wanted."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from playwright.async_api import CDPSession, Page

from tests.journeys.screens.looks import Look
from tests.support import eye

STANDARD_TEXT_PX, FIXED_TEXT_PX = 16, 13


class Stage(Protocol):
    """Where a gallery's screens are shown, and what leads from one to the next."""

    @property
    def page(self) -> Page:
        """The page that shows the screen."""


S = TypeVar("S", bound=Stage)


@dataclass(frozen=True, slots=True)
class Screen(Generic[S]):
    """One screen: what it is called, and what leads there from the one before."""

    name: str
    reach: Callable[[S], Awaitable[None]]


@dataclass(slots=True)
class Gallery(Generic[S]):
    """The screens of one place, in the order in which one leads to the next."""

    name: str
    screens: list[Screen[S]] = field(default_factory=list)

    def screen(self, reach: Callable[[S], Awaitable[None]]) -> Callable[[S], Awaitable[None]]:
        """Add a screen that is called as the function that leads there."""
        self.screens.append(Screen(reach.__name__.replace("_", "-"), reach))
        return reach

    async def show(self, stage: S, looker: "Looker") -> None:
        """Go through all screens, and let *looker* look at each."""
        for screen in self.screens:
            await screen.reach(stage)
            await looker.look(stage.page, screen.name)


Take = Callable[[Page, CDPSession, str, Look], Awaitable[None]]


@dataclass(slots=True)
class Looker:
    """Looks at a screen in several looks, and notes what is wrong.

    Attributes:
        take: takes a picture; then nothing is checked.
    """

    looks: Sequence[Look]
    take: Take | None = None
    found: dict[str, list[str]] = field(default_factory=dict)
    _session: tuple[Page, CDPSession] | None = None

    async def look(self, page: Page, name: str) -> None:
        """Put on one look after another; the first of them stays on, so that the way goes on in it."""
        session = await self._session_of(page)
        for look in [*self.looks[1:], self.looks[0]]:
            await wear(page, session, look)
            if self.take is None:
                await self._check(page, name, look)
            else:
                await eye.come_to_rest(page)
                await self.take(page, session, name, look)

    async def _session_of(self, page: Page) -> CDPSession:
        if self._session is None or self._session[0] is not page:
            self._session = page, await page.context.new_cdp_session(page)
        return self._session[1]

    async def _check(self, page: Page, name: str, look: Look) -> None:
        found = [*await eye.axe(page), *await eye.misfits(page)]
        if await page.get_by_role("heading", level=1).count() != 1:
            found.append("not one main heading")
        if found:
            self.found[f"{name}, {look.name}"] = found


async def wear(page: Page, session: CDPSession, look: Look) -> None:
    """Show *page* in *look*, but for the language, which a page has from its start; without motion, so at once."""
    await page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")
    await page.set_viewport_size({"width": look.width, "height": look.height})
    sizes = {"standard": STANDARD_TEXT_PX * look.text_percent // 100, "fixed": FIXED_TEXT_PX * look.text_percent // 100}
    await session.send("Page.setFontSizes", {"fontSizes": sizes})
