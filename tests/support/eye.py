"""What an eye sees on a page: axe-core's findings, what sticks out at the side, and text that is cut off."""

import json
from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "wallet/node_modules/axe-core/axe.min.js"

# Fonts and short animations are over, and what was just asked of the page is painted. A page that replaces parts of
# itself can take an animation away before it says that it is over, so this waits no longer than a second.
_AT_REST = """() => {
    const isShort = ({ effect, playState }) => playState === "running" && effect.getComputedTiming().endTime < 2_000;
    const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const settled = async () => {
        await painted();
        await document.fonts.ready;
        await Promise.all(document.getAnimations().filter(isShort).map(({ finished }) => finished.catch(() => null)));
    };
    return Promise.race([settled(), new Promise((resolve) => setTimeout(resolve, 1_000))]).then(() => undefined);
}"""
_VIOLATIONS = "axe.run().then(({ violations }) => JSON.stringify(violations))"
_SIDEWAYS = """() => {
    const over = document.documentElement.scrollWidth - window.innerWidth;
    const isWide = (element) => element.getBoundingClientRect().right > window.innerWidth;
    const wide = [...document.body.querySelectorAll("*")].filter(isWide);
    return over <= 0 ? [] : [`${over} px too wide`, ...wide.map(({ outerHTML }) => outerHTML.slice(0, 80)).slice(-3)];
}"""
# A text is cut where an ancestor hides what overflows and the text's lines reach beyond it. Text that is meant for
# screen readers alone is no eye's business, and what scrolls can be scrolled to.
_CUT = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const hides = ({ overflowX, overflowY }) => [overflowX, overflowY].some((one) => ["hidden", "clip"].includes(one));
    const scrolls = ({ overflowX }) => overflowX === "auto" || overflowX === "scroll";
    const isCut = (element, lines) => {
        // The box of a line reaches beyond its letters.
        const slack = parseFloat(getComputedStyle(element).fontSize) / 4;
        for (let up = element; up !== null && up !== document.body; up = up.parentElement) {
            const style = getComputedStyle(up);
            const box = up.getBoundingClientRect();
            if (style.clipPath !== "none" || box.width <= 1 || scrolls(style)) return false;
            const beyond = ({ left, right, top, bottom }) =>
                left < box.left - 2 || right > box.right + 2 || top < box.top - slack || bottom > box.bottom + slack;
            if (hides(style) && lines.some(beyond)) return true;
        }
        return false;
    };
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (data.trim() === "" || parentElement.closest("script, style, noscript") !== null) continue;
        if (!parentElement.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        const range = document.createRange();
        range.selectNodeContents(walker.currentNode);
        const lines = [...range.getClientRects()].filter(({ width, height }) => width > 1 && height > 1);
        if (isCut(parentElement, lines)) found.push(data.trim().slice(0, 60));
    }
    return found;
}"""


async def come_to_rest(page: Page) -> None:
    """Wait until nothing on *page* moves any more."""
    await page.evaluate(_AT_REST)


async def axe(page: Page) -> list[str]:
    """Return what axe-core finds: each rule, and the elements."""
    await come_to_rest(page)
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE.read_text())
    violations: list[dict[str, Any]] = json.loads(await page.evaluate(_VIOLATIONS))
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in violations]


async def misfits(page: Page) -> list[str]:
    """Return what sticks out at the side, and the texts of which a part is not shown."""
    wide: list[str] = await page.evaluate(_SIDEWAYS)
    cut = [f"cut off: {text}" for text in await page.evaluate(_CUT)]
    return [*wide, *cut]
