"""An invitation of staff, taken with a passkey or a password: `/o/{slug}/join/{secret}`. The link works once."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store.staff import Staff
from billfold.apps.console.page import respond_json
from billfold.apps.console.sign_in import begin_session, passkeys_here
from billfold.apps.console.visit import Visit
from billfold.roles.operator import passkey, staff
from billfold.roles.operator.passkey import PasskeyRefused
from billfold.roles.operator.password import LONGEST, SHORTEST, BadPassword


@get("/o/{slug:str}/join/{secret:str}")
async def show(visit: NamedDependency[Visit], secret: FromPath[str]) -> Response[str]:
    """Show whom the link is for; looking at it spends nothing, since programs look at links too."""
    return _page(visit, await staff.invited(visit.parts, visit.organisation.id, secret), secret)


@post("/o/{slug:str}/join/{secret:str}")
async def join(visit: NamedDependency[Visit], secret: FromPath[str]) -> Response[str]:
    """Take the invitation with a password."""
    ours, password = visit.organisation.id, visit.form.get("password", "")
    member = await staff.invited(visit.parts, ours, secret)
    try:
        await staff.take_invitation(visit.parts, ours, secret, password=password, reference=visit.reference)
    except BadPassword:
        return _page(visit, member, secret, wrong="password")
    return await begin_session(visit, member, visit.home)


@get("/o/{slug:str}/join/{secret:str}/passkey")
async def ask_passkey(visit: NamedDependency[Visit], secret: FromPath[str]) -> Response[bytes]:
    """Return the question for an authenticator that is to make a passkey."""
    member = await staff.invited(visit.parts, visit.organisation.id, secret)
    options = await passkey.registration_options(visit.parts, passkeys_here(visit), member, visit.cookie)
    return respond_json(options, cookies=[visit.new_cookie("browser", visit.cookie)] if visit.fresh else None)


@post("/o/{slug:str}/join/{secret:str}/passkey")
async def join_by_passkey(visit: NamedDependency[Visit], secret: FromPath[str]) -> Response[str]:
    """Take the invitation with a passkey; a password from before is gone then."""
    parts = visit.parts
    member = await staff.invited(parts, visit.organisation.id, secret)
    answer, party = visit.form.get("credential", ""), passkeys_here(visit)
    name = visit.words("passkey.first")
    try:
        made = passkey.verify_registration(parts, party, member, answer, browser=visit.cookie, name=name)
        await passkey.take_invitation(parts, secret, made, reference=visit.reference)
    except PasskeyRefused:
        return _page(visit, member, secret, wrong="passkey")
    return await begin_session(visit, member, visit.home)


def _page(visit: Visit, member: Staff, secret: str, *, wrong: str = "") -> Response[str]:
    lengths = {"shortest": SHORTEST, "longest": LONGEST}
    return visit.page("join.html", status=422 if wrong else 200, member=member, secret=secret, wrong=wrong, **lengths)
