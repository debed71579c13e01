"""Sharing in the web wallet: the review, what leaves the device, and what does not."""

import pytest
from playwright.async_api import Route, expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def paired(demo: Demo, open_wallet: OpenWallet, person: str) -> WalletPage:
    """Return a wallet with the Creds of *person*."""
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    return wallet


async def test_one_optional_field_is_shared_and_the_others_are_not(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    asked = demo.ask()
    await wallet.visit(asked["wallet_link"])

    await expect(wallet.heading("Harbour Sports Club")).to_be_visible()
    await expect(wallet.page.get_by_text("Identity proven")).to_be_visible()
    await expect(wallet.page.get_by_role("heading", name="Optional", level=3)).to_be_visible()
    boxes = wallet.page.get_by_role("group", name="Optional").get_by_role("checkbox")
    await expect(boxes).to_have_count(2)
    assert [await box.is_checked() for box in await boxes.all()] == [False, False]
    await expect(wallet.page.get_by_text("Not on your Cred")).to_be_visible()  # no photo
    await expect(wallet.page.get_by_text("You share 2 fields.")).to_be_visible()
    await boxes.and_(wallet.page.get_by_role("checkbox", name="Team")).check()
    await expect(wallet.page.get_by_text("You share 3 fields. They keep them for 10 minutes.")).to_be_visible()
    await wallet.button("Share").click()

    await expect(wallet.heading("Shared")).to_be_focused()
    await expect(wallet.page.get_by_text("Harbour Sports Club accepted it.")).to_be_visible()
    (cred,) = demo.answer(asked)["verification"]["creds"]
    assert sorted(cred["fields"]) == ["employer", "name", "team"]
    await wallet.button("Done").click()
    await wallet.link("Employee badge").click()
    await expect(wallet.link("Harbour Sports Club")).to_contain_text("3 fields, today at")
    await wallet.link("Harbour Sports Club").click()
    await expect(wallet.page.get_by_text("Name, Employer and Team")).to_be_visible()


async def test_decline_tells_the_requester_and_shares_nothing(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    asked = demo.ask()
    await wallet.paste(asked["wallet_link"])
    await wallet.button("Decline").click()

    await expect(wallet.heading("Declined")).to_be_visible()
    await expect(wallet.page.get_by_text("Nothing was shared.")).to_be_visible()
    assert demo.answer(asked)["state"] == "declined"
    await wallet.button("Done").click()
    await wallet.visit("#history")
    await expect(wallet.link("Harbour Sports Club")).to_contain_text("You declined")


async def test_a_suspended_cred_is_not_offered(demo: Demo, open_wallet: OpenWallet) -> None:
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    demo.move(person, "suspend")
    await wallet.page.reload()
    await expect(wallet.link("Employee badge, Northwind Robotics, Suspended")).to_be_visible()

    await wallet.visit(demo.ask()["wallet_link"])

    await expect(wallet.page.get_by_text("You have no Cred that fits")).to_be_visible()
    await expect(wallet.page.get_by_text("Your Employee badge was suspended by Northwind Robotics.")).to_be_visible()
    await expect(wallet.button("Share")).to_have_count(0)
    await expect(wallet.button("Decline")).to_be_visible()


async def test_a_cred_suspended_since_is_not_accepted_and_says_whose_side_it_is(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    asked = demo.ask()
    await wallet.visit(asked["wallet_link"])
    await expect(wallet.button("Share")).to_be_visible()
    demo.move(person, "suspend")

    await wallet.button("Share").click()

    await expect(wallet.heading("Harbour Sports Club did not accept it")).to_be_focused()
    await expect(wallet.page.get_by_text("Whose side")).to_be_visible()
    await expect(wallet.page.get_by_text("Name and Employer reached them.")).to_be_visible()


async def test_a_share_whose_answer_was_lost_may_have_arrived_and_a_refused_retry_does_not_deny_it(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    asked = demo.ask()
    await wallet.visit(asked["wallet_link"])
    await expect(wallet.button("Share")).to_be_visible()
    posted: list[str] = []

    async def lose_the_answer(route: Route) -> None:
        if route.request.method != "POST" or posted:
            return await route.continue_()
        posted.append(route.request.url)
        await route.fetch()
        return await route.abort()

    await wallet.page.route(f"{demo.described['requester']['url']}/**", lose_the_answer)
    await wallet.button("Share").click()
    await expect(wallet.heading("It may have arrived")).to_be_focused()
    assert demo.answer(asked)["verification"]["accepted"]
    await wallet.button("Try again").click()
    await wallet.page.get_by_role("checkbox", name="Team").check()
    await wallet.button("Share").click()

    await expect(wallet.heading("It may have arrived")).to_be_visible()
    await expect(wallet.button("Try again")).to_have_count(0)
    await wallet.button("Close").last.click()
    await wallet.visit("#history")
    entries = wallet.page.get_by_role("main").get_by_role("link", name="Harbour Sports Club")
    await expect(entries).to_have_count(1)
    await entries.click()
    await expect(wallet.page.get_by_text("Nobody can say whether it arrived")).to_be_visible()
    await expect(wallet.page.get_by_text("Name, Employer and Team")).to_be_visible()

    assert set(wallet.troubles) == {"Failed to load resource: net::ERR_FAILED"}  # the answer that was lost
    wallet.troubles.clear()


@pytest.mark.parametrize(("answer", "heading"), [("Share", "Shared"), ("Decline", "Declined")])
async def test_on_the_same_device_the_way_leads_back(
    demo: Demo, open_wallet: OpenWallet, answer: str, heading: str
) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    asked = demo.ask(return_to=demo.described["requester"]["url"])
    await wallet.visit(asked["wallet_link"])
    await wallet.button(answer).click()

    await expect(wallet.heading(heading)).to_be_visible()
    back = wallet.link("Back to Harbour Sports Club")
    await expect(back).to_be_visible()
    assert (await back.get_attribute("href") or "").startswith(demo.described["requester"]["url"])
    assert await wallet.axe() == []


async def test_unpairing_removes_that_issuers_creds_and_no_others(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    student = demo.new_person("Zola Quist", {"student_number": "2 117 003"}, "student-card", slug="lakeside")
    await wallet.pair(demo.pairing_code(student, slug="lakeside"))
    await wallet.page.get_by_role("link", name="Settings", exact=True).click()
    await wallet.link("Northwind Robotics").click()
    await wallet.button("Unpair").click()
    sheet = wallet.page.get_by_role("dialog", name="Unpair Northwind Robotics?")
    await expect(sheet.get_by_role("button", name="Stay paired")).to_be_focused()
    await sheet.get_by_role("button", name="Unpair").click()

    await expect(wallet.heading("Settings")).to_be_visible()
    await wallet.page.get_by_role("link", name="Creds", exact=True).click()
    await expect(wallet.page.get_by_role("list").first.get_by_role("link")).to_have_count(1)
    await expect(wallet.link("Student card")).to_be_visible()


async def test_a_deleted_cred_leaves_and_keep_is_the_first_button(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await paired(demo, open_wallet, demo.new_employee())
    await wallet.link("Parking permit").click()
    await wallet.button("Delete this Cred").click()
    sheet = wallet.page.get_by_role("dialog", name="Delete this Parking permit?")
    await expect(sheet.get_by_role("button", name="Keep it")).to_be_focused()
    await wallet.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await wallet.button("Delete this Cred").click()
    await sheet.get_by_role("button", name="Delete", exact=True).click()

    await expect(wallet.heading("Creds")).to_be_visible()
    await expect(wallet.link("Parking permit")).to_have_count(0)
    await expect(wallet.link("Employee badge")).to_be_visible()
