"""Signing in by passkey, in a browser with an authenticator of its own."""

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


async def test_a_device_that_does_not_verify_its_person_is_told(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office()
    page = await office.page()
    await give_authenticator(page, verifies=False)
    await page.goto(demo.organisations["northwind"]["console"])

    await page.get_by_role("button", name="Sign in with a passkey").click()

    await expect(page.get_by_role("alert").get_by_text("Your device stopped this.")).to_be_visible()
    await office.check(page)
