"""Every screen by axe-core, in light and dark, and at the narrowest width: nothing found, nothing cut off."""

from typing import Any

import pytest
from playwright.async_api import expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.wallet_page import WITHOUT_PRF, WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

LOOKS: dict[str, dict[str, Any]] = {
    "light, phone": {"color_scheme": "light"},
    "dark, phone": {"color_scheme": "dark"},
    "light, narrow, German": {
        "color_scheme": "light",
        "viewport": {"width": 320, "height": 640},
        "locale": "de-DE",
    },
    "dark, desktop": {"color_scheme": "dark", "viewport": {"width": 1280, "height": 800}},
}


class Screens:
    """Looks at one screen after another, and keeps what was found."""

    def __init__(self, wallet: WalletPage) -> None:
        self.wallet = wallet
        self.found: dict[str, list[str]] = {}

    async def look(self, name: str) -> None:
        """Note what axe-core says, and whether anything sticks out at the side."""
        page = self.wallet.page
        await expect(page.get_by_role("heading", level=1)).to_have_count(1)
        found = await self.wallet.axe()
        if await page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            found.append("sticks out at the side")
        if found:
            self.found[name] = found

    async def visit(self, address: str) -> None:
        """Go to an address, and look."""
        before = await self.wallet.page.title()
        await self.wallet.visit(address)
        await expect(self.wallet.page).not_to_have_title(before)
        await self.look(address)


async def press(wallet: WalletPage, selector: str) -> None:
    """Press what a selector finds first, whatever it is called in this language."""
    await wallet.page.locator(selector).first.click()


@pytest.mark.parametrize("look", LOOKS)
async def test_axe_finds_nothing_on_any_screen(demo: Demo, open_wallet: OpenWallet, look: str) -> None:
    code = demo.pairing_code(demo.new_employee("Maximiliane Okafor-Brandstätter"))
    wallet = await open_wallet(demo.wallet, **LOOKS[look])
    screens = Screens(wallet)
    await screens.look("first run")
    await screens.visit("#safe")
    await wallet.visit("#set-up")
    await screens.look("unlock set-up")
    await press(wallet, ".actions .btn--primary")
    await expect(wallet.page.locator(".cred--blank")).to_be_visible()
    await screens.look("no Creds")
    await wallet.visit(code["wallet_link"])
    await expect(wallet.page.locator(".party")).to_be_visible()
    await screens.look("pairing review")
    await press(wallet, ".actions .btn--primary")
    await screens.look("PIN")
    await wallet.page.locator("#pin").fill(code["tx_code"])
    await press(wallet, ".actions .btn--primary")
    await screens.look("permissions")
    await press(wallet, ".actions .btn--secondary")
    await expect(wallet.page.locator(".cred")).to_have_count(2)
    await screens.look("paired")
    await press(wallet, ".actions .btn--primary")
    await screens.look("Creds")
    await press(wallet, ".stack a")
    await screens.look("Cred")
    await press(wallet, ".btn--danger-quiet")
    await screens.look("delete")
    await wallet.page.keyboard.press("Escape")
    await wallet.visit(demo.ask()["wallet_link"])
    await expect(wallet.page.locator(".tick--fixed").first).to_be_visible()
    await screens.look("share review")
    await press(wallet, "input[type=checkbox]")
    await press(wallet, ".actions .btn--primary")
    await expect(wallet.page.locator(".badge--good")).to_be_visible()
    await screens.look("shared")
    await press(wallet, ".actions .btn--primary")
    await wallet.visit(demo.ask()["wallet_link"])
    await press(wallet, ".actions .btn--secondary")
    await expect(wallet.page.locator(".badge")).to_be_visible()
    await screens.look("declined")
    await wallet.visit("#c=ABCD2345EFGH")
    await expect(wallet.page.locator(".errorcard")).to_be_visible()
    await screens.look("error")
    for address in ("#settings", "#history", "#about", "#language", "#auto-lock", "#notifications", "#device", "#code"):
        await screens.visit(address)
    await screens.visit("#erase")
    await wallet.visit("#settings")
    await press(wallet, "a.row")
    await screens.look("issuer")
    await wallet.visit("#history")
    await press(wallet, "a.row")
    await screens.look("share in the history")
    await wallet.visit("#creds")
    await press(wallet, ".appbar .iconbtn")
    await screens.look("locked")
    await wallet.page.goto(f"{demo.wallet}/ready")
    await expect(wallet.page.locator(".panel")).to_be_visible()
    await screens.look("ready")
    assert screens.found == {}


async def test_axe_finds_nothing_where_a_passphrase_stands_in(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet, device=WITHOUT_PRF)
    screens = Screens(wallet)
    await wallet.visit("#set-up")
    await wallet.button("Use screen lock").click()
    await expect(wallet.page.get_by_role("alert")).to_be_visible()
    await screens.look("passkey without a key")
    await wallet.button("Use a passphrase instead").click()
    await screens.look("passphrase")
    await wallet.set_up_passphrase()
    await expect(wallet.heading("No Creds yet")).to_be_visible()
    await wallet.visit(demo.pairing_code(demo.new_employee())["wallet_link"])
    await expect(wallet.button("Pair")).to_be_visible()
    await wallet.button("Close").or_(wallet.button("Cancel")).first.click()
    await wallet.button("Lock").click()
    await screens.look("locked")
    assert screens.found == {}
