"""A template drawn up in a browser: the preview follows at once, and a wallet is asked by it."""

import pytest
from playwright.async_api import expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_template_is_drawn_up_and_asked(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    code = demo.pairing_code(demo.new_employee("Zola Quist"))
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
    office = await new_office()
    page = await office.sign_in_at_counter(role="owner")
    await page.get_by_role("link", name="New template").click()
    await office.check(page)
    await page.get_by_label("Name, in English").fill("Garage")
    await page.get_by_label("Purpose, in English").fill("Open the garage.")
    preview = page.get_by_role("complementary", name="What people see")
    await expect(preview.get_by_text("Open the garage.")).to_be_visible()

    await page.get_by_role("checkbox", name="Parking permit").check()
    await page.get_by_role("group", name="Plate").get_by_label("Required").check()
    await page.get_by_role("group", name="Zone").get_by_label("Optional").check()
    await expect(preview.get_by_text("Plate")).to_be_visible()
    await expect(preview.get_by_text("Zone")).to_be_visible()
    await office.check(page)
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved. It holds for requests from now on.")).to_be_visible()

    await page.get_by_role("link", name="Go to the desk").click()
    await page.get_by_role("button", name="Ask the first person").click()
    show = await office.page()
    await show.goto(await page.get_by_label("Address of Show").input_value())
    link = await show.get_by_role("link", name="Open on this device").get_attribute("href")
    await wallet.share(await wallet.review(str(link)))
    await expect(page.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    await expect(page.get_by_text("QX 905 VB")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
async def test_the_designer_is_whole(demo: Demo, new_office: NewOffice, width: int, scheme: str) -> None:
    office = await new_office(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = await office.sign_in_at_counter(role="owner")
    await office.check(page)
    await page.goto(f"{demo.described['requester']['url']}/templates/staff-rate")
    await page.locator("summary", has_text="How optional fields are asked").click()

    await office.check(page)
