"""From the call "my phone is gone" to the new phone complete: counted in clicks, timed, and by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.async_api import Browser, Page, expect

from billfold.holder import Wallet, load_trust
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import BADGE, PERMIT, Demo
from tests.support.hands import Hands, Keyboard
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NUMBER = "+44 20 7946 0999"
Record = Callable[[str, object], None]


def caller(demo: Demo, name: str) -> str:
    """Add somebody who will call, and return the id."""
    attributes = {**BADGE, **PERMIT, "phone": NUMBER}
    return demo.new_person(name, attributes, "employee-badge", "parking-permit")


async def pair(demo: Demo, person_id: str, wallet: Wallet) -> None:
    """Pair a device by a code of the API."""
    code = demo.pairing_code(person_id)
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"], device_name="Old phone")


async def go_to_the_code(hands: Hands, name: str) -> None:
    """Find the caller, call back, replace: what staff do until the new code is on the screen."""
    page = hands.page
    await hands.type(page.get_by_role("searchbox", name="Search people"), name)
    await hands.click(page.get_by_role("link", name=name, exact=True))
    await hands.click(page.get_by_role("link", name="Replace device"))
    await expect(page.get_by_text(f"On the number in the directory: {NUMBER}")).to_be_visible()
    await hands.click(page.get_by_label("Called back"))
    await hands.click(page.get_by_role("button", name="Replace device"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pair a device for")


async def tell_the_pin(hands: Hands) -> str:
    """Open the PIN's own screen, read it out, and go back."""
    await hands.click(hands.page.get_by_role("link", name="Show the PIN"))
    pin = (await hands.page.locator(".code").inner_text()).replace(" ", "")
    await hands.click(hands.page.get_by_role("link", name="Back to the code"))
    return pin


def told(record: Record, kind: str, hands: Hands) -> None:
    """Keep the figures with the test's result, and say them to whoever runs it with -s."""
    figures = f"{hands.clicks} clicks, {hands.typed} field typed into, {hands.seconds():.1f} s"
    record(f"replace_device_{kind}", figures)
    print(f"\nReplace device, {kind}: {figures}")  # noqa: T201  # what the documentation states


async def test_a_lost_phone_is_replaced_in_seven_clicks(
    demo: Demo, new_office: NewOffice, wallet: Wallet, record_property: Record
) -> None:
    person_id = caller(demo, "Wanda Ilves")
    await pair(demo, person_id, wallet)
    page = await (await new_office()).sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people")
    hands = Hands(page)

    await go_to_the_code(hands, "Wanda Ilves")
    link = await page.get_by_label("Link, for the same device").input_value()
    pin = await tell_the_pin(hands)
    trust = await load_trust(demo.wallet, development=True)
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as phone:
        await phone.pair(await phone.look_at(link), pin, device_name="New phone")
        await expect(page.get_by_text("2 of 2 Creds received").first).to_be_visible()
        told(record_property, "headless wallet", hands)
        assert hands.clicks <= 7
        assert len(phone.creds()) == 2

    await wallet.sync()
    assert wallet.creds() == ()
    states = {each["state"] for each in demo.api().get("/credentials", person_id=person_id)["items"]}
    assert states == {"active", "revoked"}
    entries = demo.api().get("/audit")["items"]
    assert "lost; checked: called back" in [each["reason"] for each in entries if each["person_id"] == person_id]


async def test_the_new_phone_is_a_phone(
    demo: Demo, new_office: NewOffice, wallet: Wallet, browser: Browser, record_property: Record
) -> None:
    person_id = caller(demo, "Yorick Aalto")
    await pair(demo, person_id, wallet)
    page = await (await new_office()).sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people")
    phone = await WalletPage.open(browser, demo.wallet)
    await phone.set_up()
    hands = Hands(page)

    await go_to_the_code(hands, "Yorick Aalto")
    short_code = await page.locator(".code").inner_text()
    await phone.paste(short_code)
    pin = await tell_the_pin(hands)
    await phone.accept(pin)
    await phone.show_creds()
    await expect(page.get_by_text("2 of 2 Creds received").first).to_be_visible()

    told(record_property, "wallet page", hands)
    await expect(phone.creds()).to_have_count(2)
    await phone.close()


async def by_keyboard(keys: Keyboard, name: str) -> Page:
    """Go from the list of people to a person's page."""
    page = keys.page
    await keys.type(page.get_by_role("searchbox", name="Search people"), name)
    await expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    await keys.press(page.get_by_role("link", name=name, exact=True))
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    return page


async def test_pairing_and_replacing_by_keyboard_alone(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    caller(demo, "Xenia Brandvold")
    page = await (await new_office()).sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people")
    keys = Keyboard(page)

    await by_keyboard(keys, "Xenia Brandvold")
    await keys.press(page.get_by_role("button", name="Pair a device"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pair a device for")
    await keys.press(page.get_by_role("button", name="new code without PIN"))
    await expect(page.get_by_role("link", name="Show the PIN")).to_have_count(0)
    link = await page.get_by_label("Link, for the same device").input_value()
    await wallet.pair(await wallet.look_at(link), device_name="Xenia's phone")
    await expect(page.get_by_text("2 of 2 Creds received").first).to_be_visible()
    await keys.press(page.get_by_role("link", name="Close"))

    await keys.press(page.get_by_role("link", name="Replace device"))
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Replace the device of")
    await keys.reach(page.get_by_label("Called back"))
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await keys.type(page.get_by_label("Who vouches"), "Sofia Oliveira")
    await keys.reach(page.get_by_label("Why", exact=True))
    await page.keyboard.type("Stolen")
    await keys.press(page.get_by_role("button", name="Replace device"))

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pair a device for")
    reasons = [each["reason"] for each in demo.api().get("/audit")["items"]]
    assert "stolen; checked: vouched for by Sofia Oliveira" in reasons


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_every_way_of_pairing_is_whole(demo: Demo, new_office: NewOffice, width: int, scheme: str) -> None:
    person_id = caller(demo, "Vigo Lund")
    office = await new_office(viewport={"width": width, "height": 800}, color_scheme=scheme, locale="de-DE")
    party = demo.organisations["northwind"]
    page = await office.page()
    await page.goto(party["console"])
    await page.get_by_label("E-Mail").fill(party["sign_ins"][0]["email"])
    await page.get_by_label("Passwort").fill(party["sign_ins"][0]["password"])
    await page.get_by_role("button", name="Anmelden", exact=True).click()
    await page.goto(f"{party['console']}/people/{person_id}")

    await page.get_by_role("button", name="Gerät koppeln").click()
    await page.get_by_text("Zum ersten Mal").click()
    await office.check(page)
    await page.get_by_role("button", name="Brief drucken").click()
    await expect(page.get_by_role("link", name="Brief öffnen (PDF)")).to_be_visible()
    await office.check(page)
    await page.get_by_role("link", name="PIN anzeigen").click()
    await office.check(page)
