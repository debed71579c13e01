"""Take pictures of every screen in every look (`make screens`): all into .screens/, a choice into docs/screens/.

    python -m tests.journeys.screens.take [--chosen] [NAME …]

With names of galleries, only those; with --chosen, only the looks that docs/screens/ shows.
A picture is WebP, as the browser itself writes it, of the whole page.
"""

import asyncio
import base64
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from tests.journeys.screens.looks import EVERY, LANGUAGES, Look, in_language
from tests.journeys.screens.places import GALLERIES, Place
from tests.support import eye
from tests.support.chromium import find_chromium, flags
from tests.support.demo import Demo, running_demo

ROOT = Path(__file__).parents[3]
EVERYTHING, CHOSEN = ROOT / ".screens", ROOT / "docs" / "screens"
QUALITY = 64
CHOSEN_ONLY = "--chosen"
MOST_CHOSEN_BYTES = 3 * 1024 * 1024
# What the docs leave out: each looks much like its neighbour that they show.
ALIKE = frozenset(
    [
        "person-new",
        "person-edit",
        "reason-for-one-cred",
        "end-a-pairing",
        "cred-type-new",
        "cred-type-validity",
        "cred-type-texts",
        "cred-type-publish",
        "cred-type-versions",
        "settings-organisation",
        "settings-support",
        "settings-keys",
        "settings-staff-invited",
        "settings-staff-end",
        "settings-api-key-made",
        "settings-mail",
        "settings-notifications",
        "template-new",
        "counter-sign-in",
        "desk",
        "sign-in-refused",
        "suspend-everything",
        "declined",
        "show-declined",
        "show-asks-at-the-desk",
        "checked-by-hand",
    ]
)


@dataclass(frozen=True, slots=True)
class Album:
    """Where the pictures of one gallery go."""

    place: Place

    async def take(self, page: Page, session: CDPSession, name: str, look: Look) -> None:
        """Take a picture of the whole page: the window grows to it, so that what sticks to its edge covers nothing."""
        height = int(await page.evaluate("document.documentElement.scrollHeight"))
        await page.set_viewport_size({"width": look.width, "height": max(height, look.height)})
        await eye.come_to_rest(page)
        options = {"format": "webp", "quality": QUALITY}
        picture = base64.b64decode((await session.send("Page.captureScreenshot", options))["data"])
        file = f"{name}.{look.name}.webp"
        _write(EVERYTHING / self.place.name / file, picture)
        if look in self.place.in_docs and name not in ALIKE:
            _write(CHOSEN / self.place.name / file, picture)


async def take_all(names: list[str], *, chosen: bool) -> None:
    """Take the pictures of the galleries *names*, or of all, and write the page that shows the chosen ones.

    Args:
        chosen: take no other pictures than those.
    """
    places = [place for place in GALLERIES if not names or place.name in names]
    for place in places:
        for folder in (EVERYTHING, CHOSEN):
            shutil.rmtree(folder / place.name, ignore_errors=True)
    path = find_chromium()
    if path is None:
        raise SystemExit("expected a Chromium on this machine (Debian: chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=flags())
        for place in places:
            with running_demo("--ephemeral") as demo:  # a new one, or lists show what was made for another gallery
                await _take(place, demo, browser, place.in_docs if chosen else EVERY)
        await browser.close()
    (CHOSEN / "README.md").write_text(_page())
    _check_size()


async def _take(place: Place, demo: Demo, browser: Browser, looks: tuple[Look, ...]) -> None:
    for language in LANGUAGES:
        await place.walk(demo, browser, in_language(looks, language), Album(place).take)
        print(f"{place.name}: {language}")  # noqa: T201  # a program that says what it does


def _page() -> str:
    lines = [
        "# Screens",
        "",
        "Written by `make screens`, which takes every look; here is a choice. Look: theme, width,",
    ]
    lines += ["language, size of text. Every person and organisation is invented.", ""]
    for place in GALLERIES:
        looks = [look.name for look in place.in_docs]
        lines += [f"## {place.name}", "", f"| screen | {' | '.join(looks)} |", "| --- |" + " --- |" * len(looks)]
        for screen in (each for each in place.gallery.screens if each.name not in ALIKE):
            shown = (f"![{screen.name}, {name}]({place.name}/{screen.name}.{name}.webp)" for name in looks)
            lines.append(f"| {screen.name.replace('-', ' ')} | {' | '.join(shown)} |")
        lines.append("")
    return "\n".join(lines)


def _check_size() -> None:
    size = sum(path.stat().st_size for path in CHOSEN.rglob("*.webp"))
    print(f"{size / 1024:.0f} KiB in {CHOSEN.relative_to(ROOT)}")  # noqa: T201
    if size > MOST_CHOSEN_BYTES:
        raise SystemExit(f"expected at most {MOST_CHOSEN_BYTES} bytes of chosen pictures, got {size}")


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    os.chdir(ROOT)
    words = sys.argv[1:]
    asyncio.run(take_all([word for word in words if word != CHOSEN_ONLY], chosen=CHOSEN_ONLY in words))
