"""Sign-in, by passkey first, and sign-out: `/o/{slug}/sign-in`, `/o/{slug}/sign-out`."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store.staff import Staff
from billfold.apps.console.page import go_to, respond_json
from billfold.apps.console.visit import Visit, way_on
from billfold.roles.operator import passkey
from billfold.roles.operator.passkey import PasskeyRefused, RelyingParty, relying_party
from billfold.roles.operator.sign_in import WINDOW, Browser, SignedIn, SignInRefused, TooManyTries
from billfold.roles.parts import NotFound

DEVICE_COOKIE_S = 365 * 24 * 3600


@get("/o/{slug:str}/sign-in", name="sign-in")
async def show(visit: NamedDependency[Visit], next: FromQuery[str] = "") -> Response[str]:  # noqa: A002  # in the address
    """Show the form, unless somebody is signed in."""
    if visit.session is not None:
        return go_to(way_on(visit.home, next))
    return _page(visit, after=next)


@post("/o/{slug:str}/sign-in", opt={"signs": "in"})
async def enter(visit: NamedDependency[Visit]) -> Response[str]:
    """Begin a session with a token of its own, so that a cookie from before is worth nothing."""
    email, after = visit.form.get("email", ""), visit.form.get("next", "")
    try:
        begun = await visit.desk.sign_ins.sign_in(
            visit.organisation, email, visit.form.get("password", ""), browser_of(visit), reference=visit.reference
        )
    except SignInRefused:
        return _page(visit, status=403, email=email, after=after, wrong="refused")
    except TooManyTries:
        return _page(visit, status=429, email=email, after=after, wrong="tries")
    return open_session(visit, begun, way_on(visit.home, after))


@get("/o/{slug:str}/sign-in/passkey")
async def ask_passkey(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the question for an authenticator; whoever has a passkey of this host may answer."""
    options = passkey.sign_in_options(visit.parts, passkeys_here(visit), visit.cookie)
    return respond_json(options, cookies=[visit.new_cookie("browser", visit.cookie)] if visit.fresh else None)


@post("/o/{slug:str}/sign-in/passkey", opt={"signs": "in"})
async def enter_by_passkey(visit: NamedDependency[Visit]) -> Response[str]:
    """Begin a session for whoever's passkey answered."""
    after, answer = visit.form.get("next", ""), visit.form.get("credential", "")
    try:
        member = await passkey.verify_sign_in(visit.parts, passkeys_here(visit), answer, browser=visit.cookie)
    except PasskeyRefused:
        return _page(visit, status=403, after=after, wrong="passkey")
    return await begin_session(visit, member, way_on(visit.home, after))


@post("/o/{slug:str}/sign-out", opt={"signs": "out"})
async def leave(visit: NamedDependency[Visit]) -> Response[str]:
    """Sign the browser out."""
    if visit.session is not None:
        await visit.desk.sign_ins.end(visit.session, visit.session.record.id, reference=visit.reference)
    return go_to(f"{visit.home}/sign-in", cookies=[visit.new_cookie("session", "", max_age_s=0)])


def passkeys_here(visit: Visit) -> RelyingParty:
    """Return the relying party of this host.

    Raises:
        NotFound: the console's passkeys cannot be used on it.
    """
    party = relying_party(visit.parts, visit.organisation, visit.desk.base)
    if party is None:
        raise NotFound("expected a host on which the console's passkeys work")
    return party


def browser_of(visit: Visit) -> Browser:
    """Return where somebody signs in from."""
    client = visit.request.client
    return Browser(
        place=visit.desk.place,
        address=client.host if client else "",
        name=visit.request.headers.get("user-agent", ""),
        device_token=visit.request.cookies.get(visit.desk.cookie_name("device")),
    )


async def begin_session(visit: Visit, member: Staff, path: str) -> Response[str]:
    """Sign in somebody who has just proven who they are, and go to *path*."""
    begun = await visit.desk.sign_ins.begin(member, browser_of(visit), reference=visit.reference)
    return open_session(visit, begun, path)


def open_session(visit: Visit, begun: SignedIn, path: str) -> Response[str]:
    """Give the browser its session, and go to *path*."""
    cookies = [
        visit.new_cookie("session", begun.access_token),
        visit.new_cookie("device", begun.device_token, max_age_s=DEVICE_COOKIE_S),
    ]
    return go_to(path, cookies=cookies)


def _page(visit: Visit, *, after: str, status: int = 200, email: str = "", wrong: str = "") -> Response[str]:
    shown: dict[str, Any] = {"email": email, "way_on": after, "wrong": wrong}
    has_passkeys = relying_party(visit.parts, visit.organisation, visit.desk.base) is not None
    minutes = int(WINDOW.total_seconds()) // 60
    return visit.page("sign_in.html", status=status, minutes=minutes, has_passkeys=has_passkeys, **shown)
