"""A Firefox of the test's own, driven over WebDriver BiDi: what Playwright drives is not the browser that people have.

Source: WebDriver BiDi (`session`, `browsingContext`, `script`, `input`). Elements are found by role and name as the
browser's own accessibility tree has them; typing is typing.
"""

import asyncio
import contextlib
import itertools
import json
import os
import re
import shutil
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.support.program import STOP_S, WAIT_S

_LISTENING = re.compile(rb"WebDriver BiDi listening on (ws://\S+)")
_QUIET: dict[str, object] = {
    "app.update.disabledForTesting": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en-GB",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.server": "",
    "ui.prefersReducedMotion": 1,
}
# An element counts once a person could use it. The answer says whether it did.
_CLICK = "(e) => { if (e.disabled || !e.checkVisibility()) return false; e.click(); return true; }"
_FOCUS = "(e) => { if (!e.matches('input:enabled') || !e.checkVisibility()) return false; e.focus(); return true; }"
_SEE = "(e) => e.checkVisibility()"
_SAYS = "(text) => document.body.innerText.includes(text)"
_CHANGED = """() => new Promise((resolve) => {
    const seen = new MutationObserver(() => { seen.disconnect(); resolve(null); });
    seen.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    setTimeout(() => { seen.disconnect(); resolve(null); }, 100);
})"""


def find_firefox() -> Path | None:
    """Return where the machine's Firefox is, if it has one."""
    found = shutil.which("firefox-esr") or shutil.which("firefox")
    return Path(found) if found else None


@dataclass(slots=True)
class Firefox:
    """A running Firefox: commands go out, and each answer finds the command that waits for it."""

    socket: ClientConnection
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)

    async def send(self, method: str, **params: object) -> dict[str, Any]:
        """Return the result of one command.

        Raises:
            AssertionError: the browser refused it.
            TimeoutError: it did not answer.
        """
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        async with asyncio.timeout(WAIT_S):
            answer = await self._waiting[number]
        if answer["type"] != "success":
            raise AssertionError(f"expected {method} to succeed, got {answer['error']}: {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    async def listen(self) -> None:
        """Take answers until the browser closes."""
        with contextlib.suppress(ConnectionClosed):
            async for text in self.socket:
                answer = json.loads(text)
                waiting = self._waiting.pop(answer.get("id", -1), None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(answer)

    async def open(self, url: str) -> "Tab":
        """Return a new tab in which *url* is loaded."""
        made = await self.send("browsingContext.create", type="tab")
        tab = Tab(self, made["context"])
        await self.send("browsingContext.navigate", context=tab.context, url=url, wait="complete")
        return tab


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. What it is asked to click, fill or see may still be about to come, within a bound."""

    firefox: Firefox
    context: str

    async def click(self, role: str, name: str) -> None:
        """Click what has this role and name."""
        await self._use(_CLICK, {"role": role, "name": name})

    async def fill(self, name: str, text: str) -> None:
        """Type *text* into the field that is called *name*."""
        await self._use(_FOCUS, {"name": name})  # one for secrets has no role
        strokes = [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": strokes}
        await self.firefox.send("input.performActions", context=self.context, actions=[keyboard])

    async def see(self, role: str, name: str) -> None:
        """Wait for what has this role and name."""
        await self._use(_SEE, {"role": role, "name": name})

    async def lose(self, text: str) -> None:
        """Wait until the page does not say *text*."""
        async with asyncio.timeout(WAIT_S):
            while await self.run(_SAYS, {"type": "string", "value": text}):
                await self.run(_CHANGED)

    async def run(self, function: str, *arguments: object) -> Any:  # noqa: ANN401  # JSON
        """Return what the JavaScript *function*, async or not, makes of *arguments* (BiDi's local values)."""
        result = await self.firefox.send(
            "script.callFunction",
            functionDeclaration=f"async (...given) => JSON.stringify(await ({function})(...given) ?? null)",
            awaitPromise=True,
            target={"context": self.context},
            arguments=arguments,
            userActivation=True,
        )
        if result["type"] == "exception":
            raise AssertionError(f"expected {function} to return, got {result['exceptionDetails']['text']}")
        return json.loads(result["result"]["value"])

    async def close(self) -> None:
        await self.firefox.send("browsingContext.close", context=self.context)

    async def _use(self, how: str, wanted: Mapping[str, str]) -> None:
        locator = {"type": "accessibility", "value": wanted}
        try:
            async with asyncio.timeout(WAIT_S):
                while not await self._try(how, locator):
                    await self.run(_CHANGED)
        except TimeoutError:
            shown = await self.run("() => document.body.innerText")
            raise AssertionError(f"expected {wanted} on the page, got {shown[:600]!r}") from None

    async def _try(self, how: str, locator: Mapping[str, object]) -> bool:
        found = await self.firefox.send("browsingContext.locateNodes", context=self.context, locator=locator)
        for node in found["nodes"]:
            if await self.run(how, {"sharedId": node["sharedId"]}):
                return True
        return False


@contextlib.asynccontextmanager
async def running_firefox(program: Path, home: Path, preferences: Mapping[str, object]) -> AsyncIterator[Firefox]:
    """Run Firefox without a window on a new profile in *home*, which has to be empty."""
    profile = home / "profile"
    profile.mkdir()
    lines = [f"user_pref({json.dumps(k)}, {json.dumps(v)});" for k, v in {**_QUIET, **preferences}.items()]
    (profile / "user.js").write_text("\n".join(lines))
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    flags = ["--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    process = await asyncio.create_subprocess_exec(program, *flags, env=environment, stdout=DEVNULL, stderr=PIPE)
    tasks: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(WAIT_S):
            address = await _address(process)
        tasks.append(asyncio.create_task(_drain(process)))
        # No pings, which have a time limit: a browser on a busy machine is no dead browser.
        async with connect(f"{address}/session", max_size=None, ping_interval=None) as socket:
            firefox = Firefox(socket)
            tasks.append(asyncio.create_task(firefox.listen()))
            await firefox.send("session.new", capabilities={})
            yield firefox
            await firefox.send("browser.close")
            await asyncio.wait_for(process.wait(), STOP_S)
    finally:
        await _end(process, tasks)


async def _end(process: Process, tasks: Sequence[asyncio.Task[None]]) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _address(process: Process) -> str:
    said = b""
    assert process.stderr is not None
    async for line in process.stderr:
        said += line
        found = _LISTENING.search(line)
        if found is not None:
            return found[1].decode()
    raise AssertionError(f"expected Firefox to listen, got {said[-2000:].decode()}")


async def _drain(process: Process) -> None:
    """Read on, so that a talkative browser never waits for its reader."""
    assert process.stderr is not None
    async for _ in process.stderr:
        pass
