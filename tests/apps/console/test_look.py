"""The look that console, counter and wallet share: every file that the pages and the styles name is served."""

import re

import httpx
import pytest

from tests.support.wire import Wire

NAMED_BY_PAGES = re.compile(r'"(/static/[^"#]+)')
NAMED_BY_STYLES = re.compile(r'url\("?([^)"#]+)')


async def names_of(client: httpx.AsyncClient, url: str, named: re.Pattern[str]) -> list[str]:
    """Return the addresses that the text at *url* names."""
    answer = await client.get(url)
    assert answer.status_code == 200, url
    return [str(answer.url.join(name)) for name in named.findall(answer.text)]


@pytest.mark.parametrize("place", ["console", "verifier"])
async def test_every_file_that_a_page_names_is_served(wire: Wire, place: str) -> None:
    client: httpx.AsyncClient = getattr(wire, place)
    named = await names_of(client, "/o/northwind/sign-in", NAMED_BY_PAGES)
    fonts = await names_of(client, "/static/tokens.css", NAMED_BY_STYLES)

    assert {url.rsplit("/", 1)[1] for url in named} >= {"tokens.css", "components.css", "console.css"}
    assert len(fonts) == 6
    assert {url: (await client.get(url)).status_code for url in [*named, *fonts]} == dict.fromkeys(
        [*named, *fonts], 200
    )


@pytest.mark.parametrize(
    ("place", "slug", "name"), [("console", "northwind", "look-"), ("verifier", "harbour", "wanted-")]
)
async def test_a_card_wears_its_art_on_every_host(wire: Wire, place: str, slug: str, name: str) -> None:
    client: httpx.AsyncClient = getattr(wire, place)
    style = await client.get(f"/o/{slug}/look.css")
    rule = next(line for line in style.text.splitlines() if line.startswith(f".{name}"))
    (address,) = NAMED_BY_STYLES.findall(rule)

    art = await client.get(address)

    assert art.headers["content-type"] in ("image/png", "image/jpeg")
    assert "--cred-bg-2: color-mix(" in rule
