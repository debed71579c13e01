"""How one signs in oneself: passkeys, password, sessions, and the keys of the keyboard: `/o/{slug}/settings/me`."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.adapters.store import passkeys
from billfold.adapters.store import staff as staff_store
from billfold.apps.console.browser_name import browser_and_system
from billfold.apps.console.page import go_to, respond_json
from billfold.apps.console.sign_in import passkeys_here
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator import passkey, staff
from billfold.roles.operator.passkey import PasskeyRefused, relying_party
from billfold.roles.operator.password import LONGEST, SHORTEST, BadPassword

DONE = ("passkey_added", "passkey_renamed", "passkey_removed", "password", "session_ended", "keys")


@get("/o/{slug:str}/settings/me", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit], done: FromQuery[str] = "") -> Response[str]:
    """Show what one signs in with, and where one is signed in."""
    return await _page(visit, done=done if done in DONE else "")


@get("/o/{slug:str}/settings/me/passkey", opt={"permission": "see"})
async def ask_passkey(visit: NamedDependency[Visit]) -> Response[bytes]:
    """Return the question for an authenticator that is to make a passkey."""
    member = visit.signed_in.staff
    return respond_json(
        await passkey.registration_options(visit.parts, passkeys_here(visit), member, visit.cookie), cookies=None
    )


@post("/o/{slug:str}/settings/me/passkeys", opt={"permission": "see"})
async def add_passkey(visit: NamedDependency[Visit]) -> Response[str]:
    """Keep a passkey that an authenticator of this person made."""
    parts, member, party = visit.parts, visit.signed_in.staff, passkeys_here(visit)
    answer, name = visit.form.get("credential", ""), visit.form.get("name", "") or visit.words("passkey.first")
    try:
        made = passkey.verify_registration(parts, party, member, answer, browser=visit.cookie, name=name)
        await passkey.keep(parts, made, visit.act())
    except PasskeyRefused:
        return await _page(visit, wrong="passkey")
    return _done(visit, "passkey_added")


@post("/o/{slug:str}/settings/me/passkeys/{passkey_id:str}/rename", opt={"permission": "see"})
async def rename_passkey(visit: NamedDependency[Visit], passkey_id: FromPath[str]) -> Response[str]:
    """Give one of one's own passkeys another name."""
    await passkey.rename(visit.parts, visit.signed_in.staff, passkey_id, visit.form.get("name", ""), visit.act())
    return _done(visit, "passkey_renamed")


@post("/o/{slug:str}/settings/me/passkeys/{passkey_id:str}/remove", opt={"permission": "see"})
async def remove_passkey(visit: NamedDependency[Visit], passkey_id: FromPath[str]) -> Response[str]:
    """Remove one of one's own passkeys."""
    try:
        await passkey.remove(visit.parts, visit.signed_in.staff, passkey_id, visit.act())
    except PasskeyRefused:
        return await _page(visit, wrong="last_passkey")
    return _done(visit, "passkey_removed")


@post("/o/{slug:str}/settings/me/password", opt={"permission": "see"})
async def change_password(visit: NamedDependency[Visit]) -> Response[str]:
    """Set one's own password; whoever has one must know it."""
    form, session = visit.form, visit.signed_in
    try:
        await staff.change_password(
            visit.parts,
            session.staff,
            present=form.get("present", ""),
            password=form.get("password", ""),
            session_id=session.record.id,
            act=visit.act(),
        )
    except BadPassword:
        return await _page(visit, wrong="password")
    return _done(visit, "password")


@post("/o/{slug:str}/settings/me/keys", opt={"permission": "see"})
async def switch_keys(visit: NamedDependency[Visit]) -> Response[str]:
    """Switch the keys of the keyboard off or on (WCAG 2.1.4)."""
    off = visit.form.get("keys") != "on"
    await staff_store.set_keys(visit.parts.store, visit.signed_in.staff, off=off)
    return _done(visit, "keys")


@post("/o/{slug:str}/settings/me/sessions/{session_id:str}/end", opt={"permission": "see"})
async def end_session(visit: NamedDependency[Visit], session_id: FromPath[str]) -> Response[str]:
    """End one of one's own sessions."""
    await visit.desk.sign_ins.end(visit.signed_in, session_id, reference=visit.reference)
    return _done(visit, "session_ended")


def _done(visit: Visit, what: str) -> Response[str]:
    return go_to(with_query(f"{visit.home}/settings/me", done=what))


async def _page(visit: Visit, *, done: str = "", wrong: str = "") -> Response[str]:
    member = visit.signed_in.staff
    return visit.page(
        "settings_me.html",
        status=422 if wrong else 200,
        done=done,
        wrong=wrong,
        member=member,
        passkeys=await passkeys.of_staff(visit.parts.store, member.id),
        has_passkeys=relying_party(visit.parts, visit.organisation, visit.desk.base) is not None,
        sessions=await visit.desk.sign_ins.sessions_of(member),
        browser_of=lambda session: _browser(visit, session.browser),
        this_session=visit.signed_in.record.id,
        shortest=SHORTEST,
        longest=LONGEST,
    )


def _browser(visit: Visit, user_agent: str) -> str:
    named = browser_and_system(user_agent)
    if named is None:
        return visit.words("settings.session.unknown")
    return visit.words("settings.session.browser_on", browser=named[0], system=named[1])
