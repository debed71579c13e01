"""A visit: one request of a browser, with everything checked that every page needs checked.

Which organisation the address names, who is signed in to it, whether their role may do this, and whether a form came
from a page of ours: a form holds an HMAC of the browser's own cookie, which no other site can read or make, and of who
is signed in. So a form outlives the session in which it was shown, for the same person in the same browser alone.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

import msgspec
from litestar import Request, Response
from litestar.datastructures import Cookie, UploadFile

from billfold.adapters.store import organisations
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Organisation
from billfold.apps.console.live import Streams
from billfold.apps.console.page import fill, respond
from billfold.apps.words import Words, words_for
from billfold.core.encoding import b64url_encode
from billfold.errors import BillfoldError
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.operator.permission import Authority, Permission, permissions_of, require
from billfold.roles.operator.sign_in import Session, SignIns
from billfold.roles.operator.staff import actor_of
from billfold.roles.organisation import ISSUER, REQUESTER, Kept
from billfold.roles.parts import NotFound, Parts
from billfold.roles.verifier.verifier import Verifier, load_verifier

WebRequest = Request[Any, Any, Any]
Place = Literal["console", "counter"]
COOKIE_BYTES = 32
MAX_FIELD_CHARACTERS = 16_000  # an authenticator's answer is the longest
CSRF_FIELD = "csrf"
ONCE_FIELD = "once"
ONCE_BYTES = 16


class NotSignedIn(BillfoldError):
    """Nobody is signed in to this organisation here."""

    code = "not_signed_in"


class FormRefused(BillfoldError):
    """A form did not come from a page that this browser was given."""

    code = "form_refused"


class DoneAlready(BillfoldError):
    """What a form asks for is so already, by another tab. *path* is where it would have led."""

    code = "done_already"

    def __init__(self, path: str) -> None:
        super().__init__("expected somebody to sign in or out")
        self.path = path


@dataclass(frozen=True, slots=True)
class Desk:
    """What all pages of one host share, put together once."""

    parts: Parts
    place: Place
    streams: Streams
    sign_ins: SignIns
    issuers: Kept[Issuer]
    verifiers: Kept[Verifier]

    @classmethod
    def of(cls, parts: Parts, place: Place, streams: Streams) -> "Desk":
        """Put the pages' parts together."""
        issuers: Kept[Issuer] = Kept(lambda slug: load_issuer(parts, slug), parts.now)
        verifiers: Kept[Verifier] = Kept(lambda slug: load_verifier(parts, slug), parts.now)
        return cls(parts, place, streams, SignIns(parts), issuers, verifiers)

    @property
    def base(self) -> str:
        """The address of this host."""
        return self.parts.addresses.console if self.place == "console" else self.parts.addresses.requester

    @property
    def secure(self) -> bool:
        """Whether this host speaks https."""
        return urlsplit(self.base).scheme == "https"

    def cookie_name(self, kind: str) -> str:
        """Return the name of a cookie; cookies cross the ports of a host, so each place has its own."""
        return f"{'__Secure-' if self.secure else ''}billfold_{self.place}_{kind}"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request. *session* is None on public pages where nobody is signed in.

    Attributes:
        cookie: the browser's own secret, the same from session to session.
        fresh: whether *cookie* was made just now, and is to be set.
        files: what was uploaded with the form.
    """

    desk: Desk
    request: WebRequest
    organisation: Organisation
    words: Words
    session: Session | None
    cookie: str
    fresh: bool
    form: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        """The installation's parts."""
        return self.desk.parts

    @property
    def home(self) -> str:
        """The path of the organisation on this host."""
        return f"/o/{self.organisation.slug}"

    @property
    def reference(self) -> str:
        """By which this request is found again."""
        return str(self.request.state.reference)

    @property
    def signed_in(self) -> Session:
        """Who acts.

        Raises:
            NotSignedIn: nobody.
        """
        if self.session is None:
            raise NotSignedIn("expected somebody who is signed in")
        return self.session

    async def issuer(self) -> Issuer:
        """Return the organisation as an issuer.

        Raises:
            NotFound: it does not issue.
        """
        issuer = await self.desk.issuers.get(self.organisation.slug)
        if issuer is None:
            raise NotFound("expected an organisation that issues")
        return issuer

    async def verifier(self) -> Verifier:
        """Return the organisation as a requester.

        Raises:
            NotFound: it does not request.
        """
        verifier = await self.desk.verifiers.get(self.organisation.slug)
        if verifier is None:
            raise NotFound("expected an organisation that requests")
        return verifier

    def forget(self) -> None:
        """Read the organisation anew the next time: it was just changed here."""
        self.desk.issuers.forget(self.organisation.slug)
        self.desk.verifiers.forget(self.organisation.slug)

    def act(self, reason: str | None = None) -> Act:
        """Return an act of who is signed in, for the audit."""
        return self.parts.act(actor_of(self.signed_in.staff), reference=self.reference, reason=reason)

    def once(self) -> Once | None:
        """Return what makes a creation idempotent, where the form came with the id that its page was given.

        The key holds what was asked, so that another form under the same id, as after Back, is a new ask.
        """
        page_id = self.form.get(ONCE_FIELD)
        if not page_id:
            return None
        fields = {name: value for name, value in self.form.items() if name not in (CSRF_FIELD, ONCE_FIELD)}
        files = {name: hashlib.sha256(data).digest() for name, data in self.files.items()}
        asked = msgspec.json.encode([self.request.url.path, fields, files], order="sorted")
        by_whom = msgspec.json.encode([self.signed_in.staff.id, page_id])
        return Once(f"form:{hashlib.sha256(by_whom + asked).hexdigest()}", hashlib.sha256(asked).digest())

    def authority(self, reason: str | None = None) -> Authority:
        """Return what who is signed in may do here, with the act for the audit."""
        return Authority(self.organisation.id, permissions_of(self.signed_in.staff.role), self.act(reason))

    def fill(self, template: str, /, **context: object) -> str:
        """Return a template filled in, with what all of them are given."""
        role = self.session.staff.role if self.session else ""
        shared: dict[str, Any] = {
            "visit": self,
            "t": self.words,
            "now": self.parts.now(),
            "home": self.home,
            "org": self.organisation,
            "me": self.session.staff if self.session else None,
            "may": permissions_of(role),
            "issues": ISSUER in self.organisation.settings.roles,
            "requests": REQUESTER in self.organisation.settings.roles,
            "addresses": self.parts.addresses,
            "csrf": _csrf_token(self.parts, self.cookie, self.session),
            "once": b64url_encode(self.parts.random(ONCE_BYTES)),
        }
        return fill(template, {**shared, **context})

    def page(self, template: str, /, *, status: int = 200, **context: object) -> Response[str]:
        """Return a page, and set the browser's cookie where it had none."""
        cookies = [self.new_cookie("browser", self.cookie)] if self.fresh else None
        return respond(self.fill(template, **context), status=status, cookies=cookies)

    def new_cookie(self, kind: str, value: str, *, max_age_s: int | None = None) -> Cookie:
        """Return a cookie for this organisation's pages on this host alone."""
        return Cookie(
            key=self.desk.cookie_name(kind),
            value=value,
            path=self.home,
            max_age=max_age_s,
            secure=self.desk.secure,
            httponly=True,
            samesite="lax",
        )


