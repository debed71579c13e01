"""The wallet's screens, found by their make and not by their words, so that one way leads through every language."""

import json
from dataclasses import dataclass

from playwright.async_api import Page, expect

from tests.journeys.screens.gallery import Gallery
from tests.support.demo import Demo
from tests.support.wallet_page import PASSPHRASE, WalletPage

LONG_NAME = "Maximiliane Okafor-Brandstätter"


@dataclass(slots=True)
class WalletStage:
    """A wallet on its way through the screens, and whose Creds it holds."""

    demo: Demo
    wallet: WalletPage
    person: str = ""
    pin: str = ""

    @property
    def page(self) -> Page:
        """The wallet's page."""
        return self.wallet.page

    async def press(self, selector: str) -> None:
        """Press what *selector* finds first."""
        await self.page.locator(selector).first.click()

    async def forward(self) -> None:
        """Press the screen's main button."""
        await self.press(".actions .btn--primary")

    async def go(self, address: str, shows: str) -> None:
        """Go to an address, and wait for what its screen *shows*."""
        await self.wallet.visit(address)
        await expect(self.page.locator(shows).first).to_be_visible()

    async def pair(self, *types: str) -> None:
        """Pair with the employer for a person who should hold *types*."""
        attributes = {"staff_number": "NR-31177", "team": "Night shift", "plate": "QX 905 VB", "zone": "C, lower deck"}
        self.person = self.demo.new_person(LONG_NAME, {**attributes, "date_of_birth": "1979-08-23"}, *types)
        code = self.demo.pairing_code(self.person)
        self.pin = code["tx_code"]
        await self.go(code["wallet_link"], ".party")


wallet = Gallery[WalletStage]("wallet")
passphrase = Gallery[WalletStage]("wallet-passphrase")
phone = Gallery[WalletStage]("wallet-not-set-up")


@wallet.screen
async def first_run(stage: WalletStage) -> None:
    await expect(stage.page.locator(".actions .btn--primary")).to_be_visible()


@wallet.screen
async def how_creds_are_kept_safe(stage: WalletStage) -> None:
    await stage.press(".actions .btn--quiet")
    await expect(stage.page.locator(".points")).to_be_visible()


@wallet.screen
async def set_up_unlock(stage: WalletStage) -> None:
    await stage.go("#set-up", ".actions .btn--primary")


@wallet.screen
async def no_creds(stage: WalletStage) -> None:
    await stage.forward()
    await expect(stage.page.locator(".cred--blank")).to_be_visible()


@wallet.screen
async def code_in_place_of_the_camera(stage: WalletStage) -> None:
    await stage.go("#scan", "input")


@wallet.screen
async def issuer_review(stage: WalletStage) -> None:
    await stage.pair("employee-badge", "parking-permit")


@wallet.screen
async def pin(stage: WalletStage) -> None:
    await stage.forward()
    await expect(stage.page.locator("#pin")).to_be_visible()


@wallet.screen
async def pin_missing(stage: WalletStage) -> None:
    await stage.forward()
    await expect(stage.page.locator("[aria-invalid=true]")).to_be_visible()


@wallet.screen
async def permissions(stage: WalletStage) -> None:
    await stage.page.locator("#pin").fill(stage.pin)
    await stage.forward()
    await expect(stage.page.locator(".notif")).to_be_visible()


@wallet.screen
async def paired(stage: WalletStage) -> None:
    await stage.press(".actions .btn--secondary")
    await expect(stage.page.locator(".cred")).to_have_count(2)
    await expect(stage.page.locator(".actions__note")).to_have_count(0)


@wallet.screen
async def creds(stage: WalletStage) -> None:
    await stage.press(".actions .btn--secondary")
    await expect(stage.page.locator(".stack a")).to_have_count(2)


@wallet.screen
async def cred(stage: WalletStage) -> None:
    await stage.press(".stack a")
    await expect(stage.page.locator(".fields").first).to_be_visible()


@wallet.screen
async def delete_a_cred(stage: WalletStage) -> None:
    await stage.press(".btn--danger-quiet")
    await expect(stage.page.locator("dialog")).to_be_visible()


@wallet.screen
async def share_review(stage: WalletStage) -> None:
    await stage.page.keyboard.press("Escape")
    await stage.go(stage.demo.ask()["wallet_link"], ".tick--fixed")


@wallet.screen
async def share_review_with_one_field_ticked(stage: WalletStage) -> None:
    await stage.press("input[type=checkbox]")


@wallet.screen
async def shared(stage: WalletStage) -> None:
    await stage.forward()
    await expect(stage.page.locator(".badge--good")).to_be_visible()


@wallet.screen
async def declined(stage: WalletStage) -> None:
    await stage.go(stage.demo.ask()["wallet_link"], ".tick--fixed")
    await stage.press(".actions .btn--secondary")
    await expect(stage.page.locator(".badge")).to_be_visible()


@wallet.screen
async def two_types_asked(stage: WalletStage) -> None:
    slug = stage.demo.new_template({"employee-badge": ("name", "team?"), "parking-permit": ("plate", "zone?")})
    await stage.go(stage.demo.ask(template=slug)["wallet_link"], ".tick--fixed")


@wallet.screen
async def nothing_fits(stage: WalletStage) -> None:
    slug = stage.demo.new_template({"employee-badge": ("name", "photo")})
    await stage.go(stage.demo.ask(template=slug)["wallet_link"], ".errorcard")


