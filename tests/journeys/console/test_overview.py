"""The Overview's figures, before and after what they count; a requester's, too."""

import pytest
from playwright.async_api import Page, expect

from billfold.holder import Wallet, load_trust
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def figures(page: Page, panel: str) -> dict[str, int]:
    """Return the figures of a panel by their names, read anew."""
    await page.reload()
    tiles = page.get_by_role("region", name=panel).locator(".tile")
    return {
        await tile.locator(".tile__name").inner_text(): int(await tile.locator(".tile__n").inner_text())
        for tile in await tiles.all()
    }


def changes(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """Return what rose or fell."""
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


async def somebody_pairs(demo: Demo) -> None:
    """Pair a wallet of somebody else, so that the three steps of a beginning are over."""
    trust = await load_trust(demo.wallet, development=True)
    async with Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True) as other:
        await pair(demo, other, demo.new_employee("Ruben Akinyemi"))


async def pair(demo: Demo, wallet: Wallet, person: str) -> None:
    code = demo.pairing_code(person)
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"], device_name="A phone")


async def test_an_issuers_figures_follow_what_happens(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    await somebody_pairs(demo)
    office = await new_office()
    page = await office.sign_in()
    before = await figures(page, "Figures")
    assert list(before) == ["People", "Devices paired", "Creds active", "Not on a device yet"]

    person = demo.new_employee("Ilse Vandermeer")
    added = await figures(page, "Figures")
    assert changes(before, added) == {"People": 1, "Not on a device yet": 2}

    await pair(demo, wallet, person)
    paired = await figures(page, "Figures")
    assert changes(added, paired) == {"Devices paired": 1, "Creds active": 2, "Not on a device yet": -2}

    demo.move(person, "suspend")
    assert changes(paired, await figures(page, "Figures")) == {"Creds active": -1}
    await page.get_by_role("link", name="suspended").first.click()
    await expect(page.get_by_role("link", name="Ilse Vandermeer", exact=True)).to_be_visible()


async def test_a_requesters_figures_follow_what_happens(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    await pair(demo, wallet, demo.new_employee("Ottoline Brandt"))
    party = demo.described["requester"]
    office = await new_office()
    page = await office.enter(demo.organisations["northwind"]["console"].replace("northwind", "harbour"), party)
    before = await figures(page, "Requests today")
    await office.check(page)

    asked = [demo.ask(), demo.ask()]
    waiting = await figures(page, "Requests today")
    assert changes(before, waiting) == {"Asked": 2, "Waiting now": 2}

    await wallet.share(await wallet.review(asked[0]["request"]))
    await wallet.decline(await wallet.review(asked[1]["request"]))
    assert changes(waiting, await figures(page, "Requests today")) == {"Answered": 1, "Declined": 1, "Waiting now": -2}

    await page.get_by_role("link", name="Staff rate").click()
    await expect(page).to_have_url(f"{party['url']}/sign-in?next=%2Fo%2Fharbour%2Fdesk%2Fstaff-rate")
