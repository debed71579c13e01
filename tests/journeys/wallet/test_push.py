"""Receiving by push with the app closed: from the issuer's act by outbox, worker and relay to a notification."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.support.demo import Demo
from tests.support.push_browser import PushBrowser, notifications, tap
from tests.support.push_service import PushService, running_push_service
from tests.support.wallet_page import PHONE, WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SAID = ["Billfold", "Northwind Robotics changed something in Billfold.", "Northwind Robotics"]


@pytest_asyncio.fixture(loop_scope="module")
async def push_service() -> AsyncIterator[PushService]:
    """A push service of this test's own."""
    async with running_push_service() as service:
        yield service


@pytest_asyncio.fixture(loop_scope="module")
async def pushed(browser: Browser, demo: Demo, push_service: PushService) -> AsyncIterator[PushBrowser]:
    """A browser profile that can be rung."""
    context = await browser.new_context(locale="en-GB", viewport=PHONE)  # type: ignore[arg-type]  # width and height
    yield await PushBrowser.prepare(context, push_service, demo.wallet)
    await context.close()


def check_sender(pushed: PushBrowser, demo: Demo) -> None:
    """Expect that the first message came from the relay, under the key that the page subscribed with."""
    claims = pushed.service.sender_of(0, pushed.key)
    assert claims["aud"] == pushed.service.origin
    headers = pushed.service.headers[0]
    assert (headers["content-encoding"], headers["ttl"].isdecimal()) == ("aes128gcm", True)
    assert demo.wallet not in str(pushed.service.bodies[0])


async def test_a_closed_app_is_rung_and_a_tap_leads_to_the_news(pushed: PushBrowser, demo: Demo) -> None:
    """No page of the wallet is open. Nothing personal is in the message, nor where the relay could read it."""
    person = demo.new_employee("Ottoline Brecht")
    wallet = await WalletPage.open_in(pushed.context, demo.wallet, device=None)
    await wallet.begin_with_passphrase()
    await wallet.pair_with_passphrase(demo.pairing_code(person))
    worker = await pushed.worker()
    elsewhere = await pushed.context.new_page()
    await pushed.watch(await pushed.context.new_cdp_session(elsewhere))
    await wallet.page.close()

    demo.move(person, "suspend")
    arrived = await pushed.deliver(0, demo.wallet)

    check_sender(pushed, demo)
    assert [word for word in ("Ottoline", "Northwind", "badge", "suspend") if word.encode() in arrived] == []
    assert await notifications(worker) == [SAID]
    address, left = await tap(worker)
    assert (address, left) == ("/#creds", 0)
    again = await WalletPage.open_in(pushed.context, f"{demo.wallet}{address}", device=None)
    await expect(again.heading("Billfold is locked")).to_be_visible()
    await expect(again.page.get_by_text("Northwind")).to_have_count(0)
    await again.unlock_with_passphrase()
    await expect(again.link("Employee badge, Northwind Robotics, Suspended")).to_be_visible()
    assert (wallet.troubles, again.troubles) == ([], [])


async def test_a_wallet_behind_the_screen_lock_is_rung_and_catches_up(pushed: PushBrowser, demo: Demo) -> None:
    """The page has gone elsewhere: its passkey lives no longer than the page, so this is how it counts as closed."""
    person = demo.new_employee()
    wallet = await WalletPage.open_in(pushed.context, demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    worker = await pushed.worker()
    await pushed.watch(wallet.cdp)
    await wallet.page.goto("about:blank")

    demo.api().send("PATCH", f"/people/{person}", {"attributes": {"team": "Day shift"}})
    await pushed.deliver(0, demo.wallet)

    assert await notifications(worker) == [SAID]
    address, _ = await tap(worker)
    await wallet.page.goto(f"{demo.wallet}{address}")
    await wallet.link("Employee badge, Northwind Robotics, New").click()
    await expect(wallet.page.get_by_text("Day shift").last).to_be_visible()
    assert wallet.troubles == []


async def test_an_open_page_looks_for_the_news_itself(pushed: PushBrowser, demo: Demo) -> None:
    person = demo.new_employee()
    wallet = await WalletPage.open_in(pushed.context, demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    await pushed.worker()
    await pushed.watch(wallet.cdp)

    demo.move(person, "suspend")
    await pushed.deliver(0, demo.wallet)

    await expect(wallet.link("Employee badge, Northwind Robotics, Suspended")).to_be_visible()
    assert wallet.troubles == []
