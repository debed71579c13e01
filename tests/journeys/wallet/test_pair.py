"""Pairing in the web wallet, in the design's order: review, PIN, permissions, the device's unlock, the Creds."""

import pytest
from playwright.async_api import expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.wallet_page import PASSPHRASE, WITHOUT_PRF

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_link_leads_a_fresh_wallet_to_its_creds_and_the_unlock_comes_last(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    code = demo.pairing_code(demo.new_employee("Zola Quist"))
    wallet = await open_wallet(code["wallet_link"])

    await wallet.button("Set up Billfold").click()
    await expect(wallet.heading("Northwind Robotics")).to_be_visible()
    await expect(wallet.page.get_by_text("Identity proven")).to_be_visible()
    await expect(wallet.page.get_by_text("Employee badge")).to_be_visible()
    await wallet.accept(code["tx_code"])
    await expect(wallet.heading("Lock Billfold with this device")).to_be_visible()
    assert demo.api().get(f"/pairing-codes/{code['id']}")["state"] == "opened"
    await wallet.button("Use screen lock").click()

    await expect(wallet.heading("Paired")).to_be_visible()
    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()
    await wallet.button("Show my Creds").click()
    await expect(wallet.link("Employee badge, Northwind Robotics, New")).to_be_visible()
    await expect(wallet.link("Parking permit, Northwind Robotics, New")).to_be_visible()


async def test_a_new_cred_is_tried_at_once_where_its_issuer_offers_that(demo: Demo, open_wallet: OpenWallet) -> None:
    code = demo.pairing_code(demo.new_employee("Tilda Renn"))
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.paste(code["wallet_link"])
    await wallet.accept(code["tx_code"])
    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()
    await wallet.button("Try it").click()

    await expect(wallet.heading("Northwind Robotics")).to_be_visible()
    await expect(wallet.page.get_by_text("Identity proven")).to_be_visible()
    await expect(wallet.page.get_by_text("To try your badge once.")).to_be_visible()
    await wallet.button("Share").click()
    await expect(wallet.page.get_by_text("Northwind Robotics accepted it.")).to_be_visible()


async def test_two_issuers_pair_one_after_the_other_and_opening_a_cred_ends_new(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(demo.new_employee("Ines Falk")))
    student = demo.new_person("Ines Falk", {"student_number": "2 117 002"}, "student-card", slug="lakeside")
    await wallet.pair(demo.pairing_code(student, slug="lakeside"))

    await expect(wallet.page.get_by_role("list").first.get_by_role("link")).to_have_count(3)
    await wallet.link("Employee badge, Northwind Robotics, New").click()

    await expect(wallet.heading("Employee badge")).to_be_focused()
    await expect(wallet.page.get_by_role("main").get_by_text("Night shift").last).to_be_visible()
    await expect(wallet.page.get_by_text("Active", exact=True)).to_be_visible()
    assert await wallet.page.title() == "Employee badge – Billfold"
    await wallet.button("Back").click()
    await expect(wallet.page.get_by_role("link", name="Employee badge, Northwind Robotics", exact=True)).to_be_visible()


async def test_a_wrong_pin_is_told_and_can_be_mended(demo: Demo, open_wallet: OpenWallet) -> None:
    code = demo.pairing_code(demo.new_employee())
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.paste(code["wallet_link"])

    await wallet.accept("000000" if code["tx_code"] != "000000" else "111111")
    await expect(wallet.page.get_by_role("alert")).to_contain_text("That PIN is not right.")
    await wallet.page.get_by_label("PIN").fill(code["tx_code"])
    await wallet.button("Continue").click()

    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()


async def test_a_pin_is_taken_as_it_is_printed_and_one_that_cannot_be_right_is_not_sent(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    code = demo.pairing_code(demo.new_employee())
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.paste(code["wallet_link"])
    await wallet.button("Pair").click()
    pin = wallet.page.get_by_label("PIN")
    for wrong, said in (
        (code["tx_code"][:-1], "6 characters"),
        (code["tx_code"] + "1", "6 characters"),
        ("87O488", "digits"),
    ):
        await pin.fill(wrong)
        await wallet.button("Continue").click()
        await expect(wallet.page.get_by_role("alert")).to_contain_text(said)
    assert [each for each in wallet.sent if "/token" in each] == []

    await pin.fill("")
    await pin.click()
    await wallet.page.keyboard.insert_text(f" {code['tx_code'][:3]}\N{NO-BREAK SPACE}{code['tx_code'][3:]} ")
    await wallet.button("Continue").click()
    await wallet.button("Not now").click()

    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()


async def test_a_used_code_says_so_and_offers_another(demo: Demo, open_wallet: OpenWallet) -> None:
    person = demo.new_employee()
    code = demo.pairing_code(person)
    demo.pairing_code(person)  # a newer code takes its place
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()

    await wallet.paste(code["wallet_link"])

    await expect(wallet.heading("This code does not work any more")).to_be_focused()
    for part in ("What happened", "Whose side", "What to do"):
        await expect(wallet.page.get_by_text(part, exact=True)).to_be_visible()
    await wallet.button("Scan another code").click()
    await expect(wallet.page.get_by_label("Link or short code")).to_be_visible()


async def test_a_passphrase_stands_in_where_the_passkey_gives_no_key(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet, device=WITHOUT_PRF)
    await wallet.button("Set up Billfold").click()
    await wallet.button("Use screen lock").click()
    await expect(wallet.page.get_by_role("alert")).to_contain_text("This passkey cannot encrypt")
    await wallet.button("Use a passphrase instead").click()
    await expect(wallet.page.get_by_text("A passphrase works too, and is weaker")).to_be_visible()
    await wallet.set_up_passphrase()
    await expect(wallet.heading("No Creds yet")).to_be_visible()

    code = demo.pairing_code(demo.new_employee())
    await wallet.paste(code["wallet_link"])
    await wallet.accept(code["tx_code"])
    sheet = wallet.page.get_by_role("dialog", name="Enter your passphrase")
    await sheet.get_by_label("Passphrase").fill("not the one")
    await sheet.get_by_role("button", name="Unlock").click()
    await expect(sheet.get_by_role("alert")).to_contain_text("That passphrase is not right.")
    await sheet.get_by_label("Passphrase").fill(PASSPHRASE)
    await sheet.get_by_role("button", name="Unlock").click()
    await expect(wallet.page.get_by_text("2 of 2 Creds received")).to_be_visible()

    await wallet.page.reload()
    await wallet.page.get_by_label("Passphrase").fill(PASSPHRASE)
    await wallet.button("Unlock").click()
    await expect(wallet.heading("Creds")).to_be_visible()


async def test_a_device_without_screen_lock_gets_the_passphrase(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet, device=None)
    await wallet.button("Set up Billfold").click()
    await wallet.button("Use a passphrase instead").click()
    await expect(wallet.button("Set passphrase")).to_have_attribute("aria-disabled", "true")
    await wallet.page.get_by_label("Passphrase").fill("short")
    await expect(wallet.page.get_by_text("Too short")).to_be_visible()
    await wallet.set_up_passphrase()
    await expect(wallet.heading("No Creds yet")).to_be_visible()


async def test_a_phone_without_screen_lock_cannot_be_set_up(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet, device=None, has_touch=True, is_mobile=True)
    await wallet.button("Set up Billfold").click()

    await expect(wallet.heading("This device has no screen lock")).to_be_visible()
    await wallet.button("Try again").click()
    await expect(wallet.heading("This device has no screen lock")).to_be_visible()
    await expect(wallet.button("Use a passphrase instead")).to_have_count(0)


async def test_a_cancelled_unlock_is_no_dead_end(demo: Demo, open_wallet: OpenWallet) -> None:
    wallet = await open_wallet(demo.wallet)
    presence = {"authenticatorId": wallet.authenticator}
    await wallet.set_up()
    await wallet.button("Lock").click()
    await expect(wallet.heading("Billfold is locked")).to_be_visible()
    await expect(wallet.page.get_by_text("Northwind")).to_have_count(0)
    await wallet.button("Unlock").click()
    await expect(wallet.heading("No Creds yet")).to_be_visible()
    await wallet.cdp.send("WebAuthn.setUserVerified", {**presence, "isUserVerified": False})
    await wallet.button("Lock").click()
    await wallet.button("Unlock").click()
    await expect(wallet.page.get_by_role("alert")).to_contain_text("Your device stopped this.")

    await wallet.link("I cannot unlock any more").click()
    await wallet.page.get_by_label("Type ERASE to confirm").fill("erase")
    await wallet.button("Erase everything").click()
    await expect(wallet.page.get_by_role("alert")).to_contain_text("Type ERASE in capitals.")
    await wallet.page.get_by_label("Type ERASE to confirm").fill("ERASE")
    await wallet.button("Erase everything").click()
    await expect(wallet.button("Set up Billfold")).to_be_visible()


async def test_an_issuer_that_nothing_proves_is_not_paired_by_the_first_button(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.page.route("**/trust.json", lambda route: route.fulfill(json={"anchors": []}))
    code = demo.pairing_code(demo.new_employee())
    await wallet.paste(code["wallet_link"])

    await expect(wallet.page.get_by_text("Identity not proven")).to_be_visible()
    await expect(wallet.page.get_by_text("This may not be Northwind Robotics")).to_be_visible()
    first = wallet.page.get_by_role("main").get_by_role("button").nth(1)
    await expect(first).to_have_text("Do not pair")
    await expect(wallet.button("Pair anyway")).to_be_visible()
    await first.click()
    await expect(wallet.heading("No Creds yet")).to_be_visible()
