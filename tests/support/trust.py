"""The list of anchors as a wallet's operator keeps it, with a stranger added."""

import json
from typing import Any

from playwright.async_api import Page, Route

from billfold.core.trust.trust_list import TrustEntry


async def list_anchor(page: Page, entry: TrustEntry) -> None:
    """Let the host of *page* list one more anchor, beside those of its own organisations."""
    anchor: dict[str, Any] = {"name": entry.name, "role": entry.role, "certificate": entry.certificate}
    anchor |= {"identifiers": list(entry.identifiers), "hosts": list(entry.hosts)}

    async def answer(route: Route) -> None:
        listed = await (await route.fetch()).json()
        await route.fulfill(body=json.dumps({**listed, "anchors": [*listed["anchors"], anchor]}))

    await page.route("**/trust.json", answer)
