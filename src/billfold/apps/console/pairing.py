"""Pair a device: the code on the screen, its PIN on a screen of its own, and what becomes of it, live."""

import segno
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import ServerSentEvent
from markupsafe import Markup

from billfold.adapters.store import audit
from billfold.apps.console.live import Piece
from billfold.apps.console.page import go_to
from billfold.apps.console.person_view import find_person
from billfold.apps.console.visit import Visit
from billfold.roles.issuer.offer import LIFETIME, ShownCode, create_code, show_code
from billfold.roles.issuer.progress import Progress, progress_of
from billfold.roles.operator.permission import NotPermitted
from billfold.roles.operator.staff import actor_of

MADE = ("pairing_code.created", "device.replaced")
MOST_ENTRIES = 500


@post("/o/{slug:str}/people/{person_id:str}/pair", opt={"permission": "device"})
async def begin(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Make a code; an unused one of this person ends."""
    shown = await create_code(
        visit.parts,
        await visit.issuer(),
        person_id=person_id,
        with_tx_code=visit.form.get("pin") != "no",
        lifetime=LIFETIME,
        act=visit.act(),
        asked_once=None,
    )
    return go_to(f"{visit.home}/pairing/{shown.id}")


@get("/o/{slug:str}/pairing/{code_id:str}", opt={"permission": "device"})
async def show(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[str]:
    """Show the code to whoever made it, and its state to everybody at the desk."""
    progress = await progress_of(visit.parts, await visit.issuer(), code_id)
    person = await find_person(visit, progress.code.person_id)
    return visit.page(
        "pairing.html",
        person=person,
        progress=progress,
        code=progress.code,
        qr=qr_of(progress.code.wallet_link),
        is_mine=await _is_mine(visit, progress.code),
        lifetime_s=int(LIFETIME.total_seconds()),
    )


@get("/o/{slug:str}/pairing/{code_id:str}/live", opt={"permission": "device"})
async def live(visit: NamedDependency[Visit], code_id: FromPath[str]) -> ServerSentEvent:
    """Send the state whenever it changes."""
    issuer = await visit.issuer()
    await progress_of(visit.parts, issuer, code_id)

    async def look() -> Piece:
        progress = await progress_of(visit.parts, issuer, code_id)
        html = visit.fill("pairing_state.html", progress=progress, code=progress.code)
        return Piece(html, _said(visit, progress), progress.is_over)

    return visit.desk.streams.follow(look)


@get("/o/{slug:str}/pairing/{code_id:str}/pin", opt={"permission": "device"})
async def pin(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[str]:
    """Show the PIN, alone, to whoever made the code."""
    code = await show_code(visit.parts, await visit.issuer(), code_id)
    if not await _is_mine(visit, code):
        raise NotPermitted("expected whoever made this code")
    return visit.page("pairing_pin.html", code=code, person=await find_person(visit, code.person_id))


def qr_of(text: str) -> Markup:
    """Return the QR code of *text* as SVG, without a style and with four modules of quiet zone."""
    svg: str = segno.make(text, error="m", micro=False).svg_inline(
        border=4, omitsize=True, svgclass=None, lineclass=None, dark="#1f1b17", light="#ffffff"
    )
    return Markup(svg)  # noqa: S704  # segno's own drawing; *text* is not in it


async def _is_mine(visit: Visit, code: ShownCode) -> bool:
    """Say whether this very person made the code: it is a secret between them and whom they pair."""
    entries = await audit.newest(visit.parts.store, visit.organisation.id, most=MOST_ENTRIES, person_id=code.person_id)
    made = next((e for e in entries if e.subject_id == code.id and e.action in MADE), None)
    return made is not None and made.actor == actor_of(visit.signed_in.staff)


def _said(visit: Visit, progress: Progress) -> str:
    if progress.device_name is not None or progress.code.state == "paired":
        return visit.words("pairing.said.paired", n=progress.received, of=progress.expected)
    return visit.words(f"pairing.said.{progress.code.state}")
