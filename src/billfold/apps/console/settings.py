"""Settings: the organisation, its support, keys, staff, sessions and API keys: `/o/{slug}/settings`."""

from typing import Any
from zoneinfo import available_timezones

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store import organisations, staff
from billfold.adapters.store.records import Support
from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator import api_key

DONE = ("support", "key_ended")
LONGEST_NAME, LONGEST_CONTACT = 60, 300


@get("/o/{slug:str}/settings", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show every area with its present value; what only owners may change is shown to them alone."""
    return await _page(visit, done=done if done in DONE else "")


@post("/o/{slug:str}/settings/support", opt={"permission": "settings"})
async def change_support(visit: NamedDependency[Visit]) -> Response[str]:
    """Change how support is reached, and in which zone times are told."""
    form, before = visit.form, visit.organisation.settings
    given = {name: form.get(name, "") for name in ("email", "phone", "url")}
    url_is_good = given["url"] == "" or given["url"].startswith("https://")
    fits = all(len(value) <= LONGEST_CONTACT and value.isprintable() for value in given.values())
    zone = form.get("time_zone", "")
    if not url_is_good or not fits or zone not in available_timezones():
        return await _page(visit, status=422, wrong="support", typed={**given, "time_zone": zone})
    support = Support(given["email"] or None, given["phone"] or None, given["url"] or None)
    changed = msgspec.structs.replace(before, support=support, time_zone=zone)
    await organisations.change_settings(visit.parts.store, visit.organisation.id, changed, visit.act())
    visit.desk.issuers.forget(visit.organisation.slug)
    return go_to(with_query(f"{visit.home}/settings", done="support"))


@post("/o/{slug:str}/settings/api-keys", opt={"permission": "settings"})
async def make_key(visit: NamedDependency[Visit]) -> Response[str]:
    """Make an API key and show its secret this one time."""
    name = visit.form.get("name", "")
    scopes = tuple(scope for scope in api_key.SCOPES if visit.form.get(f"scope_{scope}"))
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or not scopes:
        return await _page(visit, status=422, wrong="key")
    secret = await api_key.create(visit.parts, visit.organisation.id, name=name, scopes=scopes, act=visit.act())
    return await _page(visit, status=201, secret=secret)


@post("/o/{slug:str}/settings/api-keys/{key_id:str}/end", opt={"permission": "settings"})
async def end_key(visit: NamedDependency[Visit], key_id: FromPath[str]) -> Response[str]:
    """End an API key; asked twice, it stays ended."""
    await organisations.revoke_api_key(visit.parts.store, visit.organisation.id, key_id, visit.act())
    return go_to(with_query(f"{visit.home}/settings", done="key_ended"))


async def _page(
    visit: Visit,
    *,
    status: int = 200,
    done: str = "",
    wrong: str = "",
    secret: str = "",
    typed: dict[str, str] | None = None,
) -> Response[str]:
    store, organisation_id = visit.parts.store, visit.organisation.id
    settings, shown = visit.organisation.settings, typed or {}
    present: dict[str, Any] = {"time_zone": settings.time_zone}
    present |= {name: getattr(settings.support, name) or "" for name in ("email", "phone", "url")}
    return visit.page(
        "settings.html",
        status=status,
        done=done,
        wrong=wrong,
        secret=secret,
        typed={**present, **shown},
        zones=sorted(available_timezones()),
        keys=await organisations.signing_keys_of(store, organisation_id),
        api_keys=await organisations.api_keys_of(store, organisation_id),
        scopes=api_key.SCOPES,
        members=await staff.of_organisation(store, organisation_id),
        now=visit.parts.now(),
    )
