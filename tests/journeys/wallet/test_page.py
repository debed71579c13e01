"""The wallet's page itself: headers, links, languages, widths, offline, iPhone; and what it keeps to itself."""

import pytest
from playwright.async_api import expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_code_stays_in_the_browser_until_the_person_goes_on(demo: Demo, open_wallet: OpenWallet) -> None:
    """The fragment reaches no server, and the page asks nobody about the code before the person does."""
    code = demo.pairing_code(demo.new_employee())
    wallet = await open_wallet(code["wallet_link"])
    await expect(wallet.button("Set up Billfold")).to_be_visible()
    await wallet.page.wait_for_load_state("networkidle")

    secret = code["wallet_link"].partition("#c=")[2]
    assert wallet.sent
    assert [each for each in wallet.sent if secret in each.partition("#")[0] or demo.wallet not in each] == []
    assert demo.api().get(f"/pairing-codes/{code['id']}")["state"] == "waiting"
    assert secret not in wallet.page.url


async def test_the_page_comes_with_headers_that_keep_it_to_itself(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    answer = await wallet.page.reload()
    assert answer is not None
    headers = await answer.all_headers()

    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert (policy["require-trusted-types-for"], policy["style-src"]) == ("'script'", "'self'")
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")


async def test_script_from_elsewhere_does_not_run(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    inject = """() => {
        const element = document.createElement("div");
        try { element.innerHTML = "<img src=x onerror='window.ran = true'>"; return "let through"; }
        catch (error) { return error.name; }
    }"""

    assert await wallet.page.evaluate(inject) == "TypeError"

    wallet.troubles.clear()  # the browser reports what it kept away


async def test_what_no_wallet_can_read_is_told_so(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.paste("https://example.org/menu")

    await expect(wallet.heading("Billfold cannot read this code")).to_be_focused()
    await wallet.button("Close").last.click()
    await expect(wallet.heading("No Creds yet")).to_be_visible()


async def test_german_readers_get_german_and_can_change_it(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet, locale="de-DE")
    await expect(wallet.heading("Ihre Creds, auf diesem Gerät")).to_be_visible()
    assert await wallet.page.evaluate("document.documentElement.lang") == "de"
    await wallet.button("Billfold einrichten").click()
    await wallet.button("Bildschirmsperre verwenden").click()
    await wallet.link("Einstellungen").click()
    await wallet.link("Sprache").click()
    await wallet.page.get_by_role("radio", name="English").check()

    await expect(wallet.heading("Language")).to_be_visible()
    await expect(wallet.page.get_by_role("radio", name="English")).to_be_focused()
    assert await wallet.page.evaluate("document.documentElement.lang") == "en"


async def test_back_works_and_the_address_changes(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.link("Settings").click()
    await expect(wallet.heading("Settings")).to_be_focused()
    await wallet.link("History of shares").click()
    assert wallet.page.url.endswith("#history")
    await wallet.page.go_back()
    await expect(wallet.heading("Settings")).to_be_visible()
    assert await wallet.page.title() == "Settings – Billfold"


async def test_a_locked_wallet_keeps_the_link_and_goes_on_after_the_unlock(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.button("Lock").click()
    await wallet.visit(demo.pairing_code(demo.new_employee())["wallet_link"])

    await expect(wallet.heading("Billfold is locked")).to_be_visible()
    await wallet.button("Unlock").click()

    await expect(wallet.heading("Northwind Robotics")).to_be_visible()


async def test_it_opens_offline_and_says_what_needs_a_connection(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee()))
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await wallet.context.set_offline(True)
    await expect(wallet.page.get_by_text("You can look at your Creds.")).to_be_visible()
    await wallet.page.reload()

    await wallet.link("Employee badge").click()
    await expect(wallet.page.get_by_text("Night shift").last).to_be_visible()
    await wallet.context.set_offline(False)
    wallet.troubles.clear()  # the browser reports that it was offline


async def test_an_iphones_tab_sets_nothing_up_and_fetches_nothing(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet("about:blank")
    await wallet.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo.wallet)
    await wallet.page.add_init_script("Object.defineProperty(navigator, 'standalone', { value: false })")
    link = demo.ask()["wallet_link"]
    await wallet.page.goto(link)

    await expect(wallet.heading("Open Billfold from your Home Screen")).to_be_visible()
    await wallet.button("Copy link").click()
    await expect(wallet.page.get_by_role("status")).to_have_text("Copied")
    assert await wallet.page.evaluate("navigator.clipboard.readText()") == link
    assert [each for each in wallet.sent if "/codes" in each] == []
    assert await wallet.page.get_by_text("Set up Billfold").count() == 0


async def test_ready_says_what_works_and_stores_nothing(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(f"{demo.wallet}/ready")

    await expect(wallet.page.get_by_text("This device can be used.")).to_be_visible()
    for check in ("Browser", "Screen lock", "Camera", "Notifications", "Storage"):
        await expect(wallet.page.get_by_role("listitem").filter(has_text=check).first).to_be_visible()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param("", id="push-empty"),
        pytest.param("a message of nobody's", id="push-bad-json"),
        pytest.param('{"issuer": "Northwind Robotics", "url": "https://elsewhere.example/"}', id="push-foreign-link"),
    ],
)
async def test_a_push_with_no_page_open_names_nobody_it_cannot_prove(
    demo: Demo, open_wallet: OpenWallet, data: str
) -> None:
    """It shows the words for any news, and keeps no address to go to."""
    wallet = await open_wallet(demo.wallet)
    await wallet.context.grant_permissions(["notifications"], origin=demo.wallet)
    registrations: list[str] = []
    wallet.cdp.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: registrations.extend(each["registrationId"] for each in event["registrations"]),
    )
    await wallet.cdp.send("ServiceWorker.enable")
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    push = {"origin": demo.wallet, "registrationId": registrations[0], "data": data}
    await wallet.cdp.send("ServiceWorker.deliverPushMessage", push)

    shown = """navigator.serviceWorker.ready.then(async (registration) => {
        for (let tries = 0; tries < 50; tries++) {
            const [first] = await registration.getNotifications();
            if (first) return [first.title, first.body, first.data];
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
    })"""
    assert await wallet.page.evaluate(shown) == ["Billfold", "There is something new in Billfold.", None]
