"""A reception's day at the counter: Show asks, a wallet answers, Desk reads the result at a glance."""

import re

import pytest
from playwright.async_api import Page, expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice, Office
from tests.support.demo import Demo
from tests.support.hands import Keyboard

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
    await desk.get_by_role("link", name="Staff rate").first.click()
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
    await desk.get_by_role("link", name="Staff rate").first.click()
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


@pytest.mark.parametrize("width", [320, 768, 1280])
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


SOUNDS_KEPT = """
window.heard = [];
const make = AudioContext.prototype.createOscillator;
AudioContext.prototype.createOscillator = function () {
  const tone = make.call(this);
  const start = tone.start.bind(tone);
  tone.start = (at) => { window.heard.push(tone.frequency.value); start(at); };
  return tone;
};
"""


async def opened_desk(office: Office, role: str) -> tuple[Page, Page]:
    """Return a desk that asks, and its Show."""
    desk = await office.sign_in_at_counter(role=role)
    await desk.get_by_role("link", name="Staff rate").first.click()
    await ask(desk)
    show = await office.page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    return desk, show


async def ask(desk: Page) -> None:
    """Ask the next person."""
    first = desk.get_by_role("button", name="Ask the first person")
    await first.or_(desk.get_by_role("button", name="Next person")).click()
    await expect(desk.get_by_text("Waiting for a wallet").last).to_be_visible()


async def test_each_verdict_has_its_sound_until_sounds_are_off(
    demo: Demo, new_office: NewOffice, wallet: Wallet
) -> None:
    person_id = await paired(demo, wallet)
    office = await new_office()
    await office.context.add_init_script(SOUNDS_KEPT)
    desk, show = await opened_desk(office, "support")

    await wallet.share(await wallet.review(await link_on(show)))
    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    accepted = await desk.evaluate("window.heard")
    demo.move(person_id, "suspend")
    await ask(desk)
    await wallet.share(await wallet.review(await link_on(show)))
    await expect(desk.get_by_role("heading", name="Not accepted")).to_be_visible()
    refused = await desk.evaluate("window.heard")
    assert accepted[0] < accepted[1]
    assert refused[0] > refused[1]

    await desk.get_by_role("button", name="Sound on").click()
    await ask(desk)
    await wallet.share(await wallet.review(await link_on(show)))
    await expect(desk.get_by_role("heading", name="Not accepted")).to_be_visible()
    assert await desk.evaluate("window.heard") == []
    await expect(desk.get_by_role("button", name="Sound off")).to_be_visible()


def seconds(said: str) -> int:
    """Return the number of what stands there in words."""
    (number,) = re.fullmatch(r"(\d+) seconds", said).groups()  # type: ignore[union-attr]  # else the test fails
    return int(number)


async def test_a_result_clears_itself_unless_it_is_held(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    await paired(demo, wallet)
    office = await new_office()
    desk, show = await opened_desk(office, "owner")
    await wallet.share(await wallet.review(await link_on(show)))
    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()

    await desk.get_by_role("button", name="Pause").click()
    held = await desk.locator("[data-seconds]").inner_text()
    await desk.wait_for_timeout(2200)
    assert await desk.locator("[data-seconds]").inner_text() == held
    await desk.get_by_role("button", name="Pause").click()
    await desk.wait_for_timeout(2200)
    assert seconds(await desk.locator("[data-seconds]").inner_text()) < seconds(held)
    await desk.get_by_role("button", name="Clear now").click()

    await expect(desk.get_by_text("Nothing stands at this counter yet.")).to_be_visible()
    await expect(show.get_by_role("heading", name="One moment")).to_be_visible()
    assert "Zola Quist" not in await desk.content()


async def test_the_counter_by_keyboard_alone(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    await paired(demo, wallet)
    office = await new_office()
    desk = await office.sign_in_at_counter()
    keys = Keyboard(desk)
    await keys.press(desk.get_by_role("link", name="Staff rate").first)
    first = desk.get_by_role("button", name="Ask the first person")
    await keys.press(first.or_(desk.get_by_role("button", name="Next person")))
    await expect(desk.get_by_text("Waiting for a wallet").last).to_be_visible()
    show = await office.page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    await keys.reach(desk.get_by_role("button", name="Sound on"))
    on_show = Keyboard(show)
    await on_show.reach(show.get_by_role("link", name="Open on this device"))

    await wallet.share(await wallet.review(await link_on(show)))

    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    await keys.press(desk.get_by_role("button", name="Pause"), "Space")
    await expect(desk.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    await keys.press(desk.locator("summary", has_text="Checked by hand"))
    await keys.type(desk.get_by_label("Reason"), "Known to the receptionist")
    await keys.press(desk.get_by_role("button", name="Record it"))
    await expect(desk.get_by_text("Recorded: checked by hand.")).to_be_visible()
    await keys.press(desk.get_by_role("button", name="Next person"))
    await expect(desk.get_by_text("Waiting for a wallet").last).to_be_visible()


async def test_on_a_phone_show_offers_the_link_and_no_qr_code(new_office: NewOffice) -> None:
    _, show = await opened_desk(await new_office(viewport={"width": 390, "height": 844}), "owner")

    await expect(show.get_by_role("link", name="Open on this device")).to_be_in_viewport()
    await expect(show.get_by_role("img", name="QR code of the request")).to_be_hidden()
