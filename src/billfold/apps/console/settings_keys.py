"""Keys: the organisation's certificates, renewed with overlap, and its API keys, made and ended."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store import organisations
from billfold.apps.console.page import go_to
from billfold.apps.console.settings import ends_soon
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator import api_key
from billfold.roles.operator.api_key import BadApiKey
from billfold.roles.operator.organisation import renew_key


@get("/o/{slug:str}/settings/keys", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show what signs, until when, and what it took over from."""
    keys = await organisations.signing_keys_of(visit.parts.store, visit.organisation.id)
    newest = {key.purpose: key.id for key in keys}
    signing = [newest[key.purpose] == key.id for key in keys]
    rows = [(key, signs, signs and ends_soon(visit, key)) for key, signs in zip(keys, signing, strict=True)]
    return visit.page("settings_keys.html", rows=rows, done=done == "renewed")


@post("/o/{slug:str}/settings/keys/{role:str}/renew", opt={"permission": "settings"})
async def renew(visit: NamedDependency[Visit], role: FromPath[str]) -> Response[str]:
    """Give a role a new key and certificate."""
    await renew_key(visit.parts, visit.authority(), role)
    visit.forget()
    return go_to(with_query(f"{visit.home}/settings/keys", done="renewed"))


@get("/o/{slug:str}/settings/api-keys", opt={"permission": "settings"})
async def show_api_keys(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show the API keys in use."""
    return await _page(visit, done=done == "ended")


@post("/o/{slug:str}/settings/api-keys", opt={"permission": "settings"})
async def make_api_key(visit: NamedDependency[Visit]) -> Response[str]:
    """Make an API key and show its secret this one time."""
    scopes = tuple(scope for scope in api_key.SCOPES if visit.form.get(f"scope_{scope}"))
    name = visit.form.get("name", "")
    try:
        _, secret = await api_key.make(visit.parts, visit.authority(), name=name, scopes=scopes)
    except BadApiKey:
        return await _page(visit, status=422, wrong=True)
    return await _page(visit, status=201, secret=secret)


@post("/o/{slug:str}/settings/api-keys/{key_id:str}/end", opt={"permission": "settings"})
async def end_api_key(visit: NamedDependency[Visit], key_id: FromPath[str]) -> Response[str]:
    """End an API key."""
    await api_key.end(visit.parts, visit.authority(), key_id)
    return go_to(with_query(f"{visit.home}/settings/api-keys", done="ended"))


async def _page(visit: Visit, *, status: int = 200, **shown: Any) -> Response[str]:  # noqa: ANN401  # for the template
    given: dict[str, Any] = {"done": False, "wrong": False, "secret": "", **shown}
    api_keys = await organisations.api_keys_of(visit.parts.store, visit.organisation.id)
    return visit.page("settings_api_keys.html", status=status, api_keys=api_keys, scopes=api_key.SCOPES, **given)
