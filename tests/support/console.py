"""A browser of the console's or the requester's host, without a screen: cookies, forms and their tokens."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from billfold.adapters.store import staff
from billfold.adapters.store.staff import Staff
from billfold.roles.operator.password import SALT_BYTES, hash_password
from billfold.roles.operator.sign_in import Browser, SignIns
from tests.support.wire import Wire

PASSWORD = "a password for tests"
_NAME = "python-httpx"
_hashes: dict[str, str] = {}
_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')
_ONCE = re.compile(r'name="once" value="([^"]+)"')


async def _password_hash() -> str:
    if PASSWORD not in _hashes:
        _hashes[PASSWORD] = await hash_password(PASSWORD, salt=bytes(SALT_BYTES))
    return _hashes[PASSWORD]


@dataclass
class WebBrowser:
    """One browser. *client* is the host's, and cookies are this browser's own."""

    client: httpx.AsyncClient
    slug: str
    cookies: dict[str, str] = field(default_factory=dict)
    token: str = ""

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Open a page of the organisation, and keep the token of its forms."""
        return self._keep(await self.client.get(self._url(path), headers=self._headers(headers)))

    async def post(
        self, path: str, form: Mapping[str, str] | None = None, *, token: str | None = None
    ) -> httpx.Response:
        """Send a form with this browser's token, unless another is given."""
        sent = {**(form or {}), "csrf": self.token if token is None else token}
        return self._keep(await self.client.post(self._url(path), data=sent, headers=self._headers({})))

    async def upload(self, path: str, form: Mapping[str, str], files: Mapping[str, bytes]) -> httpx.Response:
        """Send a form with files."""
        sent = {**form, "csrf": self.token}
        named = {name: (f"{name}.bin", data) for name, data in files.items()}
        answer = await self.client.post(self._url(path), data=sent, files=named, headers=self._headers({}))
        return self._keep(answer)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """Go where a form's answer leads."""
        assert answer.status_code == 303, answer.text
        return self._keep(await self.client.get(answer.headers["location"], headers=self._headers({})))

    async def send(self, method: str, path: str) -> httpx.Response:
        """Ask in any way."""
        return await self.client.request(method, self._url(path), headers=self._headers({}))

    def _url(self, path: str) -> str:
        return f"/o/{self.slug}{path}"

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {**more, **({"cookie": cookie} if cookie else {})}

    def _keep(self, answer: httpx.Response) -> httpx.Response:
        for header in answer.headers.get_list("set-cookie"):
            name, _, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value.strip('"')
        self.client.cookies.clear()
        found = _TOKEN.search(answer.text)
        if found:
            self.token = html.unescape(found[1])
        return answer


def once_of(page: httpx.Response) -> str:
    """Return the id by which a form of *page* is asked once, however often it is sent."""
    found = _ONCE.search(page.text)
    assert found is not None, page.text
    return html.unescape(found[1])


@dataclass
class Front:
    """The pages of an installation, with staff who can sign in."""

    wire: Wire
    place: str = "console"

    async def hire(self, slug: str, role: str) -> str:
        """Add somebody to an organisation's staff, unless they are there; return the e-mail."""
        organisation = await self.wire.organisation(slug)
        email = f"{role}@{slug}.test"
        parts = self.wire.parts
        if await staff.by_email(parts.store, organisation.id, email) is None:
            name, password_hash = f"{role} of {slug}", await _password_hash()
            member = Staff(parts.new_id(), organisation.id, email, name, role, password_hash, parts.now())
            await staff.create(parts.store, member, invitation_hash=None, act=parts.act("test"))
        return email

    def stranger(self, slug: str = "northwind") -> WebBrowser:
        """Return a browser that is signed in to nothing."""
        return WebBrowser(self.wire.console if self.place == "console" else self.wire.verifier, slug)

    async def signed_in(self, slug: str = "northwind", role: str = "support") -> WebBrowser:
        """Return a browser that is signed in, past the password: checking one takes long on purpose."""
        browser, email, parts = self.stranger(slug), await self.hire(slug, role), self.wire.parts
        member = await staff.by_email(parts.store, (await self.wire.organisation(slug)).id, email)
        assert member is not None
        described = Browser(self.place, "127.0.0.1", _NAME, None)
        begun = await SignIns(parts).begin(member, described, reference=parts.new_reference())
        kept = {"session": begun.access_token, "device": begun.device_token}
        browser.cookies = {f"billfold_{self.place}_{kind}": token for kind, token in kept.items()}
        await browser.get("")
        return browser

    async def assert_guarded(
        self, path: str, form: Mapping[str, str], *, slug: str = "northwind", role: str = "support"
    ) -> None:
        """Expect that an action does nothing for a stranger, another organisation, another method or a forged form."""
        inside = await self.signed_in(slug, role)
        outside = self.stranger(slug)
        await outside.get("/sign-in")
        other = await self.signed_in("lakeside" if slug != "lakeside" else "northwind")
        other.slug = slug
        before = await self.wire.snapshot()

        for browser in (outside, other):
            refused = await browser.post(path, form)
            assert (refused.status_code, "Your session is over" in refused.text) == (403, True)
        for token in ("", "forged", outside.token):
            forged = await inside.post(path, form, token=token)
            assert (forged.status_code, "This form is out of date" in forged.text) == (403, True)
        elsewhere = {"cookie": inside._headers({})["cookie"], "sec-fetch-site": "cross-site"}
        crossed = await inside.client.post(inside._url(path), data={**form, "csrf": inside.token}, headers=elsewhere)
        assert crossed.status_code == 403
        for method in ("PUT", "DELETE", "PATCH"):
            assert (await inside.send(method, path)).status_code == 405
        assert await self.wire.snapshot() == before
