"""Cred types in a browser: made from nothing, changed and seen to arrive; by keyboard, without script, in German."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from billfold.holder import Wallet
from billfold.roles.holder.cred import HeldCred
from tests.journeys.console.conftest import NewOffice, Office
from tests.journeys.console.test_keyboard import press, tab_to
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

MOST_LOOKS = 150  # of the wallet, five a second

CHIP = "Version {}, {}"
STEPS_FROM_NAME_TO_GRIP = 5  # Change, Remove, Down, Up, the grip itself


async def add_field(page: Page, english: str, german: str) -> None:
    """Add a field at the end, name it, and keep it."""
    await page.get_by_role("button", name="Add a field").click()
    new = page.locator("[data-field]").last
    await expect(new.get_by_text("New field").first).to_be_visible()
    await new.get_by_label("Name (English)").fill(english)
    await new.get_by_label("Name (German)").fill(german)
    await page.get_by_role("button", name="Save draft").last.click()
    await expect(page.get_by_text("Saved as a draft.")).to_be_visible()


async def publish(page: Page, reason: str, version: int) -> None:
    """Publish what is drawn up."""
    await page.get_by_role("link", name="Publish").click()
    await page.get_by_label("Reason").fill(reason)
    await page.get_by_role("button", name=f"Publish version {version}").click()
    await expect(page.get_by_text(f"Version {version} is published.")).to_be_visible()


async def open_type(office: Office, slug: str, tab: str, *, german: bool = False) -> Page:
    """Sign in as an owner and open a tab of a type."""
    party = office.demo.organisations["northwind"]
    sign_in = next(each for each in party["sign_ins"] if each["role"] == "owner")
    page = await office.page()
    await page.goto(party["console"])
    await page.locator("input[name=email]").fill(sign_in["email"])
    await page.locator("input[name=password]").fill(sign_in["password"])
    await page.get_by_role("button", name="Anmelden" if german else "Sign in", exact=True).click()
    await expect(page).not_to_have_url(re.compile("sign-in"))
    await page.goto(f"{party['console']}/types/{slug}/{tab}")
    return page


async def arrived(wallet: Wallet, slug: str, claims: set[str]) -> HeldCred:
    """Ask for news until the Cred with these fields is there.

    Raises:
        AssertionError: it does not come.
    """
    for _ in range(MOST_LOOKS):
        for cred in wallet.creds():
            if cred.configuration_id == slug and {field.name for field in cred.fields} == claims:
                return cred
        await asyncio.sleep(0.2)
        await wallet.sync()
    raise AssertionError(f"expected {slug} with {sorted(claims)}, got {[c.configuration_id for c in wallet.creds()]}")


def look_of(demo: Demo, slug: str) -> dict[str, Any]:
    """Return what wallets are told of a type's look."""
    issuer = demo.organisations["northwind"]["issuer"]
    host, path = re.fullmatch(r"(https?://[^/]+)(/.*)", issuer).groups()  # type: ignore[union-attr]  # it matches
    metadata = demo.client.get(f"{host}/.well-known/openid-credential-issuer{path}").json()
    return dict(metadata["credential_configurations_supported"][slug]["credential_metadata"]["display"][0])


