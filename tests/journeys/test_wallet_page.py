"""The wallet's page in a browser: a link opens it, and it hands the link on, whole, to the wallet that can use it."""

import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.support.command_line import CommandLine
from tests.support.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]  # one browser for all of them

SHAPES = {"phone": {"width": 320, "height": 640}, "desktop": {"width": 1280, "height": 800}}


@dataclass(slots=True)
class Opened:
    """A page, what went wrong on it, and everything that it asked servers for."""

    page: Page
    troubles: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note from now on."""
        self.page.on("console", lambda said: self._note(said.type, said.text))
        self.page.on("pageerror", lambda error: self._note("error", str(error)))
        self.page.on("requestfailed", lambda request: self._note("error", request.url))
        self.page.on("request", lambda request: self.sent.append(f"{request.url} {request.post_data}"))

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.troubles.append(text)


@pytest_asyncio.fixture(loop_scope="module")
async def opened(browser: Browser, demo: Demo) -> AsyncIterator[Opened]:
    """A fresh page that may use the clipboard; nothing may have gone wrong on it in the end."""
    context = await browser.new_context(locale="en-GB")
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo.wallet)
    made = Opened(await context.new_page())
    made.watch()
    yield made
    await context.close()
    assert made.troubles == []


async def open_page(page: Page, url: str) -> dict[str, str]:
    """Open the page and return the headers that came with it."""
    answer = await page.goto(url)
    assert answer is not None
    assert answer.status == 200
    await expect(page.get_by_role("heading", level=1)).to_be_visible()
    return await answer.all_headers()


async def commands(page: Page) -> list[str]:
    """Return the commands that the page shows."""
    return await page.locator("pre code").all_text_contents()


async def test_a_pairing_link_shows_the_command_that_pairs(demo: Demo, opened: Opened, tmp_path: Path) -> None:
    code = demo.pairing_code(demo.new_employee())
    link = code["wallet_link"]

    await open_page(opened.page, link)
    shown = [shlex.split(command) for command in await commands(opened.page)]
    assert shown[0] == ["billfold", "wallet", "pair", link]
    await opened.page.get_by_role("button", name="Copy").first.click()
    await expect(opened.page.get_by_role("status").first).to_have_text("Copied")
    copied = await opened.page.evaluate("navigator.clipboard.readText()")

    command = shlex.split(copied)
    assert command == shown[0]
    done = CommandLine(tmp_path / "wallet.vault").run(*command[2:], "--pin", code["tx_code"], "--yes")
    assert (done.code, "2 of 2 Creds received" in done.out) == (0, True), done


async def test_a_requests_link_shows_the_command_that_shares(demo: Demo, opened: Opened) -> None:
    link = demo.ask()["wallet_link"]

    await open_page(opened.page, link)

    assert ["billfold", "wallet", "share", link] in [shlex.split(text) for text in await commands(opened.page)]


async def test_the_code_stays_in_the_browser(demo: Demo, opened: Opened) -> None:
    """The fragment reaches no server, and the page asks nobody about the code before the person does."""
    code = demo.pairing_code(demo.new_employee())

    await open_page(opened.page, code["wallet_link"])
    await opened.page.wait_for_load_state("networkidle")

    assert opened.sent
    secret = code["wallet_link"].partition("#c=")[2]
    assert [sent for sent in opened.sent if secret in sent.partition("#")[0] or not sent.startswith(demo.wallet)] == []
    assert demo.api().get(f"/pairing-codes/{code['id']}")["state"] == "waiting"


async def test_the_page_comes_with_headers_that_keep_it_to_itself(demo: Demo, opened: Opened) -> None:
    headers = await open_page(opened.page, demo.wallet)

    policy = dict(part.strip().partition(" ")[::2] for part in headers["content-security-policy"].split(";"))
    assert (policy["default-src"], policy["script-src"], policy["frame-ancestors"]) == ("'none'", "'self'", "'none'")
    assert policy["require-trusted-types-for"] == "'script'"
    assert (headers["referrer-policy"], headers["x-content-type-options"]) == ("no-referrer", "nosniff")


async def test_script_from_elsewhere_does_not_run(demo: Demo, opened: Opened) -> None:
    await open_page(opened.page, demo.wallet)
    inject = """() => {
        const element = document.createElement("div");
        try { element.innerHTML = "<img src=x onerror='window.ran = true'>"; return "let through"; }
        catch (error) { return error.name; }
    }"""

    assert await opened.page.evaluate(inject) == "TypeError"

    opened.troubles.clear()  # the browser reports what it kept away


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_nothing_is_cut_off(demo: Demo, browser: Browser, shape: str, scheme: Literal["light", "dark"]) -> None:
    context = await browser.new_context(viewport=SHAPES[shape], color_scheme=scheme)  # type: ignore[arg-type]  # a size
    page = await context.new_page()
    for url in (demo.wallet, demo.pairing_code(demo.new_employee())["wallet_link"], f"{demo.wallet}/#c=?"):
        await page.goto("about:blank")
        await open_page(page, url)
        assert await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    await context.close()


async def test_german_readers_get_german(demo: Demo, browser: Browser) -> None:
    context = await browser.new_context(locale="de-DE")
    page = await context.new_page()
    await open_page(page, demo.ask()["wallet_link"])
    assert await page.evaluate("document.documentElement.lang") == "de"
    await expect(page.get_by_role("button", name="Kopieren").first).to_be_visible()
    await context.close()
