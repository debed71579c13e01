"""Pair a device: a code on the screen, by mail or in a letter, its PIN apart, and what becomes of it, live."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import ServerSentEvent

from billfold.adapters.store import audit, mails
from billfold.adapters.store.mails import Mail
from billfold.adapters.store.pairing_codes import LETTER, MAIL, SCREEN, Deliver
from billfold.apps.console.live import Piece
from billfold.apps.console.page import go_to
from billfold.apps.console.person_view import find_person
from billfold.apps.console.qr import qr_of
from billfold.apps.console.visit import Visit
from billfold.apps.post.letter import pairing_letter, pin_letter
from billfold.roles.issuer.invitation import MADE, Invitation, invitation_of, mail_pin
from billfold.roles.issuer.offer import EMAIL, LIFETIMES, ShownCode, WantedWay, create_code, show_code
from billfold.roles.issuer.progress import Progress, progress_of
from billfold.roles.operator.permission import NotPermitted
from billfold.roles.operator.staff import actor_of

_WAYS: dict[str, Deliver] = {way: way for way in (SCREEN, MAIL, LETTER)}
_PDF_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@post("/o/{slug:str}/people/{person_id:str}/pair", opt={"permission": "device"})
async def begin(visit: NamedDependency[Visit], person_id: FromPath[str]) -> Response[str]:
    """Make a code; an unused one of this person ends."""
    deliver = _WAYS.get(visit.form.get("deliver", ""), SCREEN)
    shown = await create_code(
        visit.parts,
        await visit.issuer(),
        person_id=person_id,
        way=WantedWay(deliver, visit.form.get("pin") != "no", language=visit.words.language),
        act=visit.act(),
        asked_once=visit.once(),
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
        email=person.attributes.get(EMAIL) if visit.parts.mailer else None,
        qr=qr_of(progress.code.wallet_link),
        wallet_qr=qr_of(visit.parts.addresses.wallet),
        is_mine=await _is_mine(visit, progress.code),
        lifetime_s=int(LIFETIMES[progress.code.deliver].total_seconds()),
        **await _state(visit, progress),
    )


@get("/o/{slug:str}/pairing/{code_id:str}/live", opt={"permission": "device"})
async def live(visit: NamedDependency[Visit], code_id: FromPath[str]) -> ServerSentEvent:
    """Send the state whenever it changes."""
    issuer = await visit.issuer()
    await progress_of(visit.parts, issuer, code_id)

    async def look() -> Piece:
        progress = await progress_of(visit.parts, issuer, code_id)
        html = visit.fill("pairing_state.html", **await _state(visit, progress))
        return Piece(html, _said(visit, progress), progress.is_over)

    return visit.desk.streams.follow(look)


@get("/o/{slug:str}/pairing/{code_id:str}/pin", opt={"permission": "device"})
async def pin(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[str]:
    """Show the PIN, alone, to whoever made the code."""
    code = await _own(visit, code_id)
    person = await find_person(visit, code.person_id)
    sent = next((mail for mail in await _mails(visit, code) if mail.kind == mails.PIN), None)
    can_mail = visit.parts.mailer is not None and bool(person.attributes.get(EMAIL))
    return visit.page("pairing_pin.html", code=code, person=person, mail=sent, can_mail=can_mail)


@post("/o/{slug:str}/pairing/{code_id:str}/pin-mail", opt={"permission": "device"})
async def send_pin(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[str]:
    """Let the PIN go in a mail of its own, at the wish of whoever made the code."""
    await _own(visit, code_id)
    language = visit.words.language
    await mail_pin(visit.parts, await visit.issuer(), code_id, language=language, act=visit.act())
    return go_to(f"{visit.home}/pairing/{code_id}/pin")


@get("/o/{slug:str}/pairing/{code_id:str}/letter.pdf", opt={"permission": "device"})
async def letter(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[bytes]:
    """Print the letter with the code, for whoever made it."""
    invitation = await _own_invitation(visit, code_id)
    return _pdf(pairing_letter(visit.parts.press, invitation, visit.words.language, now=visit.parts.now()))


@get("/o/{slug:str}/pairing/{code_id:str}/pin.pdf", opt={"permission": "device"})
async def letter_of_pin(visit: NamedDependency[Visit], code_id: FromPath[str]) -> Response[bytes]:
    """Print the letter with the PIN alone, for whoever made the code."""
    invitation = await _own_invitation(visit, code_id)
    return _pdf(pin_letter(visit.parts.press, invitation, visit.words.language, now=visit.parts.now()))


def _pdf(data: bytes) -> Response[bytes]:
    return Response(data, media_type="application/pdf", headers=_PDF_HEADERS)


async def _own_invitation(visit: Visit, code_id: str) -> Invitation:
    await _own(visit, code_id)
    return await invitation_of(visit.parts, await visit.issuer(), code_id)


async def _own(visit: Visit, code_id: str) -> ShownCode:
    code = await show_code(visit.parts, await visit.issuer(), code_id)
    if not await _is_mine(visit, code):
        raise NotPermitted("expected whoever made this code")
    return code


async def _is_mine(visit: Visit, code: ShownCode) -> bool:
    """Say whether this very person made the code: it is a secret between them and whom they pair."""
    entries = await audit.about(visit.parts.store, visit.organisation.id, code.person_id, code.id)
    made = next((each for each in entries if each.action in MADE), None)
    return made is not None and made.actor == actor_of(visit.signed_in.staff)


async def _mails(visit: Visit, code: ShownCode) -> list[Mail]:
    return await mails.of_code(visit.parts.store, visit.organisation.id, code.id)


async def _state(visit: Visit, progress: Progress) -> dict[str, Any]:
    """Return what the live piece of the page is filled in with."""
    return {"progress": progress, "code": progress.code, "mails": await _mails(visit, progress.code)}


def _said(visit: Visit, progress: Progress) -> str:
    if progress.device_name is not None or progress.code.state == "paired":
        return visit.words("pairing.said.paired", n=progress.received, of=progress.expected)
    return visit.words(f"pairing.said.{progress.code.state}")
