"""A person's Creds: issue, suspend, resume and revoke, one or all."""

from typing import cast

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import entitlements
from billfold.apps.console.page import go_to
from billfold.apps.console.person_view import find_person, view_person
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer.entitlement import ReasonMissing, Verb, entitle, move, move_all, reason_of
from billfold.roles.parts import NotFound

VERBS = ("suspend", "resume", "revoke")
VERBS_FOR_ALL = ("suspend", "resume")


@post("/o/{slug:str}/people/{person_id:str}/issue", opt={"permission": "cred"})
async def issue(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Entitle the person to one more Cred type."""
    made = await entitle(
        visit.parts,
        await visit.issuer(),
        person_id=person_id,
        credential_type=visit.form.get("credential_type", ""),
        act=visit.act(),
        asked_once=visit.once(),
    )
    return go_to(with_query(f"{visit.home}/people/{person_id}", done="issue", cred=made.id))


@get("/o/{slug:str}/people/{person_id:str}/creds/{cred_id:str}/{verb:str}", opt={"permission": "cred"})
async def ask(
    visit: NamedDependency[Visit], person_id: FromPath[str], cred_id: FromPath[str], verb: FromPath[str]
) -> Response[str]:
    """Ask for the reason, and say what will happen."""
    return await _asking(visit, person_id, cred_id, _verb(verb, VERBS))


@post("/o/{slug:str}/people/{person_id:str}/creds/{cred_id:str}/{verb:str}", opt={"permission": "cred"})
async def do(
    visit: NamedDependency[Visit], person_id: FromPath[str], cred_id: FromPath[str], verb: FromPath[str]
) -> Response[str]:
    """Do it; back on the person's page it can be undone where that is possible."""
    chosen = _verb(verb, VERBS)
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except ReasonMissing:
        return await _asking(visit, person_id, cred_id, chosen, status=422)
    issuer = await visit.issuer()
    found = await entitlements.get(visit.parts.store, issuer.id, cred_id)
    if found is None or found.person_id != person_id:
        raise NotFound("expected a Cred of this person")
    await move(visit.parts, issuer, cred_id, chosen, visit.act(reason))
    return go_to(with_query(f"{visit.home}/people/{person_id}", done=chosen, cred=cred_id))


@get("/o/{slug:str}/people/{person_id:str}/all/{verb:str}", opt={"permission": "cred"})
async def ask_all(visit: NamedDependency[Visit], person_id: FromPath[str], verb: FromPath[str]) -> Response[str]:
    """Ask for the reason of suspending or resuming everything."""
    return await _asking_all(visit, person_id, _verb(verb, VERBS_FOR_ALL))


@post("/o/{slug:str}/people/{person_id:str}/all/{verb:str}", opt={"permission": "cred"})
async def do_all(visit: NamedDependency[Visit], person_id: FromPath[str], verb: FromPath[str]) -> Response[str]:
    """Suspend or resume everything."""
    chosen = _verb(verb, VERBS_FOR_ALL)
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except ReasonMissing:
        return await _asking_all(visit, person_id, chosen, status=422)
    await move_all(visit.parts, await visit.issuer(), person_id, chosen, lambda: visit.act(reason))
    return go_to(with_query(f"{visit.home}/people/{person_id}", done=f"all_{chosen}"))


async def _asking(visit: Visit, person_id: str, cred_id: str, verb: Verb, *, status: int = 200) -> Response[str]:
    view = await view_person(visit, await visit.issuer(), person_id)
    held = next((each for each in view.held if each.entitlement.id == cred_id), None)
    if held is None:
        raise NotFound("expected a Cred that this person should hold")
    missing = status != 200
    return visit.page("cred_reason.html", status=status, person=view.person, held=held, verb=verb, missing=missing)


async def _asking_all(visit: Visit, person_id: str, verb: Verb, *, status: int = 200) -> Response[str]:
    person = await find_person(visit, person_id)
    return visit.page("all_reason.html", status=status, person=person, verb=verb, missing=status != 200)


def _verb(word: str, known: tuple[str, ...]) -> Verb:
    if word not in known:
        raise NotFound("expected the address of a page")
    return cast("Verb", word)
