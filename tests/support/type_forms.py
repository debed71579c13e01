"""The forms of the console's Cred types, filled in as a browser sends them."""

import html
import re
from collections.abc import Mapping

from tests.support.console import WebBrowser

BADGE = "/types/employee-badge"
_INPUT = re.compile(r"<input[^>]*>")
_ATTRIBUTE = re.compile(r'([a-z]+)(?:="([^"]*)")?')
_SELECT = re.compile(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>')
_TEXTAREA = re.compile(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', re.DOTALL)


async def form_of(browser: WebBrowser, path: str, **changes: str) -> dict[str, str]:
    """Open a tab and return what its form would send, with *changes*; names have `__` for a dot."""
    page = (await browser.get(path)).text
    start = page.index('id="draft"')
    form = page[start : page.index("</form>", start)]
    found = {name: html.unescape(value) for name, value in _TEXTAREA.findall(form)}
    for name, options in _SELECT.findall(form):
        chosen = _CHOSEN.findall(options)
        found[name] = chosen[0] if chosen else ""
    for tag in _INPUT.findall(form):
        given: dict[str, str] = dict(_ATTRIBUTE.findall(tag))
        ticks = given.get("type") in ("checkbox", "radio")
        if "name" in given and given.get("type") != "file" and (not ticks or "checked" in given):
            found[given["name"]] = html.unescape(given.get("value", ""))
    return found | {name.replace("__", "."): value for name, value in changes.items()}


async def keep(browser: WebBrowser, path: str, changes: Mapping[str, str]) -> str:
    """Save a tab's form with *changes* as a draft, and return the page that follows."""
    form = await form_of(browser, path)
    return (await browser.follow(await browser.post(path, {**form, **changes}))).text
