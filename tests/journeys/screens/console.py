"""The console's screens, found by address and make, so that one way leads through every language."""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, expect

from billfold.holder import Wallet
from tests.journeys.screens.gallery import Gallery
from tests.support.demo import Demo


@dataclass(slots=True)
class DeskStage:
    """A browser of somebody at a desk, at *home* of an organisation's console or counter."""

    demo: Demo
    page: Page
    wallet: Wallet
    home: str
    sign_ins: list[dict[str, Any]]
    person: str = ""
    invitation: str = ""
    show: str = ""
    troubles: list[str] = field(default_factory=list)

    async def go(self, path: str) -> None:
        """Go to an address of this organisation."""
        await self.page.goto(self.home + path)

    async def press(self, form: str) -> None:
        """Send the form whose address ends in *form*, and see what comes of it."""
        async with self.page.expect_navigation():
            await self.page.locator(f"form[action$='{form}'] button:not([type=button])").first.click()

    async def enter(self, role: str) -> None:
        """Sign in as one of the demo's staff."""
        sign_in = next(each for each in self.sign_ins if each["role"] == role)
        await self.page.locator("input[name=email]").fill(sign_in["email"])
        await self.page.locator("input[name=password]").fill(sign_in["password"])
        await self.press("/sign-in")
        await expect(self.page).not_to_have_url(re.compile("sign-in"))

    async def take_creds(self) -> None:
        """Let the person's wallet take what it should hold."""
        code = self.demo.pairing_code(self.person)
        await self.wallet.pair(await self.wallet.look_at(code["offer"]), code["tx_code"], device_name="Zola's phone")


console = Gallery[DeskStage]("console")


@console.screen
async def sign_in(stage: DeskStage) -> None:
    await stage.go("/sign-in")


@console.screen
async def sign_in_refused(stage: DeskStage) -> None:
    await stage.page.locator("input[name=email]").fill("somebody@northwind.example")
    await stage.page.locator("input[name=password]").fill("not the one")
    await stage.press("/sign-in")
    await expect(stage.page.locator("input[name=password]")).to_have_value("")


@console.screen
async def start(stage: DeskStage) -> None:
    await stage.enter("owner")
    await stage.go("")


@console.screen
async def people(stage: DeskStage) -> None:
    await stage.go("/people")


@console.screen
async def nobody_found(stage: DeskStage) -> None:
    await stage.go("/people?q=zzzzz")


@console.screen
async def person_new(stage: DeskStage) -> None:
    await stage.go("/people/new")


@console.screen
async def person_without_a_device(stage: DeskStage) -> None:
    stage.person = stage.demo.new_employee("Zola Quistgaard-Brandstätter")
    await stage.go(f"/people/{stage.person}")


@console.screen
async def person_edit(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}/edit")


@console.screen
async def pair_a_device(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}")
    await stage.press("/pair")
    await expect(stage.page.locator(".qr").first).to_be_visible()


@console.screen
async def pin_of_a_pairing_code(stage: DeskStage) -> None:
    await stage.page.goto(f"{stage.page.url}/pin")


@console.screen
async def person_with_a_device(stage: DeskStage) -> None:
    await stage.take_creds()
    await stage.go(f"/people/{stage.person}")


@console.screen
async def suspend_everything(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}/all/suspend")


@console.screen
async def reason_for_one_cred(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}")
    await stage.page.locator("a[href$='/revoke']").first.click()
    await expect(stage.page.locator("input[name=reason]")).to_be_visible()


@console.screen
async def replace_a_device(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}/replace")


@console.screen
async def end_a_pairing(stage: DeskStage) -> None:
    await stage.go(f"/people/{stage.person}/end-pairing")


@console.screen
async def cred_types(stage: DeskStage) -> None:
    await stage.go("/types")


@console.screen
async def cred_type_new(stage: DeskStage) -> None:
    await stage.go("/types/new")


@console.screen
async def cred_type_fields(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/fields")


@console.screen
async def cred_type_look(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/look?card=suspended&who=longest")


@console.screen
async def cred_type_validity(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/validity")


@console.screen
async def cred_type_texts(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/texts")


@console.screen
async def cred_type_that_cannot_be_read(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/look")
    await stage.page.locator("#text_color").fill("#505a96")
    await stage.page.locator("form#draft button[value=save]").last.click()
    await expect(stage.page.locator("[data-readable=no]")).to_be_visible()


@console.screen
async def cred_type_publish(stage: DeskStage) -> None:
    await stage.go("/types/employee-badge/publish")


@console.screen
async def cred_type_versions(stage: DeskStage) -> None:
    await stage.press("/discard")
    await stage.go("/types/employee-badge/versions")


@console.screen
async def audit(stage: DeskStage) -> None:
    await stage.go(f"/audit?person={stage.person}")


@console.screen
async def settings(stage: DeskStage) -> None:
    await stage.go("/settings")


@console.screen
async def settings_organisation(stage: DeskStage) -> None:
    await stage.go("/settings/organisation")


@console.screen
async def settings_support(stage: DeskStage) -> None:
    await stage.go("/settings/support")


@console.screen
async def settings_keys(stage: DeskStage) -> None:
    await stage.go("/settings/keys")


@console.screen
async def settings_staff_invited(stage: DeskStage) -> None:
    await stage.go("/settings/staff")
    await stage.page.locator("#new-name").fill("Zola Quistgaard-Brandstätter")
    await stage.page.locator("#new-email").fill(f"{secrets.token_hex(4)}@northwind.example")
    await stage.press("/settings/staff")
    stage.invitation = await stage.page.locator("#invitation").input_value()


@console.screen
async def settings_staff_end(stage: DeskStage) -> None:
    await stage.go("/settings/staff")
    await stage.page.locator("a[href$='/end']").last.click()
    await expect(stage.page.locator("form[action$='/end']")).to_be_visible()


@console.screen
async def join(stage: DeskStage) -> None:
    await stage.page.goto(stage.invitation)


@console.screen
async def settings_api_key_made(stage: DeskStage) -> None:
    await stage.go("/settings/api-keys")
    await stage.page.locator("#key-name").fill("Payroll")
    await stage.page.locator("input[name=scope_people]").check()
    await stage.press("/settings/api-keys")
    await expect(stage.page.locator("#secret")).to_be_visible()


@console.screen
async def settings_mail(stage: DeskStage) -> None:
    await stage.go("/settings/mail")


@console.screen
async def settings_notifications(stage: DeskStage) -> None:
    await stage.go("/settings/notifications")


@console.screen
async def settings_of_ones_own(stage: DeskStage) -> None:
    await stage.go("/settings/me")


@console.screen
async def help_page(stage: DeskStage) -> None:
    await stage.go("/help")


@console.screen
async def not_found(stage: DeskStage) -> None:
    await stage.go("/people/nobody")


@console.screen
async def start_of_a_requester(stage: DeskStage) -> None:
    home, club = stage.home, stage.demo.described["requester"]
    stage.home, stage.sign_ins = home.replace("northwind", "harbour"), club["sign_ins"]
    await stage.go("/sign-in")
    await stage.enter("owner")
    await stage.go("")
