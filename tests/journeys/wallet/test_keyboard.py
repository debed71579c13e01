"""Pairing and sharing by the keyboard alone: every step is reached by Tab and taken by Enter or Space."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MOST_STEPS = 40


async def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until the focus is on the control."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]  # one of the roles
    await expect(wanted).to_be_visible()
    for _ in range(MOST_STEPS):
        if await wanted.evaluate("element => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    pytest.fail(f"expected to reach {role} {name!r} by Tab")


async def press(page: Page, name: str, role: str = "button", key: str = "Enter") -> None:
    """Go to a control and press it."""
    await tab_to(page, role, name)
    await page.keyboard.press(key)


async def test_the_keyboard_alone_pairs_and_shares(demo: Demo, open_wallet: OpenWallet) -> None:
    code = demo.pairing_code(demo.new_employee())
    wallet = await open_wallet(demo.wallet)
    page = wallet.page
    await press(page, "Set up Billfold")
    await press(page, "Use screen lock")
    await press(page, "Paste or type a code", role="link")
    await tab_to(page, "textbox", "Link or short code")
    await page.keyboard.insert_text(code["short_code"])
    await page.keyboard.press("Enter")
    await press(page, "Pair")
    await tab_to(page, "textbox", "PIN")
    await page.keyboard.insert_text(code["tx_code"])
    await page.keyboard.press("Enter")
    await press(page, "Not now")
    await expect(page.get_by_text("2 of 2 Creds received")).to_be_visible()
    await press(page, "Show my Creds")
    await expect(wallet.heading("Creds")).to_be_focused()

    asked = demo.ask()
    await wallet.visit(asked["wallet_link"])
    await press(page, "Team", role="checkbox", key="Space")
    await press(page, "Share")

    await expect(wallet.heading("Shared")).to_be_focused()
    (cred,) = demo.answer(asked)["verification"]["creds"]
    assert sorted(cred["fields"]) == ["employer", "name", "team"]