async def test_a_type_is_made_given_changed_and_arrives_anew(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    person_id = demo.new_person("Ottilie Varga", {"locker": "L-17", "floor": "3"}, "employee-badge")
    code = demo.pairing_code(person_id)
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
    office = await new_office()
    page = await office.sign_in(role="owner")
    await page.get_by_role("link", name="Cred types").click()
    await office.check(page)

    await page.get_by_role("link", name="Add a Cred type").click()
    await page.get_by_label("Name (English)").fill("Locker key")
    await page.get_by_label("Name (German)").fill("Spindschlüssel")
    await office.check(page)
    await page.get_by_role("button", name="Go on to fields").click()
    await expect(page.get_by_text(CHIP.format(1, "not published"))).to_be_visible()
    await add_field(page, "Locker", "Spind")
    await office.check(page)
    await publish(page, "Lockers open by phone", 1)
    await office.check(page)

    await page.goto(f"{demo.organisations['northwind']['console']}/people/{person_id}")
    await page.get_by_label("Cred type").select_option("Locker key")
    await page.get_by_role("button", name="Issue", exact=True).click()
    first = await arrived(wallet, "locker-key", {"name", "locker"})
    assert {field.name: field.value for field in first.fields} == {"name": "Ottilie Varga", "locker": "L-17"}

    await page.get_by_role("link", name="Cred types").click()
    await page.get_by_role("link", name="Locker key").click()
    await add_field(page, "Floor", "Etage")
    await page.get_by_role("link", name="Look").click()
    await page.get_by_label("Background", exact=True).fill("#7a1f3d")
    await expect(page.locator("[data-piece]")).to_have_attribute("data-bg", "#7a1f3d")
    await page.get_by_role("link", name="Publish").click()
    await expect(page.get_by_text("1 person holds it")).to_be_visible()
    await expect(page.get_by_text("Their Creds are renewed when their wallets come.")).to_be_visible()
    await expect(page.locator("ins", has_text="#7a1f3d")).to_be_visible()
    await office.check(page)
    await page.get_by_label("Reason").fill("Lockers on every floor")
    await page.get_by_role("button", name="Publish version 2").click()
    await expect(page.get_by_text("Lockers on every floor")).to_be_visible()

    second = await arrived(wallet, "locker-key", {"name", "locker", "floor"})
    assert second.is_new
    assert look_of(demo, "locker-key")["background_color"] == "#7a1f3d"


async def test_the_card_is_drawn_as_one_types_and_says_when_it_cannot_be_read(new_office: NewOffice) -> None:
    office = await new_office()
    page = await open_type(office, "parking-permit", "look")
    card = page.locator("[data-card] .cred")
    publish_link = page.get_by_role("link", name="Publish")

    await page.get_by_label("Take the picture away").check()
    await page.get_by_label("Background", exact=True).fill("#777777")
    await page.get_by_label("Text", exact=True).fill("#888888")
    await expect(page.get_by_text(re.compile(r"Not readable\. Text at 1\.\d : 1\.")).first).to_be_visible()
    await expect(publish_link).to_have_attribute("aria-disabled", "true")
    await expect(card).to_have_css("background-color", "rgb(119, 119, 119)")
    await expect(page.locator("[data-card-said]")).to_contain_text("Not readable")
    await office.check(page)

    await page.get_by_role("link", name="Suspended").click()
    await expect(card).to_have_attribute("data-state", "suspended")
    await expect(page.get_by_role("link", name="Suspended")).to_be_focused()
    await page.get_by_role("link", name="Longest name").click()
    await expect(page.get_by_label("Background", exact=True)).to_have_value("#777777")

    await page.get_by_role("button", name="Use black text").click()
    await expect(page.get_by_text("Readable", exact=True)).to_be_visible()
    await expect(page.get_by_label("Text", exact=True)).to_have_value("#000000")
    await expect(publish_link).not_to_have_attribute("aria-disabled", "true")
    await page.get_by_role("button", name="Discard draft").click()
    await expect(page.get_by_text(CHIP.format(1, "published"))).to_be_visible()


async def test_by_keyboard_alone_a_field_moves_and_a_version_is_published(new_office: NewOffice) -> None:
    page = await (await new_office()).sign_in(role="owner")
    await press(page, "g", "t")
    await expect(page.get_by_role("heading", level=1, name="Cred types")).to_be_visible()
    await tab_to(page, "Add a Cred type")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1, name="Add a Cred type")).to_be_visible()
    await tab_to(page, "Name (English)")
    await page.keyboard.type("Canteen card")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=1, name="Canteen card")).to_be_visible()
    await tab_to(page, "Add a field")
    await press(page, "Enter")
    await expect(page.locator("[data-field]")).to_have_count(2)
    await tab_to(page, "Name (English)")
    await page.keyboard.type("Diet")

    await press(page, *["Shift+Tab"] * STEPS_FROM_NAME_TO_GRIP)
    await expect(page.locator("[data-field]").last.locator(".grip")).to_be_focused()
    await press(page, "ArrowUp")
    await expect(page.locator("[data-moved]")).to_have_text("Diet, 1 of 2")
    await press(page, "ArrowUp", "ArrowDown")
    await expect(page.locator("[data-moved]")).to_have_text("Diet, 2 of 2")
    await press(page, "ArrowUp")
    await tab_to(page, "Save draft")
    await press(page, "Enter")
    await expect(page.locator("[data-field-name]")).to_have_text(["Diet", "Name"])

    await tab_to(page, "Publish")
    await press(page, "Enter")
    await expect(page.get_by_role("heading", level=2, name="First version")).to_be_visible()
    await tab_to(page, "Reason")
    await page.keyboard.type("Lunch")
    await press(page, "Enter")
    await expect(page.get_by_text("Version 1 is published.")).to_be_visible()


