"""The wallet's page as a person has it: a browser page with the device's authenticator, found by role and name."""

import json
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Locator, Page, Request, expect

from tests.support import eye

PHONE = {"width": 390, "height": 844}
# What Chromium's virtual authenticator has to be for the PRF extension to answer at once.
SCREEN_LOCK: dict[str, Any] = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "hasPrf": True,
    "automaticPresenceSimulation": True,
    "isUserVerified": True,
}
WITHOUT_PRF = {**SCREEN_LOCK, "hasPrf": False}
PASSPHRASE = "lantern pocket violet tram"
# What the browser itself says of an answer that the wallet deals with.
_EXPECTED = "Failed to load resource: the server responded with a status of 4"


@dataclass(slots=True)
class WalletPage:
    """One wallet. Its passkey lives as long as its page, so that a restart of the app is a reload."""

    page: Page
    context: BrowserContext
    cdp: CDPSession
    authenticator: str | None
    troubles: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    @classmethod
    async def open(
        cls,
        browser: Browser,
        url: str,
        *,
        device: dict[str, Any] | None = SCREEN_LOCK,
        **settings: Any,  # noqa: ANN401  # the browser context's own
    ) -> "WalletPage":
        """Open the page at *url* in a browser profile of its own; *device* None: nothing that knows the person."""
        context = await browser.new_context(**{"locale": "en-GB", "viewport": PHONE, **settings})
        return await cls.open_in(context, url, device=device)

    @classmethod
    async def open_in(
        cls, context: BrowserContext, url: str, *, device: dict[str, Any] | None = SCREEN_LOCK
    ) -> "WalletPage":
        """Open the page at *url* in a profile that is there, as one more tab of it."""
        page = await context.new_page()
        cdp = await context.new_cdp_session(page)
        await cdp.send("WebAuthn.enable", {"enableUI": False})
        authenticator = None
        if device is not None:
            added = await cdp.send("WebAuthn.addVirtualAuthenticator", {"options": device})
            authenticator = added["authenticatorId"]
        wallet = cls(page, context, cdp, authenticator)
        page.on("console", lambda said: wallet._note(said.type, said.text))
        page.on("pageerror", lambda error: wallet._note("error", str(error)))
        page.on("request", lambda request: wallet.requests.append(request))  # noqa: PLW0108  # Playwright marks what it calls
        await page.goto(url)
        return wallet

    @property
    def sent(self) -> list[str]:
        """What the page asked for, as text: method, address, body."""
        return [f"{request.method} {request.url} {request.post_data}" for request in self.requests]

    async def bytes_sent(self) -> bytes:
        """Return everything that left the page so far: addresses, headers and bodies."""
        parts: list[bytes] = []
        for request in self.requests:
            headers = await request.all_headers()
            parts += [request.url.encode(), json.dumps(headers).encode(), request.post_data_buffer or b""]
        return b"\n".join(parts)

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not text.startswith(_EXPECTED):
            self.troubles.append(text)

    async def close(self) -> None:
        """Close the profile; nothing may have gone wrong on the page."""
        await self.context.close()
        assert self.troubles == [], self.troubles

    def button(self, name: str) -> Locator:
        """Return the button that is called exactly *name*."""
        return self.page.get_by_role("button", name=name, exact=True)

    def link(self, name: str) -> Locator:
        """Return the link whose name holds *name*."""
        return self.page.get_by_role("link", name=name)

    def heading(self, name: str) -> Locator:
        """Return the heading that is called exactly *name*."""
        return self.page.get_by_role("heading", name=name, exact=True)

    async def visit(self, link: str) -> None:
        """Follow a link into the page that is open, as the system does for an installed app."""
        await self.page.evaluate("hash => { location.hash = hash }", link.partition("#")[2])

    async def set_up(self) -> None:
        """Set up the unlock by the device's screen lock."""
        await self.button("Set up Billfold").click()
        await self.button("Use screen lock").click()
        await expect(self.heading("No Creds yet")).to_be_visible()

    async def set_up_passphrase(self) -> None:
        """Set up the unlock by a passphrase, from the screen that asks for one."""
        await self.page.get_by_label("Passphrase").fill(PASSPHRASE)
        await self.page.get_by_role("checkbox", name="nobody can reset it").check()
        await self.button("Set passphrase").click()

    async def begin_with_passphrase(self) -> None:
        """Set up the unlock by a passphrase, from the first screen of a device that has nothing else."""
        await self.button("Set up Billfold").click()
        await self.button("Use a passphrase instead").click()
        await self.set_up_passphrase()
        await expect(self.heading("No Creds yet")).to_be_visible()

    async def unlock_with_passphrase(self) -> None:
        """Unlock from the locked screen."""
        await self.page.get_by_label("Passphrase").fill(PASSPHRASE)
        await self.button("Unlock").click()
        await expect(self.heading("Creds")).to_be_visible()

    async def confirm_with_passphrase(self) -> None:
        """Answer the sheet that asks for the passphrase."""
        sheet = self.page.get_by_role("dialog", name="Enter your passphrase")
        await sheet.get_by_label("Passphrase").fill(PASSPHRASE)
        await sheet.get_by_role("button", name="Unlock").click()

    def creds(self) -> Locator:
        """Return the Creds of the first tab: links, in the order of the stack."""
        return self.page.get_by_role("main").get_by_role("list").get_by_role("link")

    async def paste(self, link: str) -> None:
        """Go by Scan to the field for a link or code, and use it."""
        await self.page.get_by_role("link", name="Scan", exact=True).click()
        field_or_button = self.page.get_by_label("Link or short code").or_(self.button("Paste or type a code"))
        await expect(field_or_button.first).to_be_visible()
        if await self.button("Paste or type a code").is_visible():
            await self.button("Paste or type a code").click()
        await self.page.get_by_label("Link or short code").fill(link)
        await self.button("Continue").click()

    async def accept(self, pin: str) -> None:
        """Go from the review of an issuer to the device's unlock: Pair, PIN, notifications not now."""
        await self.button("Pair").click()
        await self.page.get_by_label("PIN").fill(pin)
        await self.button("Continue").click()
        first = self.heading("Hear when something is new").or_(self.page.get_by_text("Creds received"))
        await expect(first.or_(self.page.get_by_role("dialog")).first).to_be_visible()
        if await self.button("Not now").is_visible():
            await self.button("Not now").click()

    async def pair(self, code: dict[str, Any]) -> None:
        """Pair by a code of the demo, and look at the Creds."""
        await self.paste(code["wallet_link"])
        await self.accept(code["tx_code"])
        await self.show_creds()

    async def pair_with_passphrase(self, code: dict[str, Any]) -> None:
        """Pair as `pair` does, where a passphrase is the unlock."""
        await self.paste(code["wallet_link"])
        await self.accept(code["tx_code"])
        await self.confirm_with_passphrase()
        await self.show_creds()

    async def show_creds(self) -> None:
        """Go on from the screen that says what was received, once all is there and the issuer knows the device."""
        await expect(self.page.get_by_text("Creds received")).to_be_visible()
        await expect(self.page.get_by_text("You can go on.")).to_have_count(0)
        await self.button("Show my Creds").click()
        await expect(self.heading("Creds")).to_be_visible()

    async def axe(self) -> list[str]:
        """Return what axe-core finds on the screen: rule, and the elements."""
        return await eye.axe(self.page)
