"""What becomes of Creds on a device: New by the clock, a device replaced, a pairing ended, everything erased."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import expect

from tests.journeys.wallet.conftest import OpenWallet
from tests.support.demo import Demo
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

BADGE, PERMIT = "Employee badge, Northwind Robotics", "Parking permit, Northwind Robotics"


async def paired(demo: Demo, open_wallet: OpenWallet, person: str) -> WalletPage:
    """Return a wallet with the Creds of *person*."""
    wallet = await open_wallet(demo.wallet)
    await wallet.set_up()
    await wallet.pair(demo.pairing_code(person))
    return wallet


async def names(wallet: WalletPage) -> list[str]:
    """Return the Creds as a screen reader names them, in the alphabet's order."""
    await expect(wallet.heading("Creds")).to_be_visible()
    return sorted([await link.get_attribute("aria-label") or "" for link in await wallet.creds().all()])


async def restart_at(wallet: WalletPage, instant: datetime) -> list[str]:
    """Close and open the app while the device's clock shows *instant*, and return the Creds."""
    await wallet.page.clock.set_fixed_time(instant)
    await wallet.page.reload()
    await expect(wallet.creds().first).to_be_visible()
    return await names(wallet)


async def test_new_lasts_a_day_and_a_clock_set_back_brings_it_not_back(demo: Demo, open_wallet: OpenWallet) -> None:
    """Offline: no news comes between, and what is New is the device's own to say."""
    wallet = await paired(demo, open_wallet, demo.new_employee())
    received = datetime.now(UTC)
    await wallet.page.evaluate("navigator.serviceWorker.ready.then(() => undefined)")
    await wallet.context.set_offline(True)
    day = timedelta(hours=24)

    assert await restart_at(wallet, received + day - timedelta(minutes=5)) == [f"{BADGE}, New", f"{PERMIT}, New"]
    assert await restart_at(wallet, received + day + timedelta(minutes=5)) == [BADGE, PERMIT]
    assert await restart_at(wallet, received + timedelta(minutes=5)) == [BADGE, PERMIT]

    wallet.troubles.clear()  # the browser reports that it was offline


async def test_a_replaced_device_is_told_and_emptied_and_the_new_one_has_everything(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    """One action of the support desk. What was suspended stays suspended, also on the new device."""
    person = demo.new_employee("Ilse Vandenberg")
    old = await paired(demo, open_wallet, person)
    student = demo.new_person("Ilse Vandenberg", {"student_number": "2 117 004"}, "student-card", slug="lakeside")
    await old.pair(demo.pairing_code(student, slug="lakeside"))
    demo.move(person, "suspend")

    code = demo.api().post(f"/people/{person}/replace-device", {"reason": "lost", "checked_how": "called back"})
    new = await open_wallet(demo.wallet)
    await new.set_up()
    await new.pair(code)

    await expect(new.link("Parking permit, Northwind Robotics, New")).to_be_visible()
    await old.page.reload()
    notice = old.page.get_by_role("main").get_by_text("Northwind Robotics ended the pairing")
    await expect(notice).to_be_visible()
    await expect(old.page.get_by_text("Its 2 Creds are gone from here")).to_be_visible()
    assert await names(old) == ["Student card, Lakeside University, New"]
    await old.page.get_by_text("Was that not you?").click()
    await expect(old.link("people@northwind.example")).to_be_visible()
    assert await old.axe() == []
    await old.button("Understood").click()
    await expect(notice).to_have_count(0)
    states = [pairing["state"] for pairing in demo.pairings(person)]
    assert sorted(states) == ["active", "ended"]
    demo.move(person, "resume")
    await new.page.reload()
    await expect(new.link("Employee badge, Northwind Robotics, New")).to_be_visible()
    await expect(new.creds()).to_have_count(2)


async def test_a_wallet_whose_pairing_was_replaced_meanwhile_pairs_again_by_the_new_code_at_once(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    """Support may replace a device that lies before the person, open, and has not heard of it yet."""
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    code = demo.api().post(f"/people/{person}/replace-device", {"reason": "new_device", "checked_how": "in person"})

    await wallet.pair(code)

    await expect(wallet.creds()).to_have_count(2)
    assert sorted(pairing["state"] for pairing in demo.pairings(person)) == ["active", "ended"]


async def test_a_pairing_that_the_issuer_ended_empties_the_device_of_its_creds(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    (pairing,) = demo.pairings(person)
    demo.api().delete(f"/pairings/{pairing['id']}")

    await wallet.page.reload()

    await expect(wallet.page.get_by_text("Northwind Robotics ended the pairing")).to_be_visible()
    await expect(wallet.creds()).to_have_count(0)
    await wallet.page.get_by_role("link", name="Settings", exact=True).click()
    await expect(wallet.page.get_by_text("None yet. Scan a code to pair.")).to_be_visible()


async def test_only_the_word_that_a_pairing_ended_empties_a_device(demo: Demo, open_wallet: OpenWallet) -> None:
    """A server that was restored from an old backup does not know the pairing, and says less."""
    wallet = await paired(demo, open_wallet, demo.new_employee())
    refusal = {"error": "invalid_grant", "error_description": "expected a refresh token that is known"}
    headers = {"access-control-allow-origin": "*"}
    await wallet.page.route("**/token", lambda route: route.fulfill(status=400, json=refusal, headers=headers))

    await wallet.page.reload()

    await expect(wallet.page.get_by_text("Northwind Robotics does not know this device any more")).to_be_visible()
    await expect(wallet.creds()).to_have_count(2)


async def test_what_the_issuer_takes_back_is_marked_and_the_rest_stays(demo: Demo, open_wallet: OpenWallet) -> None:
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    demo.move(person, "revoke")

    await wallet.page.reload()

    await expect(wallet.page.get_by_text("Employee badge: withdrawn. Nobody accepts it any more.")).to_be_visible()
    assert await names(wallet) == [f"{BADGE}, Revoked", f"{PERMIT}, New"]


async def test_erasing_everything_leaves_nothing_and_a_device_that_can_begin_anew(
    demo: Demo, open_wallet: OpenWallet
) -> None:
    person = demo.new_employee()
    wallet = await paired(demo, open_wallet, person)
    await wallet.page.get_by_role("link", name="Settings", exact=True).click()
    await wallet.link("Erase everything").click()
    await wallet.page.get_by_label("Type ERASE to confirm").fill("ERASE")
    await wallet.button("Erase everything").click()

    await expect(wallet.button("Set up Billfold")).to_be_visible()
    left = await wallet.page.evaluate(
        """async () => {
            const database = await new Promise((resolve) => {
                indexedDB.open("billfold").onsuccess = (event) => resolve(event.target.result);
            });
            const counts = await Promise.all([...database.objectStoreNames].map((name) => new Promise((resolve) => {
                database.transaction(name).objectStore(name).count().onsuccess = (event) => resolve(event.target.result);
            })));
            database.close();
            return [counts.reduce((all, one) => all + one, 0), localStorage.length, sessionStorage.length];
        }"""
    )
    assert left == [0, 0, 0]
    await wallet.set_up()