async def test_what_is_typed_comes_along_to_another_tab(new_office: NewOffice) -> None:
    page = await open_type(await new_office(), "parking-permit", "validity")
    await page.get_by_label("Days from issue").fill("45")

    await page.get_by_role("link", name="Texts and languages").click()

    await expect(page.get_by_text(CHIP.format(2, "not published"))).to_be_visible()
    await page.get_by_role("link", name="Validity").click()
    await expect(page.get_by_label("Days from issue")).to_have_value("45")
    await page.get_by_role("button", name="Discard draft").click()
    await expect(page.get_by_label("Days from issue")).to_have_count(0)


async def test_it_works_without_script(demo: Demo, new_office: NewOffice) -> None:
    office = await new_office(java_script_enabled=False)
    party = demo.organisations["northwind"]
    sign_in = next(each for each in party["sign_ins"] if each["role"] == "owner")
    page = await office.context.new_page()
    await page.goto(party["console"])
    await page.get_by_label("E-mail").fill(sign_in["email"])
    await page.get_by_label("Password").fill(sign_in["password"])
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await page.goto(f"{party['console']}/types/new")
    await page.get_by_label("Name (English)").fill("Tool loan")
    await page.get_by_role("button", name="Go on to fields").click()
    await page.get_by_role("button", name="Add a field").click()
    await page.locator("[data-field]").last.get_by_label("Name (English)").fill("Tool")
    await page.get_by_role("button", name="Move New field up").click()
    await expect(page.locator("[data-field-name]")).to_have_text(["Tool", "Name"])

    await page.get_by_role("link", name="Look").click()
    await page.get_by_label("Background", exact=True).fill("#14532d")
    await page.get_by_role("button", name="Save draft").last.click()
    await expect(page.locator(".cred")).to_have_css("background-color", "rgb(20, 83, 45)")
    await page.get_by_role("link", name="Revoked").click()
    await expect(page.locator(".cred")).to_have_attribute("data-state", "revoked")
    await publish(page, "Tools go out", 1)


async def test_german_readers_get_german(new_office: NewOffice) -> None:
    office = await new_office(locale="de-DE")
    page = await open_type(office, "employee-badge", "fields", german=True)

    await expect(page.get_by_role("heading", level=1, name="Mitarbeiterausweis")).to_be_visible()
    await expect(page.locator("[data-field-name]").nth(1)).to_have_text("Arbeitgeber")
    for tab in ("Angaben", "Aussehen", "Gültigkeit", "Texte und Sprachen", "Versionen"):
        await page.get_by_role("link", name=tab, exact=True).click()
        await office.check(page)
