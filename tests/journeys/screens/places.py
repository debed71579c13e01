"""The galleries there are, each with the browser that shows it; a new one is a line in `GALLERIES`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser

from billfold.holder import Wallet, load_trust
from tests.journeys.screens import console, counter, wallet
from tests.journeys.screens.gallery import Gallery, Looker, Take
from tests.journeys.screens.looks import LOCALES, OF_A_DESK, Look
from tests.support.demo import Demo
from tests.support.wallet_page import SCREEN_LOCK, WITHOUT_PRF, WalletPage

Walk = Callable[["Place", Demo, Browser, Looker], Awaitable[None]]
Found = dict[str, list[str]]

PHONE_AND_DARK = (Look("light", 390, "en"), Look("dark", 390, "de"))
DESK_AND_DARK = (Look("light", 1280, "en"), Look("dark", 390, "de"))


@dataclass(frozen=True, slots=True)
class Place:
    """A gallery, how to go through it, and the looks of it that the docs show.

    Attributes:
        device: the authenticator that a wallet's device has.
        settings: the browser context's own.
        also: looks beside the pairwise ones.
    """

    gallery: Gallery[Any]
    show: Walk
    in_docs: tuple[Look, ...]
    device: dict[str, Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Look, ...] = ()

    @property
    def name(self) -> str:
        """The gallery's name."""
        return self.gallery.name

    async def walk(self, demo: Demo, browser: Browser, looks: Sequence[Look], take: Take | None = None) -> Found:
        """Go through the gallery in *looks*, which are of one language, and return what is wrong, by screen and look.

        Args:
            take: takes a picture; then nothing is checked.
        """
        looker = Looker(looks, take)
        await self.show(self, demo, browser, looker)
        return looker.found


async def _show_wallet(place: Place, demo: Demo, browser: Browser, looker: Looker) -> None:
    locale = LOCALES[looker.looks[0].language]
    opened = await WalletPage.open(browser, demo.wallet, device=place.device, locale=locale, **place.settings)
    await place.gallery.show(wallet.WalletStage(demo, opened), looker)
    await opened.close()


async def _show_desk(place: Place, demo: Demo, browser: Browser, looker: Looker) -> None:
    party = demo.described["requester"] if place.gallery is counter.counter else demo.organisations["northwind"]
    home, sign_ins = party["url" if place.gallery is counter.counter else "console"], party["sign_ins"]
    context = await browser.new_context(locale=LOCALES[looker.looks[0].language])
    page = await context.new_page()
    trust = await load_trust(demo.wallet, development=True)
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as holder:
        stage = console.DeskStage(demo, page, holder, home, sign_ins)
        page.on("pageerror", lambda error: stage.troubles.append(str(error)))
        await place.gallery.show(stage, looker)
    await context.close()
    assert stage.troubles == []


GALLERIES = (
    Place(wallet.wallet, _show_wallet, PHONE_AND_DARK, SCREEN_LOCK),
    Place(wallet.passphrase, _show_wallet, PHONE_AND_DARK, WITHOUT_PRF),
    Place(wallet.phone, _show_wallet, PHONE_AND_DARK, settings={"has_touch": True, "is_mobile": True}),
    Place(console.console, _show_desk, DESK_AND_DARK, also=OF_A_DESK),
    Place(counter.counter, _show_desk, DESK_AND_DARK, also=OF_A_DESK),
)
