"""Staff, as owners see to it: invited, given another role, helped to sign in again, and ended."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator import staff
from billfold.roles.operator.staff import ROLES, BadStaff, Invitation, KnownStaff, LastOwner

DONE = ("role", "ended")


@get("/o/{slug:str}/settings/staff", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show who may sign in, in which role."""
    return await _page(visit, done=done if done in DONE else "")


@post("/o/{slug:str}/settings/staff", opt={"permission": "settings"})
async def add(visit: NamedDependency[Visit]) -> Response[str]:
    """Add somebody, and show the link by which they choose how to sign in."""
    form = visit.form
    typed = {name: form.get(name, "") for name in ("email", "name", "role")}
    try:
        made = await staff.invite(visit.parts, visit.authority(), **typed)
    except BadStaff:
        return await _page(visit, wrong="described", typed=typed)
    except KnownStaff:
        return await _page(visit, wrong="known", typed=typed)
    return await _page(visit, status=201, invitation=made)


@post("/o/{slug:str}/settings/staff/{staff_id:str}/invite", opt={"permission": "settings"})
async def invite_again(visit: NamedDependency[Visit], staff_id: FromPath[str]) -> Response[str]:
    """Show a new link for somebody who cannot sign in."""
    made = await staff.invite_again(visit.parts, visit.authority(), staff_id)
    return await _page(visit, status=201, invitation=made)


@post("/o/{slug:str}/settings/staff/{staff_id:str}/role", opt={"permission": "settings"})
async def change_role(visit: NamedDependency[Visit], staff_id: FromPath[str]) -> Response[str]:
    """Make somebody an owner or not."""
    try:
        await staff.change_role(visit.parts, visit.authority(), staff_id, visit.form.get("role", ""))
    except (LastOwner, BadStaff):
        return await _page(visit, wrong="last_owner")
    return go_to(with_query(f"{visit.home}/settings/staff", done="role"))


@get("/o/{slug:str}/settings/staff/{staff_id:str}/end", opt={"permission": "settings"})
async def ask_end(visit: NamedDependency[Visit], staff_id: FromPath[str]) -> Response[str]:
    """Say what ends."""
    return visit.page("settings_staff_end.html", member=await staff.find(visit.parts, visit.organisation.id, staff_id))


@post("/o/{slug:str}/settings/staff/{staff_id:str}/end", opt={"permission": "settings"})
async def end(visit: NamedDependency[Visit], staff_id: FromPath[str]) -> Response[str]:
    """End somebody's access at once."""
    try:
        await staff.end(visit.parts, visit.authority(visit.form.get("reason") or None), staff_id)
    except LastOwner:
        return await _page(visit, wrong="last_owner")
    return go_to(with_query(f"{visit.home}/settings/staff", done="ended"))


async def _page(
    visit: Visit,
    *,
    status: int = 200,
    done: str = "",
    wrong: str = "",
    typed: dict[str, str] | None = None,
    invitation: Invitation | None = None,
) -> Response[str]:
    shown: dict[str, Any] = {
        "done": done,
        "wrong": wrong,
        "typed": typed or {"email": "", "name": "", "role": ""},
        "invitation": invitation,
    }
    link = f"{visit.desk.base}{visit.home}/join/{invitation.secret}" if invitation else ""
    members = await staff.working(visit.parts, visit.organisation.id)
    return visit.page(
        "settings_staff.html",
        status=422 if wrong else status,
        link=link,
        members=members,
        roles=ROLES,
        **shown,
    )
