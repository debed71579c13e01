"""An office's day in the console, with a real wallet on the other side: pair, suspend, resume, replace."""

import pytest
from playwright.async_api import Page, expect

from billfold.errors import StateError
from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
_TEXT_BOX = """heading => {
  const range = document.createRange();
  range.selectNodeContents(heading);
  return range.getBoundingClientRect().toJSON();
}"""


async def pair_in(page: Page, wallet: Wallet) -> None:
    """Pair the code that the page shows, with the PIN of its own screen, and see it arrive without a reload."""
    link = await page.get_by_label("Link, for the same device").input_value()
    review = await wallet.look_at(link)
    await expect(page.get_by_text("Opened in a wallet").last).to_be_visible()
    pin_page = await page.context.new_page()
    await pin_page.goto(page.url + "/pin")
    pin = (await pin_page.locator(".code").inner_text()).replace(" ", "")
    await pin_page.close()
    await wallet.pair(review, pin, device_name="Zola's phone")
    await expect(page.get_by_text("Paired with Zola's phone")).to_be_visible()
    await expect(page.get_by_text("2 of 2 Creds received").first).to_be_visible()


async def find(page: Page, name: str) -> None:
    """Find somebody by typing, and open their page."""
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="People").click()
    await page.get_by_role("searchbox", name="Search people").press_sequentially(name)
    await page.get_by_role("link", name=name, exact=True).click()
    await expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


async def test_pair_suspend_resume_and_replace(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    demo.new_employee("Zola Quistgaard")
    office = await new_office()
    page = await office.sign_in()
    await office.check(page)
    await find(page, "Zola Quistgaard")
    await office.check(page)

    await page.get_by_role("button", name="Pair a device").click()
    await office.check(page)
    assert "PIN" not in await page.locator(".code").all_inner_texts()
    await pair_in(page, wallet)
    await expect(page.get_by_label("Link, for the same device")).to_be_hidden()
    await expect(page.get_by_role("button", name="new code without PIN")).to_be_hidden()
    await office.check(page)
    await page.get_by_role("link", name="Close").click()

    await page.get_by_role("link", name="Suspend Employee badge").click()
    await office.check(page)
    await page.get_by_label("Reason").fill("plate does not match")
    await page.get_by_role("button", name="Suspend").click()
    await expect(page.get_by_text("Suspended: Employee badge")).to_be_visible()
    await expect(page.get_by_text("plate does not match")).to_be_visible()
    asked = demo.ask()
    await wallet.sync()
    review = await wallet.review(asked["request"])
    with pytest.raises(StateError, match="Creds held can answer"):
        await wallet.share(review)

    await page.get_by_role("button", name="Undo").click()
    await expect(page.get_by_text("Resumed: Employee badge")).to_be_visible()

    await page.get_by_role("link", name="Replace device").click()
    await office.check(page)
    await page.get_by_label("Called back").check()
    await page.get_by_label("Why", exact=True).select_option("Lost")
    await page.get_by_role("button", name="Replace device").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Pair a device for")
    await expect(page.get_by_label("Link, for the same device")).to_be_visible()
    await page.get_by_role("link", name="Close").click()
    await expect(page.get_by_text("1 earlier device")).to_be_visible()
    await page.get_by_role("link", name="All entries").click()
    await expect(page.get_by_text("lost; checked: called back")).to_be_visible()
    await office.check(page)


async def test_a_code_that_is_used_up_gives_way_to_a_new_one(demo: Demo, new_office: NewOffice) -> None:
    demo.new_employee("Orla Vantongeren")
    page = await (await new_office()).sign_in()
    await find(page, "Orla Vantongeren")
    await page.get_by_role("button", name="Pair a device").click()
    await expect(page.get_by_text("Waiting for a wallet")).to_be_visible()
    first = page.url

    second = await page.context.new_page()
    await second.goto(first)
    await second.get_by_role("button", name="They stand before me: new code without PIN").click()
    await expect(second.get_by_text("Waiting for a wallet")).to_be_visible()

    await expect(page.get_by_text("A newer code took its place.")).to_be_visible()
    await expect(page.get_by_role("button", name="New code", exact=True)).to_be_visible()
    await expect(page.get_by_label("Link, for the same device")).to_be_hidden()
    await expect(second.get_by_role("link", name="Show the PIN")).to_have_count(0)


async def test_the_menu_is_there_however_a_tablet_is_turned(new_office: NewOffice) -> None:
    office = await new_office(viewport={"width": 768, "height": 1024})
    page = await office.sign_in()
    link = page.get_by_role("link", name="Audit")
    await expect(link).to_be_hidden()
    await page.get_by_text("Menu", exact=True).click()
    await expect(link).to_be_visible()

    for width, height in ((1024, 768), (768, 1024), (1024, 768)):
        await page.set_viewport_size({"width": width, "height": height})
        await expect(link).to_be_visible(visible=width > height)
        await office.check(page)


async def test_a_name_in_one_long_piece_ends_before_the_button_beside_it(demo: Demo, new_office: NewOffice) -> None:
    person_id = demo.new_person("Wolfeschlegel" * 6, {})
    office = await new_office()
    page = await office.sign_in()

    for width in (1280, 768, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        await page.goto(f"{demo.organisations['northwind']['console']}/people/{person_id}")
        texts = await page.get_by_role("heading", level=1).evaluate(_TEXT_BOX)
        button = await page.get_by_role("link", name="Edit", exact=True).bounding_box()
        assert button is not None
        assert texts["right"] <= button["x"] or texts["bottom"] <= button["y"], width
        await office.check(page)


async def test_it_works_without_script(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    demo.new_employee("Nils Oderwald")
    office = await new_office(java_script_enabled=False)
    party = demo.organisations["northwind"]
    page = await office.context.new_page()
    await page.goto(party["console"])
    await page.get_by_label("E-mail").fill(party["sign_ins"][0]["email"])
    await page.get_by_label("Password").fill(party["sign_ins"][0]["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.get_by_role("searchbox", name="Search people").fill("Oderwald")
    await page.get_by_role("button", name="Search").click()
    await page.get_by_role("link", name="Nils Oderwald", exact=True).click()
    await page.get_by_role("button", name="Pair a device").click()
    link = await page.get_by_label("Link, for the same device").input_value()
    await page.get_by_role("link", name="Show the PIN").click()
    pin = (await page.locator(".code").inner_text()).replace(" ", "")
    await page.get_by_role("link", name="Back to the code").click()

    await wallet.pair(await wallet.look_at(link), pin)
    await page.reload()

    await expect(page.get_by_text("2 of 2 Creds received").first).to_be_visible()


async def test_german_readers_get_german(new_office: NewOffice, demo: Demo) -> None:
    office = await new_office(locale="de-DE")
    page = await office.page()
    await page.goto(f"{demo.organisations['northwind']['console']}/help")
    assert await page.evaluate("document.documentElement.lang") == "de"
    await expect(page.get_by_role("heading", level=1, name="Hilfe zu Ihren Creds")).to_be_visible()