@wallet.screen
async def not_accepted(stage: WalletStage) -> None:
    await stage.go(stage.demo.ask()["wallet_link"], ".tick--fixed")
    stage.demo.move(stage.person, "suspend")
    await stage.forward()
    await expect(stage.page.locator(".errorcard")).to_be_visible()


@wallet.screen
async def suspended_cred(stage: WalletStage) -> None:
    await stage.go("#creds", ".stack a")
    await stage.page.reload()
    await expect(stage.page.locator(".cred[data-state=suspended]")).to_be_visible()
    await stage.press(".stack a")
    await expect(stage.page.locator(".notice").first).to_be_visible()


@wallet.screen
async def error(stage: WalletStage) -> None:
    await stage.go("#c=ABCD2345EFGH", ".errorcard")


@wallet.screen
async def settings(stage: WalletStage) -> None:
    await stage.go("#settings", "a.row")


@wallet.screen
async def issuer(stage: WalletStage) -> None:
    await stage.press("a.row")
    await expect(stage.page.locator(".party")).to_be_visible()


@wallet.screen
async def unpair(stage: WalletStage) -> None:
    await stage.press(".btn--danger-quiet")
    await expect(stage.page.locator("dialog")).to_be_visible()


@wallet.screen
async def history(stage: WalletStage) -> None:
    await stage.page.keyboard.press("Escape")
    await stage.go("#history", "a.row")


@wallet.screen
async def history_entry(stage: WalletStage) -> None:
    await stage.page.locator("a.row").last.click()
    await expect(stage.page.locator("a.row")).to_have_count(0)


@wallet.screen
async def lock_by_itself(stage: WalletStage) -> None:
    await stage.go("#auto-lock", "input")


@wallet.screen
async def notifications(stage: WalletStage) -> None:
    await stage.go("#notifications", "h1")


@wallet.screen
async def language(stage: WalletStage) -> None:
    await stage.go("#language", "input")


@wallet.screen
async def about(stage: WalletStage) -> None:
    await stage.go("#about", "h1")


@wallet.screen
async def pairing_ended(stage: WalletStage) -> None:
    (pairing,) = stage.demo.pairings(stage.person)
    stage.demo.api().delete(f"/pairings/{pairing['id']}")
    await stage.go("#creds", ".stack a")
    await stage.page.reload()
    await expect(stage.page.locator(".notice").first).to_be_visible()


@wallet.screen
async def erase(stage: WalletStage) -> None:
    await stage.go("#erase", "input")


@wallet.screen
async def issuer_not_proven(stage: WalletStage) -> None:
    await stage.page.route("**/trust.json", lambda route: route.fulfill(body=json.dumps({"anchors": []})))
    await stage.page.reload()
    await stage.go("#creds", ".appbar .iconbtn")
    await stage.pair("employee-badge")
    await stage.page.unroute("**/trust.json")


@wallet.screen
async def not_safe_to_go_on(stage: WalletStage) -> None:
    await stage.go(stage.demo.ask()["wallet_link"], ".errorcard")


@wallet.screen
async def locked(stage: WalletStage) -> None:
    await stage.go("#creds", ".appbar .iconbtn")
    await stage.press(".appbar .iconbtn")
    await expect(stage.page.locator(".closed")).to_be_visible()


@wallet.screen
async def ready(stage: WalletStage) -> None:
    await stage.page.goto(f"{stage.demo.wallet}/ready")
    await expect(stage.page.locator(".panel").first).to_be_visible()


@passphrase.screen
async def passkey_without_a_key(stage: WalletStage) -> None:
    await stage.go("#set-up", ".actions .btn--primary")
    await stage.forward()
    await expect(stage.page.get_by_role("alert")).to_be_visible()


@passphrase.screen
async def choose_a_passphrase(stage: WalletStage) -> None:
    await stage.press(".actions .btn--quiet")
    await expect(stage.page.locator("input[autocomplete=new-password]")).to_be_visible()


@passphrase.screen
async def a_passphrase_asked_for(stage: WalletStage) -> None:
    await stage.page.locator("input[autocomplete=new-password]").fill(PASSPHRASE)
    await stage.press("input[type=checkbox]")
    await stage.forward()
    await expect(stage.page.locator(".cred--blank")).to_be_visible()
    await stage.pair("employee-badge")
    await stage.forward()
    await stage.page.locator("#pin").fill(stage.pin)
    await stage.forward()
    await stage.press(".actions .btn--secondary")
    await expect(stage.page.locator("dialog")).to_be_visible()


@passphrase.screen
async def locked_by_a_passphrase(stage: WalletStage) -> None:
    await stage.page.keyboard.press("Escape")
    await stage.go("#creds", ".appbar .iconbtn")
    await stage.press(".appbar .iconbtn")
    await expect(stage.page.locator(".closed")).to_be_visible()


@phone.screen
async def no_screen_lock(stage: WalletStage) -> None:
    await stage.go("#set-up", ".numbered")


@phone.screen
async def a_link_opened_on_an_iphone(stage: WalletStage) -> None:
    await stage.page.add_init_script("Object.defineProperty(navigator, 'standalone', { value: false })")
    await stage.page.goto("about:blank")
    await stage.page.goto(stage.demo.ask()["wallet_link"])
    await expect(stage.page.locator(".actions .btn--primary, .btn--primary").first).to_be_visible()


@phone.screen
async def billfold_opened_on_an_iphone(stage: WalletStage) -> None:
    await stage.page.goto("about:blank")
    await stage.page.goto(stage.demo.wallet)
    await expect(stage.page.locator("h1")).to_be_visible()
