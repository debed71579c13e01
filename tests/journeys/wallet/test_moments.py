"""What happens at which moment: what the browser is asked for and when, news on coming back, a new version on a tap."""

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from billfold.apps import wallet_host
from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.stub_server import Answer, Asked, Reply, StubServer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# Whether a person's tap is still fresh tells what a browser would make of the call.
_NOTE_STORAGE = """() => {
    globalThis.storageAsked = [];
    const note = (call, value) => async () => {
        storageAsked.push([call, navigator.userActivation.isActive]);
        return value;
    };
    Object.defineProperty(StorageManager.prototype, "persist", { value: note("persist", true) });
    Object.defineProperty(StorageManager.prototype, "persisted", { value: note("persisted", true) });
}"""
_SHOW = """state => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
_UPDATE = "navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => undefined)"


async def test_storage_that_stays_is_asked_for_on_a_tap_and_the_issuer_hears_of_it(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await open_wallet("about:blank")
    await wallet.page.add_init_script(f"({_NOTE_STORAGE})()")
    await wallet.page.goto(demo.wallet)
    await expect(wallet.button("Set up Billfold")).to_be_visible()
    assert await wallet.page.evaluate("storageAsked.filter(([call]) => call === 'persist')") == []

    await wallet.set_up()
    assert await wallet.page.evaluate("storageAsked.filter(([call]) => call === 'persist')") == [["persist", True]]

    await wallet.pair(demo.pairing_code(demo.new_employee()))
    told = [request.post_data_json for request in wallet.requests if request.method == "PUT"]
    assert [each["client"]["persisted"] for each in told] == [True]


async def test_refused_notifications_do_not_stop_a_pairing(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet("about:blank")
    refuse = "Object.defineProperty(Notification, 'requestPermission', { value: async () => 'denied' })"
    await wallet.page.add_init_script(refuse)
    await wallet.page.goto(demo.wallet)
    await wallet.set_up()
    person = demo.new_employee()
    code = demo.pairing_code(person)
    await wallet.paste(code["wallet_link"])
    await wallet.button("Pair").click()
    await wallet.page.get_by_label("PIN").fill(code["tx_code"])
    await wallet.button("Continue").click()
    await wallet.button("Allow notifications").click()

    notice = wallet.page.get_by_role("status").filter(has_text="Notifications are off.")
    await expect(notice).to_be_visible()
    await wallet.button("Continue").click()

    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()


async def test_a_wallet_that_comes_back_into_sight_looks_for_news(demo: Demo, open_wallet: OpenWallet) -> None:
    person = demo.new_employee()
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    await expect(wallet.page.get_by_text("Up to date.")).to_be_visible()
    await wallet.page.evaluate(_SHOW, "hidden")
    demo.move(person, "suspend")

    await wallet.page.evaluate(_SHOW, "visible")

    await expect(wallet.link("Employee badge, Northwind Robotics, Suspended")).to_be_visible()


async def test_the_reference_of_a_refusal_is_the_one_in_the_requesters_audit(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    person = demo.new_employee()
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    await wallet.visit(demo.ask()["wallet_link"])
    await expect(wallet.button("Share")).to_be_visible()
    demo.move(person, "suspend")
    await wallet.button("Share").click()
    await expect(wallet.heading("Harbour Sports Club did not accept it")).to_be_visible()

    said = await wallet.page.get_by_text("Reference", exact=False).first.inner_text()
    found = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", said)

    assert found is not None
    assert [entry["reference"] for entry in demo.club.get("/audit", q=found[0])["items"]] == [found[0]]


@pytest.fixture
def served_page(demo: Demo) -> Iterator[StubServer]:
    """The wallet's page from a server whose next version is a matter of one line."""
    folder = Path(wallet_host.__file__).with_name("static")
    with StubServer() as server:
        for file in (each for each in folder.rglob("*") if each.is_file()):
            kind, _ = mimetypes.guess_type(file.name)
            server.routes["GET", f"/{file.relative_to(folder)}"] = _always(Reply(200, file.read_bytes(), kind))
        server.routes["GET", "/"] = server.routes["GET", "/index.html"]
        server.routes["GET", "/trust.json"] = _always(Reply(200, demo.client.get(f"{demo.wallet}/trust.json").content))
        yield server


def _always(reply: Reply) -> Answer:
    return lambda _: reply


async def test_a_new_version_waits_for_a_tap_and_never_comes_into_a_review(
    served_page: StubServer, demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await open_wallet(served_page.url)
    await wallet.set_up()
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await wallet.page.evaluate("globalThis.isTheOldPage = true")
    worker = served_page.routes["GET", "/sw.js"](Asked("GET", "/sw.js", {}, b""))
    changed = re.sub(rb"billfold-[0-9a-f]{12}", b"billfold-another", worker.body)
    served_page.routes["GET", "/sw.js"] = _always(replace(worker, body=changed))

    await wallet.page.evaluate(_UPDATE)

    strip = wallet.page.get_by_role("status").filter(has_text="A new version is ready.")
    await expect(strip).to_be_visible()
    assert await wallet.page.evaluate("globalThis.isTheOldPage") is True
    await wallet.visit(f"#request={quote(demo.ask()['request'].partition('?')[2], safe='')}")
    await expect(wallet.heading("Harbour Sports Club")).to_be_visible()
    await expect(strip).to_have_count(0)
    await wallet.button("Close").click()
    await strip.get_by_role("button", name="Use it now").click()

    await wallet.page.wait_for_function("globalThis.isTheOldPage === undefined")
    await expect(wallet.heading("No Creds yet")).to_be_visible()
    assert await wallet.page.evaluate("caches.keys()") == ["billfold-another"]
    wallet.troubles.clear()
