"""A person's device: replaced in one action, or its pairing ended."""

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.adapters.store import pairings
from billfold.apps.console.page import go_to
from billfold.apps.console.person_view import view_person
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer.entitlement import MAX_REASON_CHARACTERS, ReasonMissing, reason_of
from billfold.roles.issuer.news import send_again
from billfold.roles.issuer.offer import WantedWay
from billfold.roles.issuer.replacement import REASONS, NoDevice, replace_device
from billfold.roles.parts import NotFound

CHECKS = ("called_back", "in_person", "vouched")


@get("/o/{slug:str}/people/{person_id:str}/replace", opt={"permission": "device"})
async def ask_replace(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Show what dies and what comes, and ask how the person was checked, and why."""
    return await _asking_replace(visit, person_id, {}, None)


@post("/o/{slug:str}/people/{person_id:str}/replace", opt={"permission": "device"})
async def replace(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """End the old pairing, and go straight to pairing the new device."""
    form = dict(visit.form)
    checked, reason = form.get("checked", ""), form.get("reason", "")
    wrong = "checked" if checked not in CHECKS else "reason" if reason not in REASONS else None
    if checked == "vouched" and not 0 < len(form.get("colleague", "")) <= MAX_REASON_CHARACTERS:
        wrong = "colleague"
    if wrong:
        return await _asking_replace(visit, person_id, form, wrong)
    how = f"vouched for by {form['colleague']}" if checked == "vouched" else checked.replace("_", " ")
    shown = await replace_device(
        visit.parts,
        await visit.issuer(),
        person_id=person_id,
        way=WantedWay(language=visit.words.language),
        act=visit.act(f"{reason}; checked: {how}"),
        asked_once=visit.once(),
    )
    return go_to(f"{visit.home}/pairing/{shown.id}")


@get("/o/{slug:str}/people/{person_id:str}/end-pairing", opt={"permission": "device"})
async def ask_end(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Say what ends with the pairing, and ask for the reason."""
    return await _asking_end(visit, person_id)


@post("/o/{slug:str}/people/{person_id:str}/end-pairing", opt={"permission": "device"})
async def end(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """End the pairing of the person's device."""
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except ReasonMissing:
        return await _asking_end(visit, person_id, status=422)
    found = await pairings.get(visit.parts.store, visit.organisation.id, visit.form.get("pairing", ""))
    if found is None or found.person_id != person_id:
        raise NotFound("expected a device of this person")
    await pairings.end(visit.parts.store, visit.organisation.id, found.id, visit.act(reason))
    return go_to(with_query(f"{visit.home}/people/{person_id}", done="end"))


@post("/o/{slug:str}/people/{person_id:str}/send-again", opt={"permission": "device"})
async def send_news_again(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Wake the person's device once more."""
    view = await view_person(visit, await visit.issuer(), person_id)
    if view.device is None:
        raise NoDevice("expected a person with a paired device")
    await send_again(visit.parts, visit.organisation.id, view.device.id, visit.act())
    return go_to(with_query(f"{visit.home}/people/{person_id}", done="sent_again"))


async def _asking_replace(visit: Visit, person_id: str, form: dict[str, str], wrong: str | None) -> Response[str]:
    view = await view_person(visit, await visit.issuer(), person_id)
    if view.device is None:
        raise NoDevice("expected a person with a paired device")
    return visit.page(
        "replace.html",
        status=422 if wrong else 200,
        view=view,
        person=view.person,
        device=view.device,
        checks=CHECKS,
        reasons=REASONS,
        form=form,
        wrong=wrong,
    )


async def _asking_end(visit: Visit, person_id: str, *, status: int = 200) -> Response[str]:
    view = await view_person(visit, await visit.issuer(), person_id)
    if view.device is None:
        raise NoDevice("expected a person with a paired device")
    return visit.page(
        "end_pairing.html", status=status, view=view, person=view.person, device=view.device, missing=status != 200
    )