async def begin_visit(request: WebRequest) -> Visit:
    """Check what every page needs checked; the handler's ``permission`` says who may, none: everybody.

    The request carries its ``desk``.

    Raises:
        NotFound: no such organisation.
        NotSignedIn: the page is for staff.
        NotPermitted: not for this role.
        FormRefused: a form came from elsewhere.
        DoneAlready: it did, and what its handler ``signs`` ("in" or "out") somebody, they are.
    """
    desk: Desk = request.state.desk
    organisation = await organisations.by_slug(desk.parts.store, request.path_params["slug"])
    if organisation is None:
        raise NotFound("expected the address of an organisation of this installation")
    words = words_for(request.headers.get("accept-language", ""), organisation.settings.time_zone)
    cookie = request.cookies.get(desk.cookie_name("browser")) or None
    access_token = request.cookies.get(desk.cookie_name("session"))
    recognised = desk.sign_ins.recognise(organisation, access_token, place=desk.place) if access_token else None
    session = await recognised if recognised else None
    permission: Permission | None = request.route_handler.opt.get("permission")
    if permission is not None:
        if session is None:
            raise NotSignedIn("expected somebody who is signed in")
        require(session.staff.role, permission)
    form: Mapping[str, str] = {}
    files: Mapping[str, bytes] = {}
    if request.method not in ("GET", "HEAD"):
        try:
            form, files = await _read_form(desk, request, cookie, session)
        except FormRefused:
            await _go_on_if_needless(request, organisation, session)
            raise
    fresh = cookie is None
    secret = cookie or b64url_encode(desk.parts.random(COOKIE_BYTES))
    return Visit(desk, request, organisation, words, session, secret, fresh, form, files)


def with_query(path: str, **values: str) -> str:
    """Return *path* with those *values* that are not empty as its query."""
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


def way_on(home: str, path: str) -> str:
    """Return a path of this organisation on this host, and no other address that somebody put into a link."""
    plain = path.partition("?")[0]
    is_ours = plain.startswith(f"{home}/") and "\\" not in plain and "//" not in plain
    return path if is_ours and path.isascii() and path.isprintable() else home


async def _go_on_if_needless(request: WebRequest, organisation: Organisation, session: Session | None) -> None:
    """Look whether another tab has signed somebody in or out: the form of this one was made before that.

    Raises:
        DoneAlready: it has.
    """
    signs, home = request.route_handler.opt.get("signs"), f"/o/{organisation.slug}"
    if signs == "out" and session is None:
        raise DoneAlready(f"{home}/sign-in")
    if signs == "in" and session is not None:
        given = (await request.form()).get("next", "")
        raise DoneAlready(way_on(home, given if isinstance(given, str) else ""))


async def _read_form(
    desk: Desk, request: WebRequest, cookie: str | None, session: Session | None
) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """Return a form's fields, each cut to a bearable length, and the files that came with it.

    Raises:
        FormRefused: it was sent by another site, or without the token of this browser.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise FormRefused("expected a form of this very site")
    data = await request.form()
    given = data.get(CSRF_FIELD)
    if cookie is None or not isinstance(given, str) or not _matches(given, _csrf_token(desk.parts, cookie, session)):
        raise FormRefused("expected a form with the token of this browser")
    fields = {name: value for name, value in data.items() if isinstance(value, str)}
    texts = {name: value.replace("\0", "")[:MAX_FIELD_CHARACTERS].strip() for name, value in fields.items()}
    return texts, {name: await value.read() for name, value in data.items() if isinstance(value, UploadFile)}


def _csrf_token(parts: Parts, cookie: str, session: Session | None) -> str:
    return b64url_encode(parts.master_key.code("form", f"{session.staff.id if session else ''}\0{cookie}"))


def _matches(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())
