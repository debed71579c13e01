"""Desk: what the receptionist sees, on the requester's host: `/o/{slug}/desk/{template}`."""

from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import ServerSentEvent

from billfold.adapters.store import audit
from billfold.adapters.store.counters import Counter
from billfold.apps.console.live import Piece
from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.issuer.entitlement import ReasonMissing, reason_of
from billfold.roles.verifier.counter import (
    check_standing_by_hand,
    clear,
    counter_of,
    next_request,
    show_code_of,
    standing,
)
from billfold.roles.verifier.request import ShownRequest
from billfold.roles.verifier.verdict import PHOTO, Verdict, verdict_of
from billfold.roles.verifier.verifier import Verifier

CLEARS_AFTER_S = 30
ANSWERED = "presentation_request.answered"


@get("/o/{slug:str}", opt={"permission": "counter"})
async def home(visit: NamedDependency[Visit]) -> Response[str]:
    """Show what can be asked for."""
    return visit.page("counter_home.html", templates=list((await visit.verifier()).templates.values()))


@get("/o/{slug:str}/desk/{template:str}", opt={"permission": "counter"})
async def show(visit: NamedDependency[Visit], template: FromPath[str], by_hand: FromQuery[str] = "") -> Response[str]:
    """Show what stands at this person's counter."""
    return await _page(visit, template, wrong=None, by_hand=bool(by_hand))


@get("/o/{slug:str}/desk/{template:str}/live", opt={"permission": "counter"})
async def live(visit: NamedDependency[Visit], template: FromPath[str]) -> ServerSentEvent:
    """Send the state of the counter whenever it changes."""
    verifier = await visit.verifier()
    staff_id = visit.signed_in.staff.id

    async def look() -> Piece:
        counter = await counter_of(visit.parts, verifier, staff_id, template)
        shown = await standing(visit.parts, verifier, counter)
        verdict = verdict_of(visit.parts, shown) if shown else None
        html = visit.fill("counter_verdict.html", **await _context(visit, verdict, shown, counter))
        return Piece(html, visit.words(f"verdict.said.{verdict.word}") if verdict else "")

    await look()
    return visit.desk.streams.follow(look)


@post("/o/{slug:str}/desk/{template:str}/next", opt={"permission": "counter"})
async def following(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Ask the next person; the visitor's screen follows."""
    verifier = await visit.verifier()
    counter = await counter_of(visit.parts, verifier, visit.signed_in.staff.id, template)
    await next_request(visit.parts, verifier, counter, visit.act())
    return go_to(f"{visit.home}/desk/{template}")


@post("/o/{slug:str}/desk/{template:str}/clear", opt={"permission": "counter"})
async def cleared(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Take away what stands at the counter, as the screen does by itself after a while."""
    counter = await counter_of(visit.parts, await visit.verifier(), visit.signed_in.staff.id, template)
    await clear(visit.parts, counter)
    return go_to(f"{visit.home}/desk/{template}")


@post("/o/{slug:str}/desk/{template:str}/by-hand", opt={"permission": "counter"})
async def checked(visit: NamedDependency[Visit], template: FromPath[str]) -> Response[str]:
    """Record a check by hand, with its reason."""
    verifier = await visit.verifier()
    counter = await counter_of(visit.parts, verifier, visit.signed_in.staff.id, template)
    try:
        reason = reason_of(visit.form.get("reason", ""))
    except ReasonMissing:
        return await _page(visit, template, wrong="reason", by_hand=False)
    await check_standing_by_hand(visit.parts, verifier, counter, visit.act(reason))
    return go_to(with_query(f"{visit.home}/desk/{template}", by_hand="yes"))


async def _page(visit: Visit, template: str, *, wrong: str | None, by_hand: bool) -> Response[str]:
    verifier: Verifier = await visit.verifier()
    counter = await counter_of(visit.parts, verifier, visit.signed_in.staff.id, template)
    shown = await standing(visit.parts, verifier, counter)
    verdict = verdict_of(visit.parts, shown) if shown else None
    return visit.page(
        "counter_desk.html",
        status=422 if wrong else 200,
        template=verifier.templates[template],
        show_path=f"{visit.home}/show/{show_code_of(visit.parts, counter)}",
        wrong=wrong,
        by_hand=by_hand,
        **await _context(visit, verdict, shown, counter),
    )


async def _context(
    visit: Visit, verdict: Verdict | None, shown: ShownRequest | None, counter: Counter
) -> dict[str, Any]:
    expires_at: datetime | None = shown.expires_at if shown else None
    photo = verdict.fields.get(PHOTO) if verdict else None
    is_picture = isinstance(photo, str) and photo.startswith(("data:image/png;base64,", "data:image/jpeg;base64,"))
    reference = None
    if shown is not None and verdict is not None and verdict.word in ("refused", "unsure"):
        reference = await audit.reference_of(visit.parts.store, visit.organisation.id, ANSWERED, shown.id)
    return {
        "verdict": verdict,
        "reference": reference,
        "expires_at": expires_at,
        "slug": counter.template,
        "photo": photo if is_picture else None,
        "clears_after_s": CLEARS_AFTER_S,
    }
