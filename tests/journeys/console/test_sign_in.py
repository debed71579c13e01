"""Signing in by passkey, in a browser with an authenticator of its own."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def give_authenticator(page: Page, *, verifies: bool = True) -> tuple[Any, str]:
    """Give the page's browser a built-in authenticator; return what steers it."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable", {"enableUI": False})
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verifies,
        "automaticPresenceSimulation": True,
    }
    made = await session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return session, str(made["authenticatorId"])


async def test_a_passkey_is_added_signs_in_and_is_removed(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.sign_in(role="owner")
    await give_authenticator(page)
    await page.goto(demo.organisations["northwind"]["console"] + "/settings/me")
    await office.check(page)
    await page.get_by_label("Name of the passkey").fill("Laptop")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_text("The passkey is added.")).to_be_visible()
    await expect(page.get_by_role("button", name="Remove Laptop")).to_be_visible()
    await office.check(page)

    await page.get_by_role("button", name="Sign out").click()
    await office.check(page)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("navigation", name="Main")).to_be_visible()

    await page.goto(demo.organisations["northwind"]["console"] + "/settings/me")
    await page.get_by_role("button", name="Remove Laptop").click()
    await expect(page.get_by_text("The passkey is removed.")).to_be_visible()


@pytest.mark.parametrize("place", ["console", "counter"])
async def test_nothing_is_told_to_be_wrong_before_anything_went_wrong(
    demo: Demo, new_office: NewOffice, place: str
) -> None:
    office = await new_office()
    page = await office.page()
    await page.goto(
        demo.organisations["northwind"]["console"] if place == "console" else demo.described["requester"]["url"]
    )
    await expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()

    for told in await page.locator(".field__error, [role=alert]").all():
        await expect(told).to_be_hidden()

    await page.get_by_label("E-mail").fill("nobody@northwind.example")
    await page.get_by_label("Password").fill("not the one")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_role("alert").filter(has_text="not right")).to_be_visible()
    await expect(page.locator(".field__error:visible")).to_have_count(1)
    office.troubles.clear()  # the browser notes the 403 that was wanted


async def test_a_device_that_does_not_verify_its_person_is_told(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.page()
    await give_authenticator(page, verifies=False)
    await page.goto(demo.organisations["northwind"]["console"])

    await page.get_by_role("button", name="Sign in with a passkey").click()

    await expect(page.get_by_role("alert").get_by_text("Your device stopped this.")).to_be_visible()
    await office.check(page)


async def test_an_owner_adds_somebody_who_joins_by_passkey(new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.sign_in(role="owner")
    await page.get_by_role("navigation", name="Main").get_by_role("link", name="Settings").click()
    await office.check(page)
    await page.get_by_role("link", name="Staff").click()
    await page.get_by_label("Name", exact=True).fill("Nadia Petrov")
    await page.get_by_label("E-mail", exact=True).fill("nadia@northwind.example")
    await page.get_by_role("button", name="Add to staff").click()
    link = await page.get_by_label("Invitation link").input_value()
    await office.check(page)

    guest = await new_office()
    joining = await guest.page()
    await give_authenticator(joining)
    await joining.goto(link)
    await guest.check(joining)
    await joining.get_by_role("button", name="Use a passkey").click()
    await expect(joining.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    await guest.check(joining)

    await (
        page.get_by_role("link", name="Staff", exact=True).or_(page.get_by_role("link", name="Settings")).first.click()
    )
    await page.get_by_role("link", name="Staff").click()
    await page.get_by_role("link", name="End access Nadia Petrov").click()
    await office.check(page)
    await page.get_by_label("Reason").fill("a test")
    await page.get_by_role("button", name="End access").click()
    await expect(page.get_by_text("The access has ended.")).to_be_visible()
    await joining.reload()
    await expect(joining).to_have_url(re.compile("sign-in"))


async def test_a_form_outlives_its_session_and_is_sent_again(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.sign_in()
    await page.goto(demo.organisations["northwind"]["console"] + "/people/new")
    await page.get_by_label("Name", exact=True).fill("Ines Halloran")
    await office.context.clear_cookies(name="billfold_console_session")

    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("heading", name="Your session is over")).to_be_visible()
    office.troubles.clear()  # the browser tells that it was 403
    await office.check(page)
    async with office.context.expect_page() as opened:
        await page.get_by_role("link", name="Sign in in a new tab").click()
    beside = await opened.value
    sign_in = next(each for each in demo.organisations["northwind"]["sign_ins"] if each["role"] == "support")
    await beside.get_by_label("E-mail").fill(sign_in["email"])
    await beside.get_by_label("Password").fill(sign_in["password"])
    await beside.get_by_role("button", name="Sign in", exact=True).click()
    await expect(beside.get_by_role("navigation", name="Main")).to_be_visible()
    await page.reload()

    await expect(page.get_by_text("Ines Halloran is added.")).to_be_visible()
