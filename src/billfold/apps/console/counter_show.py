"""Show: what the visitor sees, on the requester's host: who asks, for what, a code; then a thank-you, and no field."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from billfold.adapters.store.counters import Counter
from billfold.apps.console.live import Piece
from billfold.apps.console.page import go_to
from billfold.apps.console.qr import qr_of
from billfold.apps.console.visit import Visit
from billfold.roles.verifier.counter import counter_shown, next_request, standing
from billfold.roles.verifier.request import ShownRequest
from billfold.roles.verifier.verdict import Verdict, verdict_of
from billfold.roles.verifier.verifier import Verifier


@get("/o/{slug:str}/show/{code:str}")
async def show(visit: NamedDependency[Visit], code: FromPath[str]) -> Response[str]:
    """Show the request that stands at the counter."""
    verifier = await visit.verifier()
    counter = await counter_shown(visit.parts, verifier, code)
    shown = await standing(visit.parts, verifier, counter)
    return visit.page("counter_show.html", **_context(visit, verifier, counter, shown, code))


@get("/o/{slug:str}/show/{code:str}/live")
async def live(visit: NamedDependency[Visit], code: FromPath[str]) -> ServerSentEvent:
    """Send the visitor's piece of the page whenever it changes."""
    verifier = await visit.verifier()
    await counter_shown(visit.parts, verifier, code)

    async def look() -> Piece:
        counter = await counter_shown(visit.parts, verifier, code)
        shown = await standing(visit.parts, verifier, counter)
        context = _context(visit, verifier, counter, shown, code)
        return Piece(visit.fill("counter_show_piece.html", **context), visit.words(f"show.said.{context['stand']}"))

    return visit.desk.streams.follow(look)


@post("/o/{slug:str}/show/{code:str}/next")
async def following(visit: NamedDependency[Visit], code: FromPath[str]) -> Response[str]:
    """Give the visitor a new code, once the one before is over."""
    verifier = await visit.verifier()
    counter = await counter_shown(visit.parts, verifier, code)
    shown = await standing(visit.parts, verifier, counter)
    if shown is not None and verdict_of(visit.parts, shown).word in ("expired", "declined"):
        await next_request(visit.parts, verifier, counter, visit.parts.act("counter", reference=visit.reference))
    return go_to(f"{visit.home}/show/{code}")


def _context(
    visit: Visit, verifier: Verifier, counter: Counter, shown: ShownRequest | None, code: str
) -> dict[str, Any]:
    verdict: Verdict | None = verdict_of(visit.parts, shown) if shown else None
    definition = verifier.templates[counter.template].definition
    return {
        "verdict": verdict,
        "stand": _stand(verdict),
        "shown": shown,
        "qr": qr_of(shown.wallet_link) if shown and verdict and not verdict.is_over else None,
        "purpose": visit.words.local(definition.purposes),
        "accepted": definition.asks[0].accepted[0],
        "required": [f for ask in definition.asks for f in ask.fields if f.required],
        "optional": [f for ask in definition.asks for f in ask.fields if not f.required],
        "keep_s": definition.keep_result_s,
        "code": code,
        "template": counter.template,
    }


def _stand(verdict: Verdict | None) -> str:
    """Return what a visitor may know: not why, and not what was read."""
    if verdict is None:
        return "closed"
    return {"accepted": "thanks", "refused": "ask", "unsure": "ask"}.get(verdict.word, verdict.word)
