"""Receiving by push with the app closed, in Firefox: nothing of the browser's is replaced, only the vendor's service.

Subscription, outer envelope, push event and notification are Firefox's own, so this is where a mistake in what the relay
encrypts or how the page subscribes cannot hide behind a stand-in.
"""

from pathlib import Path

import pytest

from tests.support import needs
from tests.support.demo import Demo
from tests.support.firefox import Tab, find_firefox, running_firefox
from tests.support.ports import free_port
from tests.support.push_firefox import DELIVERED, FirefoxPushService
from tests.support.push_service import serving
from tests.support.wallet_page import PASSPHRASE

pytestmark = pytest.mark.browser

_NOTIFICATIONS = """async () => {
    const registration = await navigator.serviceWorker.getRegistration("/");
    for (;;) {
        const found = await registration.getNotifications();
        if (found.length > 0) return found.map(({ title, body, tag }) => [title, body, tag]);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""


@pytest.fixture
def firefox_program() -> Path:
    """Where the machine's Firefox is."""
    path = find_firefox()
    if path is None:
        needs.missing("Firefox", optional=True)
    return path


async def set_up_and_pair(tab: Tab, demo: Demo, person: str) -> None:
    """Go from the first screen to the Creds, with a passphrase as the unlock."""
    code = demo.pairing_code(person)
    await tab.click("button", "Set up Billfold")
    await tab.click("button", "Use a passphrase instead")
    await tab.fill("Passphrase", PASSPHRASE)
    await tab.click("checkbox", "I know that nobody can reset it. If I forget it, each issuer pairs this device again.")
    await tab.click("button", "Set passphrase")
    await tab.see("heading", "No Creds yet")
    await tab.run("(link) => { location.hash = new URL(link).hash }", {"type": "string", "value": code["wallet_link"]})
    await tab.click("button", "Pair")
    await tab.fill(f"{len(code['tx_code'])}-digit PIN", code["tx_code"])
    await tab.click("button", "Continue")
    await tab.fill("Passphrase", PASSPHRASE)
    await tab.click("button", "Unlock")
    await tab.see("heading", "Paired")
    await tab.lose("You can go on.")
    await tab.click("button", "Show my Creds")
    await tab.see("heading", "Creds")


async def test_firefox_subscribes_decrypts_and_shows_the_news_with_the_app_closed(
    firefox_program: Path, demo: Demo, tmp_path: Path
) -> None:
    person = demo.new_employee("Ottoline Brecht")
    service = FirefoxPushService(free_port())
    async with serving(service), running_firefox(firefox_program, tmp_path, service.preferences) as firefox:
        wallet = await firefox.open(demo.wallet)
        await set_up_and_pair(wallet, demo, person)
        await wallet.close()
        (key,) = service.keys.values()

        demo.move(person, "suspend")

        assert (await service.next_ack())["code"] == DELIVERED
        assert service.sender_of(0, key)["aud"] == service.origin
        # A picture of the same origin: a page that may ask the service worker, and is not the wallet.
        beside = await firefox.open(f"{demo.wallet}/icon-192.png")
        shown = await beside.run(_NOTIFICATIONS)
        assert shown == [["Billfold", "Northwind Robotics changed something in Billfold.", "Northwind Robotics"]]
