"""Codes on a screen: copied, opened here, counted down, read out, and still there after a reload."""

import io
import re
from collections.abc import Iterator

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Locator, expect

from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo, running_demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

SHORT_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}")  # nothing that looks like 0 or 1
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
PASTED = "navigator.clipboard.readText()"


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    """A demo for these tests alone: they leave requests at its counter that nobody answers."""
    with running_demo("--ephemeral") as running:
        yield running


async def scan(code: Locator) -> str:
    """Return what a camera reads that sees the picture of a QR code."""
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(await code.screenshot())))
    return str(found.text)


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_a_camera_reads_the_link_from_the_qr_code(demo: Demo, new_office: NewOffice, theme: str) -> None:
    page = await (await new_office(color_scheme=theme)).sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people/{demo.new_employee()}")
    await page.get_by_role("button", name="Pair a device").click()

    link = await page.get_by_label("Link, for the same device").input_value()
    assert await scan(page.get_by_role("img", name="QR code for pairing")) == link
    await page.get_by_text("First time", exact=True).click()
    assert await scan(page.get_by_role("img", name=f"QR code of {demo.wallet}")) == demo.wallet
    assert await scan(page.get_by_role("img", name="QR code for pairing").last) == link


async def test_a_camera_reads_the_link_from_the_qr_code_of_a_request(new_office: NewOffice) -> None:
    office = await new_office()
    desk = await office.sign_in_at_counter()
    await desk.get_by_role("link", name="Staff rate").first.click()
    first = desk.get_by_role("button", name="Ask the first person")
    await first.or_(desk.get_by_role("button", name="Next person")).click()
    show = await office.page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())

    link = await show.get_by_role("link", name="Open on this device").get_attribute("href")
    assert await scan(show.locator(".qr")) == link


async def test_a_pairing_code_is_copied_opened_here_and_read_out(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office(**CLIPBOARD)
    page = await office.sign_in()
    await page.goto(f"{demo.organisations['northwind']['console']}/people/{demo.new_employee()}")
    await page.get_by_role("button", name="Pair a device").click()
    link = await page.get_by_label("Link, for the same device").input_value()
    await page.get_by_role("button", name="Copy").first.click()
    await expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert await page.evaluate(PASTED) == link
    await expect(page.locator(".code")).to_have_text(SHORT_CODE)

    timer = page.get_by_role("timer", name="Time left")
    before = await timer.inner_text()
    await expect(timer).not_to_have_text(before)
    await expect(timer).to_have_text(re.compile(r"29:\d\d"))

    await page.get_by_text("First time", exact=True).click()
    await expect(page.get_by_role("heading", name="1 Get Billfold")).to_be_visible()
    await expect(page.get_by_role("img", name=f"QR code of {demo.wallet}")).to_be_visible()
    await expect(page.get_by_role("heading", name="2 Pair")).to_be_visible()
    await expect(page.get_by_role("img", name="QR code for pairing")).to_have_count(2)
    await office.check(page)

    async with page.expect_popup() as opened:
        await page.get_by_role("link", name="Open in the wallet here").click()
    await expect(await opened.value).to_have_url(re.compile(re.escape(demo.wallet)))
    await page.reload()
    assert await page.get_by_label("Link, for the same device").input_value() == link


async def test_a_request_is_copied_goes_to_another_wallet_and_outlives_a_reload(new_office: NewOffice) -> None:
    office = await new_office(**CLIPBOARD)
    desk = await office.sign_in_at_counter()
    await desk.get_by_role("link", name="Staff rate").first.click()
    first = desk.get_by_role("button", name="Ask the first person")
    await first.or_(desk.get_by_role("button", name="Next person")).click()
    show = await office.page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    here = show.get_by_role("link", name="Open on this device")
    link = await here.get_attribute("href")
    await show.get_by_role("button", name="Copy link").click()
    await expect(show.get_by_role("button", name="Copied")).to_be_visible()
    assert await show.evaluate(PASTED) == link
    await expect(show.locator(".code")).to_have_text(SHORT_CODE)
    await expect(show.get_by_role("link", name="Another wallet")).to_have_attribute("href", re.compile("^openid4vp:"))

    await show.reload()
    await expect(here).to_have_attribute("href", str(link))
    await desk.reload()
    await expect(desk.get_by_text("Waiting for a wallet").last).to_be_visible()
