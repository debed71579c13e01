"""Scanning with the camera: Chromium's camera sees the real QR code of the running demo."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from tests.support import camera
from tests.support.chromium import flags as chromium_flags
from tests.support.demo import Demo
from tests.support.wallet_page import WalletPage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


# Chromium's camera of films has no torch: this one says it has, and notes what is done with it.
_TORCH = """() => {
    globalThis.torch = [];
    globalThis.opened = 0;
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = function (wanted) { opened += 1; return getUserMedia.call(this, wanted); };
    MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
    MediaStreamTrack.prototype.applyConstraints = async ({ advanced: [{ torch: isOn }] }) => { torch.push(isOn); };
}"""


@asynccontextmanager
async def browser_with_camera(chromium: Path, film: Path, *, allowed: bool = True) -> AsyncIterator[Browser]:
    """Run a Chromium of the same kind whose camera sees *film*; a film belongs to one start."""
    async with async_playwright() as playwright:
        flags = [*camera.flags(film, allowed=allowed), *chromium_flags()]
        started = await playwright.chromium.launch(executable_path=chromium, args=flags)
        yield started
        await started.close()


async def test_the_camera_reads_the_code_of_an_offer_and_then_of_a_request(
    demo: Demo, chromium: Path, tmp_path: Path
) -> None:
    film = tmp_path / "camera.y4m"
    code = demo.pairing_code(demo.new_employee())
    camera.film_code(film, code["wallet_link"])
    async with browser_with_camera(chromium, film) as started:
        wallet = await WalletPage.open(started, demo.wallet)
        await wallet.set_up()
        await wallet.page.get_by_role("link", name="Scan", exact=True).click()
        await expect(wallet.heading("Northwind Robotics")).to_be_visible()
        await wallet.accept(code["tx_code"])
        await wallet.button("Show my Creds").click()

        camera.film_code(film, demo.ask()["wallet_link"])  # the next look through the camera sees the next code
        await wallet.page.get_by_role("link", name="Scan", exact=True).click()
        await expect(wallet.heading("Harbour Sports Club")).to_be_visible()
        await wallet.close()


async def test_a_code_of_something_else_is_told_and_pasting_stays_there(
    demo: Demo, chromium: Path, tmp_path: Path
) -> None:
    film = tmp_path / "camera.y4m"
    camera.film_code(film, "https://example.org/menu")
    async with browser_with_camera(chromium, film) as started:
        wallet = await WalletPage.open(started, demo.wallet)
        await wallet.set_up()
        await wallet.page.get_by_role("link", name="Scan", exact=True).click()
        notice = "This is not a code from an issuer or a requester."
        await expect(wallet.page.get_by_role("status").filter(has_text=notice)).to_be_visible()
        await expect(wallet.button("Torch")).to_have_count(0)
        assert await wallet.axe() == []
        await wallet.button("Paste or type a code").click()
        await expect(wallet.page.get_by_label("Link or short code")).to_be_visible()
        await wallet.close()


async def test_a_refused_camera_leaves_the_field_for_a_code(demo: Demo, chromium: Path, tmp_path: Path) -> None:
    film = tmp_path / "camera.y4m"
    camera.film_code(film, "unseen")
    async with browser_with_camera(chromium, film, allowed=False) as started:
        wallet = await WalletPage.open(started, demo.wallet)
        await wallet.set_up()
        await wallet.page.get_by_role("link", name="Scan", exact=True).click()
        await expect(wallet.heading("Billfold may not use the camera")).to_be_visible()
        await expect(wallet.page.get_by_label("Link or short code")).to_be_visible()
        await wallet.close()


async def test_a_torch_can_be_turned_on_and_off_in_one_stream(demo: Demo, chromium: Path, tmp_path: Path) -> None:
    film = tmp_path / "camera.y4m"
    camera.film_code(film, "https://example.org/menu")
    async with browser_with_camera(chromium, film) as started:
        wallet = await WalletPage.open(started, "about:blank")
        await wallet.page.add_init_script(f"({_TORCH})()")
        await wallet.page.goto(demo.wallet)
        await wallet.set_up()
        await wallet.page.get_by_role("link", name="Scan", exact=True).click()
        torch = wallet.button("Torch")
        await expect(torch).to_have_attribute("aria-pressed", "false")
        await torch.click()
        await expect(torch).to_have_attribute("aria-pressed", "true")
        await torch.click()
        await expect(torch).to_have_attribute("aria-pressed", "false")

        assert await wallet.page.evaluate("torch") == [True, False]
        assert await wallet.page.evaluate("opened") == 1
        await wallet.close()
