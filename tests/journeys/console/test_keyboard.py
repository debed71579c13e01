"""The console by keyboard alone: keys that lead to places, and a person added, issued to, suspended and undone."""

import pytest
from playwright.async_api import Page, expect

from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the focus stands on what is called *name*."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "(document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent)"
            ".replace(/\\s+/g, ' ').trim()"
        )
        if focused == name:
            return
    raise AssertionError(f"expected a way by Tab to {name}")


async def press(page: Page, *keys: str) -> None:
    await page.wait_for_load_state()  # then the page's script hears keys
    for key in keys:
        await page.keyboard.press(key)


async def test_keys_lead_to_places_and_can_be_switched_off(demo: Demo, new_office: NewOffice) -> None:
    page = await (await new_office()).sign_in()
    await press(page, "g", "a")
    await expect(page.get_by_role("heading", level=1, name="Audit")).to_be_visible()
    await press(page, "g", "p")
    await expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()
    await press(page, "/")
    await expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()
    await page.keyboard.type("g a?")
    await expect(page.get_by_role("searchbox", name="Search people")).to_have_value("g a?")

    await press(page, "Escape")
    await page.goto(demo.organisations["northwind"]["console"] + "/settings")
    await press(page, "/")
    await expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()
    await expect(page.get_by_role("searchbox", name="Search people")).to_be_focused()
    await page.goto(demo.organisations["northwind"]["console"] + "/settings/me")
    await press(page, "?")
    keys = page.get_by_role("dialog", name="Keys of the keyboard")
    await expect(keys).to_be_visible()
    await expect(keys.get_by_text("Overview")).to_be_visible()
    await press(page, "Escape")
    await expect(keys).to_be_hidden()

    await tab_to(page, "Switch keys off")
    await press(page, "Enter")
    await expect(page.get_by_text("Keys are off.")).to_be_visible()
    await press(page, "g", "a")
    await expect(page.get_by_role("heading", level=1, name="Your sign-in")).to_be_visible()
    await tab_to(page, "Switch keys on")
    await press(page, "Enter")
    await expect(page.get_by_text("Keys are on.")).to_be_visible()


PLACES = {"o": "Overview", "p": "People", "t": "Cred types", "a": "Audit", "s": "Settings", "r": "Sign in"}


@pytest.mark.parametrize("letter", PLACES)
async def test_g_and_a_letter_lead_to_each_place(new_office: NewOffice, letter: str) -> None:
    page = await (await new_office()).sign_in()
    await press(page, "?")
    listed = page.get_by_role("dialog", name="Keys of the keyboard").locator("dt", has_text=f"g {letter}")
    await expect(listed).to_be_visible()
    await press(page, "Escape")
    if letter == "o":
        await press(page, "g", "s")
        await expect(page.get_by_role("heading", level=1, name="Settings")).to_be_visible()

    await press(page, "g", letter)

    await expect(page.get_by_role("heading", level=1, name=PLACES[letter])).to_be_visible()


async def test_keys_do_nothing_alone_late_or_with_another_key(new_office: NewOffice) -> None:
    page = await (await new_office()).sign_in()
    for keys in (("t",), ("g", "x", "t"), ("g", "Control+a"), ("Control+g", "t"), ("Alt+g", "t")):
        await press(page, *keys)
    await press(page, "g")
    await page.wait_for_timeout(1600)  # longer than the pause that a way of two keys may have
    await press(page, "t")

    await page.wait_for_timeout(200)
    await expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


async def test_at_the_counter_g_and_r_lead_to_the_requests(new_office: NewOffice) -> None:
    page = await (await new_office()).sign_in_at_counter()
    await page.get_by_role("link", name="Staff rate").first.click()
    await expect(page.get_by_role("heading", level=1, name="Staff rate")).to_be_visible()

    await press(page, "g", "r")

    await expect(page.get_by_role("heading", level=1, name="Requests")).to_be_visible()


async def test_a_person_is_added_issued_to_and_suspended_by_keyboard(new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.sign_in()
    await press(page, "Tab")
    await expect(page.get_by_role("link", name="Skip")).to_be_focused()
    await press(page, "g", "p")
    await expect(page.get_by_role("heading", level=1, name="People")).to_be_visible()
    await tab_to(page, "Add a person")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1, name="Add a person")).to_be_visible()
    await office.check(page)
    await tab_to(page, "Name")
    await page.keyboard.type("Ottoline Keyes")
    await tab_to(page, "Team")
    await page.keyboard.type("Night shift")
    await tab_to(page, "Staff number")
    await page.keyboard.type("NR-40001")
    await tab_to(page, "Save")
    await press(page, "Enter")
    await expect(page.get_by_text("Ottoline Keyes is added.")).to_be_visible()
    await office.check(page)

    await tab_to(page, "Issue")
    await press(page, "Enter")
    await expect(page.get_by_text("Issued: ")).to_be_visible()
    await expect(page.get_by_text("Entitled", exact=True)).to_be_visible()
    await tab_to(page, "Suspend Employee badge")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1, name="Suspend Employee badge")).to_be_visible()
    await tab_to(page, "Reason")
    await page.keyboard.type("left the badge at home")
    await press(page, "Enter")
    await expect(page.get_by_text("Suspended: Employee badge")).to_be_visible()
    await tab_to(page, "Undo")
    await press(page, "Enter")
    await expect(page.get_by_text("Resumed: Employee badge")).to_be_visible()
    await office.check(page)
