"""Requests that leave a choice: several Creds that fit, several types in one request, and nothing that fits."""

import secrets

import pytest
from playwright.async_api import expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def student_and_employee(demo: Demo, open_wallet: OpenWallet) -> WalletPage:
    """Return a wallet with an employee badge, a parking permit and a student card."""
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee("Rosa Lindqvist")))
    return await with_student_card(demo, wallet)


async def with_student_card(demo: Demo, wallet: WalletPage) -> WalletPage:
    """Pair *wallet* with the university."""
    attributes = {"student_number": "2 117 010", "date_of_birth": "2001-02-03"}
    student = demo.new_person("Rosa Lindqvist", attributes, "student-card", slug="lakeside")
    await wallet.pair(demo.pairing_code(student, slug="lakeside"))
    return wallet


def either(demo: Demo) -> str:
    """Make a template that accepts a badge of the employer or a card of the university, and return its slug."""
    accepted = [
        {"issuer": demo.organisations[slug]["issuer"], "credential_type": credential_type}
        for slug, credential_type in (("northwind", "employee-badge"), ("lakeside", "student-card"))
    ]
    fields = [{"claim": "name", "required": True}, {"claim": "date_of_birth", "required": False}]
    slug = f"test-{secrets.token_hex(4)}"
    texts = {"names": {"en": "Either"}, "purposes": {"en": "To let you in."}}
    ask = {"accepted": accepted, "fields": fields}
    demo.club.post("/presentation-templates", {"slug": slug, "asks": [ask], **texts})
    return slug


async def test_where_several_creds_fit_the_person_says_which(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await student_and_employee(demo, open_wallet)
    asked = demo.ask(template=either(demo))
    await wallet.visit(asked["wallet_link"])

    which = wallet.page.get_by_role("group", name="From which Cred")
    await expect(which.get_by_role("radio")).to_have_count(2)
    await expect(which.get_by_role("radio", checked=True)).to_have_count(1)
    await which.get_by_role("radio", name="Student card").check()
    await wallet.page.get_by_role("checkbox").check()
    await expect(wallet.page.get_by_text("3 Feb 2001").or_(wallet.page.get_by_text("2001-02-03")).first).to_be_visible()
    assert await wallet.axe() == []
    await wallet.button("Share").click()

    await expect(wallet.heading("Shared")).to_be_visible()
    (cred,) = demo.answer(asked)["verification"]["creds"]
    assert cred["issuer"] == demo.organisations["lakeside"]["issuer"]
    assert cred["fields"] == {"name": "Rosa Lindqvist", "date_of_birth": "2001-02-03"}


async def test_a_suspended_cred_is_not_among_those_to_choose_from(demo: Demo, open_wallet: OpenWallet) -> None:
    person = demo.new_employee()
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    await with_student_card(demo, wallet)
    demo.move(person, "suspend")
    await wallet.page.reload()
    await expect(wallet.link("Employee badge, Northwind Robotics, Suspended")).to_be_visible()

    asked = demo.ask(template=either(demo))
    await wallet.visit(asked["wallet_link"])

    await expect(wallet.button("Share")).to_be_visible()
    await expect(wallet.page.get_by_role("radio")).to_have_count(0)
    await wallet.button("Share").click()
    await expect(wallet.heading("Shared")).to_be_visible()
    (cred,) = demo.answer(asked)["verification"]["creds"]
    assert cred["issuer"] == demo.organisations["lakeside"]["issuer"]


async def test_two_types_in_one_request_stand_in_groups_and_go_together(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await student_and_employee(demo, open_wallet)
    slug = demo.new_template({"employee-badge": ("name", "team?"), "parking-permit": ("plate", "zone?")})
    asked = demo.ask(template=slug)
    await wallet.visit(asked["wallet_link"])

    main = wallet.page.get_by_role("main")
    for words in ("Employee badge", "Parking permit", "QX 905 VB"):
        await expect(main.get_by_text(words, exact=True).first).to_be_visible()
    await expect(wallet.page.get_by_text("You share 2 fields.")).to_be_visible()
    assert [await box.is_checked() for box in await main.get_by_role("checkbox").all()] == [False, False]
    await main.get_by_role("checkbox", name="Zone").check()
    await expect(wallet.page.get_by_text("You share 3 fields.")).to_be_visible()
    assert await wallet.axe() == []
    await wallet.button("Share").click()

    await expect(wallet.heading("Shared")).to_be_visible()
    verification = demo.answer(asked)["verification"]
    assert verification["accepted"]
    assert sorted([cred["fields"] for cred in verification["creds"]], key=len) == [
        {"name": "Rosa Lindqvist"},
        {"plate": "QX 905 VB", "zone": "C, lower deck"},
    ]
    await wallet.button("Done").click()
    await wallet.visit("#history")
    await wallet.link("Harbour Sports Club").click()
    for words in ("Employee badge, Northwind Robotics", "Parking permit, Northwind Robotics"):
        await expect(main.get_by_text(words)).to_be_visible()


async def test_where_nothing_fits_it_says_what_is_missing_and_the_way_on_is_to_decline(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await with_student_card(demo, wallet)
    asked = demo.ask()
    await wallet.visit(asked["wallet_link"])

    await expect(wallet.page.get_by_text("You have no Cred that fits")).to_be_visible()
    await expect(wallet.page.get_by_text("They ask for: Employee badge. You hold none.")).to_be_visible()
    await expect(wallet.button("Share")).to_have_count(0)
    await wallet.button("Decline").click()
    await expect(wallet.heading("Declined")).to_be_visible()
    assert demo.answer(asked)["state"] == "declined"


async def test_a_cred_that_lacks_a_required_field_is_named_with_the_reason(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee()))
    slug = demo.new_template({"employee-badge": ("name", "photo")})
    await wallet.visit(demo.ask(template=slug)["wallet_link"])

    await expect(wallet.page.get_by_text("You have no Cred that fits")).to_be_visible()
    await expect(wallet.page.get_by_text("Your Employee badge lacks a field that they require.")).to_be_visible()
    await expect(wallet.button("Share")).to_have_count(0)
