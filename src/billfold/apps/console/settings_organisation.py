"""The organisation's name and logo, its time zone, what people try a new Cred with, and how its support is reached."""

from zoneinfo import available_timezones

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store.records import Support
from billfold.apps.console.page import go_to
from billfold.apps.console.pictures import MAX_UPLOAD_BYTES, picture_of
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator.organisation import BadSettings, Change, change_organisation, trials_of


@get("/o/{slug:str}/settings/organisation", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show name, logo, zone and what people try a new Cred with."""
    return await _page(visit, done=done)


@post("/o/{slug:str}/settings/organisation", opt={"permission": "settings"}, request_max_body_size=MAX_UPLOAD_BYTES)
async def change(visit: NamedDependency[Visit]) -> Response[str]:
    """Change them; with a new name the certificates are made anew."""
    form = visit.form
    try:
        logo = "" if form.get("no_logo") else picture_of(visit.files.get("logo"))
        name, zone, try_it = form.get("name", ""), form.get("time_zone", ""), form.get("try_it")
        wanted = Change(name=name, time_zone=zone, logo=logo, try_it=try_it)
        await change_organisation(visit.parts, visit.authority(), wanted)
    except BadSettings as exc:
        return await _page(visit, wrong=exc.wrong, typed=dict(form))
    visit.forget()
    return go_to(with_query(f"{visit.home}/settings/organisation", done="saved"))


@get("/o/{slug:str}/settings/support", opt={"permission": "see"})
async def show_support(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show how support is reached."""
    return _support_page(visit, done=done)


@post("/o/{slug:str}/settings/support", opt={"permission": "settings"})
async def change_support(visit: NamedDependency[Visit]) -> Response[str]:
    """Change how support is reached."""
    given = {name: visit.form.get(name, "") for name in ("email", "phone", "url")}
    try:
        await change_organisation(visit.parts, visit.authority(), Change(support=Support(**given)))
    except BadSettings:
        return _support_page(visit, wrong=True, typed=given)
    visit.forget()
    return go_to(with_query(f"{visit.home}/settings/support", done="saved"))


async def _page(visit: Visit, *, done: str = "", wrong: str = "", typed: dict[str, str] | None = None) -> Response[str]:
    settings = visit.organisation.settings
    present = {"name": visit.organisation.name, "time_zone": settings.time_zone, "try_it": settings.try_it or ""}
    return visit.page(
        "settings_organisation.html",
        status=422 if wrong else 200,
        done=done == "saved",
        wrong=wrong,
        typed={**present, **(typed or {})},
        zones=sorted(available_timezones()),
        trials=await trials_of(visit.parts, visit.organisation),
    )


def _support_page(
    visit: Visit, *, done: str = "", wrong: bool = False, typed: dict[str, str] | None = None
) -> Response[str]:
    support = visit.organisation.settings.support
    present = {name: getattr(support, name) or "" for name in ("email", "phone", "url")}
    return visit.page(
        "settings_support.html",
        status=422 if wrong else 200,
        done=done == "saved",
        wrong=wrong,
        typed=typed or present,
    )
