"""Sign-in and sign-out: `/o/{slug}/sign-in`, `/o/{slug}/sign-out`."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit
from billfold.roles.operator.sign_in import WINDOW, Browser, SignInRefused, TooManyTries

DEVICE_COOKIE_S = 365 * 24 * 3600


@get("/o/{slug:str}/sign-in", name="sign-in")
async def show(visit: NamedDependency[Visit], next: FromQuery[str] = "") -> Response[str]:  # noqa: A002  # in the address
    """Show the form, unless somebody is signed in."""
    if visit.session is not None:
        return go_to(_way_on(visit, next))
    return visit.page("sign_in.html", email="", way_on=next, wrong=None)


@post("/o/{slug:str}/sign-in")
async def enter(visit: NamedDependency[Visit]) -> Response[str]:
    """Begin a session with a token of its own, so that a cookie from before is worth nothing."""
    email, way_on = visit.form.get("email", ""), visit.form.get("next", "")
    try:
        begun = await visit.desk.sign_ins.sign_in(
            visit.organisation, email, visit.form.get("password", ""), _browser(visit), reference=visit.reference
        )
    except SignInRefused:
        return visit.page("sign_in.html", status=403, email=email, way_on=way_on, wrong="refused")
    except TooManyTries:
        minutes = int(WINDOW.total_seconds()) // 60
        return visit.page("sign_in.html", status=429, email=email, way_on=way_on, wrong="tries", minutes=minutes)
    cookies = [
        visit.new_cookie("session", begun.access_token),
        visit.new_cookie("device", begun.device_token, max_age_s=DEVICE_COOKIE_S),
    ]
    return go_to(_way_on(visit, way_on), cookies=cookies)


@post("/o/{slug:str}/sign-out")
async def leave(visit: NamedDependency[Visit]) -> Response[str]:
    """Sign the browser out."""
    if visit.session is not None:
        await visit.desk.sign_ins.end(visit.session, visit.session.record.id, reference=visit.reference)
    return go_to(f"{visit.home}/sign-in", cookies=[visit.new_cookie("session", "", max_age_s=0)])


def _browser(visit: Visit) -> Browser:
    client = visit.request.client
    return Browser(
        place=visit.desk.place,
        address=client.host if client else "",
        name=visit.request.headers.get("user-agent", ""),
        device_token=visit.request.cookies.get(visit.desk.cookie_name("device")),
    )


def _way_on(visit: Visit, path: str) -> str:
    """Return a path of this organisation on this host, and no other address that somebody put into a link."""
    return path if path.startswith(f"{visit.home}/") and "\\" not in path and "//" not in path else visit.home
