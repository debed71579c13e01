"""One vault and several tabs; and a browser that is killed between receiving a Cred and storing it."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.demo import Demo
from tests.support.profile import running_with_profile
from tests.support.wallet_page import PHONE, WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_one_tab_holds_the_vault_and_locking_one_locks_all(browser: Browser, demo: Demo) -> None:
    context = await browser.new_context(locale="en-GB", viewport=PHONE)  # type: ignore[arg-type]  # width and height
    first = await WalletPage.open_in(context, demo.wallet, device=None)
    await first.begin_with_passphrase()
    await first.pair_with_passphrase(demo.pairing_code(demo.new_employee()))
    second = await WalletPage.open_in(context, demo.wallet, device=None)
    await expect(second.heading("Billfold is locked")).to_be_visible()
    await expect(first.creds()).to_have_count(2)

    await second.unlock_with_passphrase()

    await expect(second.creds()).to_have_count(2)
    await expect(first.heading("Billfold is locked")).to_be_visible()
    await expect(first.page.get_by_text("Northwind")).to_have_count(0)
    third = await WalletPage.open_in(context, demo.wallet, device=None)
    await second.button("Lock").click()
    for tab in (first, second, third):
        await expect(tab.heading("Billfold is locked")).to_be_visible()
    await context.close()
    assert (first.troubles, second.troubles, third.troubles) == ([], [], [])


async def test_a_tab_in_the_middle_of_pairing_keeps_the_vault(browser: Browser, demo: Demo) -> None:
    context = await browser.new_context(locale="en-GB", viewport=PHONE)  # type: ignore[arg-type]  # width and height
    first = await WalletPage.open_in(context, demo.wallet, device=None)
    await first.begin_with_passphrase()
    code = demo.pairing_code(demo.new_employee())
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await first.page.route("**/credential", hold)
    await first.paste(code["wallet_link"])
    await first.accept(code["tx_code"])
    await first.confirm_with_passphrase()
    await asked.wait()
    second = await WalletPage.open_in(context, demo.wallet, device=None)
    await second.page.get_by_label("Passphrase").fill("anything of some length")
    await second.button("Unlock").click()
    await expect(second.page.get_by_text("Billfold is busy in another tab.")).to_be_visible()
    go_on.set()

    await expect(first.page.get_by_text("2 of 2 Creds received")).to_be_visible()
    await first.page.unroute_all(behavior="wait")
    await context.close()
    assert (first.troubles, second.troubles) == ([], [])


async def test_a_browser_killed_between_receiving_and_storing_loses_nothing_and_doubles_nothing(
    chromium: Path, demo: Demo, tmp_path: Path
) -> None:
    """The issuer has issued both Creds; the second reached the browser, and no further."""
    person = demo.new_employee()
    code = demo.pairing_code(person)
    killed = asyncio.Event()
    async with running_with_profile(chromium, tmp_path / "profile") as started:
        answers = 0

        async def kill_at_the_second(route: Route) -> None:
            nonlocal answers
            response = await route.fetch()
            answers += route.request.method == "POST"
            if answers < 2:
                await route.fulfill(response=response)
                return
            await started.kill()
            killed.set()

        await started.context.route("**/credential", kill_at_the_second)
        wallet = await WalletPage.open_in(started.context, demo.wallet, device=None)
        await wallet.begin_with_passphrase()
        await wallet.paste(code["wallet_link"])
        await wallet.accept(code["tx_code"])
        await wallet.confirm_with_passphrase()
        await killed.wait()
    assert {demo.cred(person, kind)["state"] for kind in ("employee-badge", "parking-permit")} == {"active"}

    async with running_with_profile(chromium, tmp_path / "profile") as started:
        again = await WalletPage.open_in(started.context, demo.wallet, device=None)
        await again.unlock_with_passphrase()
        await expect(again.creds()).to_have_count(2)
        await again.link("Parking permit").click()
        await expect(again.page.get_by_text("Active", exact=True)).to_be_visible()
        await again.page.reload()
        await again.page.get_by_label("Passphrase").fill("lantern pocket violet tram")
        await again.button("Unlock").click()
        await again.visit("#creds")
        await expect(again.creds()).to_have_count(2)
        assert again.troubles == []
    (pairing,) = demo.pairings(person)
    assert pairing["state"] == "active"
