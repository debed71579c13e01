"""The counter of an organisation that issues and requests, too: the request of its own that the demo gives it."""

import pytest
from playwright.async_api import Page, expect

from billfold.holder import Wallet
from tests.journeys.console.conftest import NewOffice
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

NAME = "Fenna Osei"  # nobody else of the shared demo is called so
STUDENT = {"student_number": "2119901", "date_of_birth": "2004-02-11", "programme": "Marine biology", "semester": 5}


async def answered_today(console: Page) -> int:
    """Return how many requests were answered today, as Overview says."""
    today = console.get_by_role("region", name="Requests today")
    return int(await today.locator(".tile", has_text="Answered").locator(".tile__n").inner_text())


async def test_an_issuer_asks_for_a_cred_of_another_issuer(demo: Demo, new_office: NewOffice, wallet: Wallet) -> None:
    person_id = demo.new_person(NAME, STUDENT, "student-card", slug="lakeside")
    code = demo.pairing_code(person_id, slug="lakeside")
    await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])
    office = await new_office()
    console = await office.sign_in()
    before = await answered_today(console)
    at_the_counter = await console.get_by_role("link", name="Counter", exact=True).get_attribute("href")

    desk = await office.enter(str(at_the_counter), demo.organisations["northwind"])
    await desk.get_by_role("link", name="Test lab visit").click()
    await desk.get_by_role("button", name="Ask the first person").click()
    show = await (await new_office()).page()
    await show.goto(await desk.get_by_label("Address of Show").input_value())
    await expect(show.get_by_role("heading", name="Show your Student card")).to_be_visible()
    await expect(show.get_by_text("Northwind Robotics").first).to_be_visible()
    await office.check(show)
    link = await show.get_by_role("link", name="Open on this device").get_attribute("href")
    await wallet.share(await wallet.review(str(link)), optional=["studies.programme"])

    await expect(desk.get_by_role("heading", name="Accepted", exact=True)).to_be_visible()
    await expect(desk.get_by_text("Student card of Lakeside University, Active today")).to_be_visible()
    for shared in (NAME, "2119901", "Marine biology"):
        await expect(desk.get_by_text(shared, exact=True)).to_be_visible()
    await expect(desk.get_by_text("Not shared", exact=True)).to_have_count(1)  # the photo
    await expect(show.get_by_role("heading", name="Thank you")).to_be_visible()
    await office.check(desk)

    await desk.get_by_role("link", name="Console", exact=True).click()
    await expect(desk.get_by_role("heading", name="Overview")).to_be_visible()
    assert await answered_today(desk) == before + 1
    await desk.get_by_role("link", name="People", exact=True).click()
    await expect(desk.get_by_role("link", name=NAME, exact=True)).to_have_count(0)  # they are another's
