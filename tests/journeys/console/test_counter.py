"""A reception's day at the counter: Show asks, a wallet answers, Desk reads the result at a glance."""

import pytest
from playwright.async_api import Page, expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def paired(demo: Demo, wallet: Wallet) -> str:
    """Give the wallet an employee's Creds, and return the person's id."""
    person_id = demo.new_employee("Zola Quist")
    code = demo.pairing_code(person_id)
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
    return person_id


async def link_on(show: Page) -> str:
    """Return the link of the request that the visitor's screen shows."""
    link = await show.get_by_role("link", name="Open on this device").get_attribute("href")
    assert link is not None
    return link


async def test_show_asks_and_desk_reads_the_answer(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    person_id = await paired(demo, wallet)
    office = await new_office()
    desk = await office.sign_in_at_counter()
    await office.check(desk)
    await desk.get_by_role("link", name="Staff rate").click()
    await office.check(desk)
    show = await (await new_office()).page()  # the visitor's screen is signed in to nothing
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    await expect(show.get_by_role("heading", name="One moment")).to_be_visible()

    await desk.get_by_role("button", name="Ask the first person").click()
    await expect(show.get_by_role("heading", name="Show your Employee badge")).to_be_visible()
    await office.check(show)
    review = await wallet.review(await link_on(show))
    await expect(desk.get_by_text("Somebody is reading your request")).to_be_visible()
    await wallet.share(review, optional=["team"])

    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    await expect(desk.get_by_text("Zola Quist")).to_be_visible()
    await expect(desk.get_by_text("Night shift")).to_be_visible()
    await expect(desk.get_by_text("Not shared").first).to_be_visible()
    await expect(show.get_by_role("heading", name="Thank you")).to_be_visible()
    assert "Zola" not in await show.content()
    await office.check(desk)
    await desk.reload()
    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()

    demo.move(person_id, "suspend")
    await desk.get_by_role("button", name="Next person").click()
    await expect(show.get_by_role("heading", name="Show your Employee badge")).to_be_visible()
    await wallet.share(await wallet.review(await link_on(show)))  # it has not heard of the suspension
    await expect(desk.get_by_role("heading", name="Not accepted")).to_be_visible()
    await expect(desk.get_by_text("The Cred is suspended")).to_be_visible()
    await expect(show.get_by_role("heading", name="Ask at the desk")).to_be_visible()
    assert "suspended" not in (await show.content()).lower()
    await office.check(desk)
    await desk.get_by_text("Checked by hand").click()
    await desk.get_by_label("Reason").fill("Known to the receptionist")
    await desk.get_by_role("button", name="Record it").click()
    await expect(desk.get_by_text("Recorded: checked by hand.")).to_be_visible()


async def test_a_visitor_declines_and_takes_a_new_code(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    await paired(demo, wallet)
    office = await new_office()
    desk = await office.sign_in_at_counter(role="owner")
    await desk.get_by_role("link", name="Staff rate").click()
    await (
        desk.get_by_role("button", name="Ask the first person")
        .or_(desk.get_by_role("button", name="Next person"))
        .click()
    )
    show = await (await new_office()).page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    first = await link_on(show)

    await wallet.decline(await wallet.review(first))

    await expect(desk.get_by_role("heading", name="Declined")).to_be_visible()
    await expect(show.get_by_text("Nothing was shared.")).to_be_visible()
    await show.get_by_role("button", name="New code").click()
    await expect(show.get_by_role("heading", name="Show your Employee badge")).to_be_visible()
    assert await link_on(show) != first
    await expect(desk.get_by_text("Waiting for a wallet").last).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
async def test_the_counter_is_whole_and_works_without_script(demo: Demo, new_office: NewOffice, width: int) -> None:
    office = await new_office(viewport={"width": width, "height": 800}, color_scheme="dark")
    desk = await office.sign_in_at_counter()
    await desk.goto(f"{demo.described['requester']['url']}/desk/staff-rate")
    await office.check(desk)
    address = await desk.get_by_label("Address of Show").input_value()
    without = await new_office(java_script_enabled=False, viewport={"width": width, "height": 800})
    show = await without.context.new_page()
    await show.goto(address)
    await expect(show.get_by_role("heading", level=1)).to_be_visible()
    await expect(show.get_by_text("Reload the page")).to_be_visible()
