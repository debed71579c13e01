"""Pairing codes, and the devices that were paired with them."""

from datetime import timedelta

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import mails, pairings
from billfold.adapters.store.records import Pairing
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import (
    DeviceReplacement,
    Language,
    MailView,
    NewPairingCode,
    Page,
    PairingCodeView,
    PairingView,
    PinMail,
)
from billfold.apps.api.problems import Refused
from billfold.apps.post.letter import pairing_letter, pin_letter
from billfold.roles.issuer.invitation import invitation_of, mail_pin
from billfold.roles.issuer.news import send_again
from billfold.roles.issuer.offer import LONGEST_LIFETIME, ShownCode, WantedWay, create_code, show_code
from billfold.roles.parts import NotFound

SHORTEST_LIFETIME = timedelta(seconds=60)
PDF = "application/pdf"
_NO_STORE = {"Cache-Control": "no-store"}


class PairingCodesController(Controller):
    """`/pairing-codes`."""

    path = "/pairing-codes"
    tags = ("Pairing",)
    opt = {"scope": "pairings"}  # noqa: RUF012  # Litestar's own form
    response_headers = _NO_STORE

    @post(summary="Make a pairing code")
    async def create(
        self, caller: NamedDependency[Caller], data: JSONBody[NewPairingCode], idempotency_key: IdempotencyKey = None
    ) -> PairingCodeView:
        """Make a code for a person. Their unused one ends; while a device is paired the answer is 409."""
        shown = await create_code(
            caller.parts,
            await caller.issuer(),
            person_id=data.person_id,
            way=wanted_way(data),
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return code_view(shown)

    @get("/{code_id:str}/mails", summary="List the mails about a code")
    async def mails(self, caller: NamedDependency[Caller], code_id: FromPath[str]) -> Page[MailView]:
        """Return the mails that carry the code or its PIN, and what became of each."""
        await show_code(caller.parts, await caller.issuer(), code_id)
        found = await mails.of_code(caller.parts.store, caller.organisation.id, code_id)
        return Page([msgspec.convert(mail, MailView, from_attributes=True) for mail in found])

    @post("/{code_id:str}/pin-mail", summary="Mail the PIN", status_code=202)
    async def mail_pin(self, caller: NamedDependency[Caller], code_id: FromPath[str], data: JSONBody[PinMail]) -> None:
        """Send the PIN in a mail of its own, once; tell it by voice where you can, since one mailbox then has both."""
        await mail_pin(caller.parts, await caller.issuer(), code_id, language=data.language, act=caller.act())

    @get("/{code_id:str}/letter", summary="Print the letter", media_type=PDF)
    async def letter(
        self, caller: NamedDependency[Caller], code_id: FromPath[str], language: FromQuery[Language] = "en"
    ) -> Response[bytes]:
        """Return the letter with QR code and short code as a PDF of one page; the PIN is not on it."""
        invitation = await invitation_of(caller.parts, await caller.issuer(), code_id)
        return pdf(pairing_letter(caller.parts.press, invitation, language, now=caller.parts.now()))

    @get("/{code_id:str}/pin-letter", summary="Print the PIN's letter", media_type=PDF)
    async def pin_letter(
        self, caller: NamedDependency[Caller], code_id: FromPath[str], language: FromQuery[Language] = "en"
    ) -> Response[bytes]:
        """Return the letter with nothing but the PIN; it goes in another envelope."""
        invitation = await invitation_of(caller.parts, await caller.issuer(), code_id)
        return pdf(pin_letter(caller.parts.press, invitation, language, now=caller.parts.now()))

    @get("/{code_id:str}", summary="Get a pairing code")
    async def get(self, caller: NamedDependency[Caller], code_id: FromPath[str]) -> PairingCodeView:
        """Return a code and its state: waiting, opened, paired, expired or replaced."""
        return code_view(await show_code(caller.parts, await caller.issuer(), code_id))


class PairingsController(Controller):
    """`/pairings`."""

    path = "/pairings"
    tags = ("Pairing",)
    opt = {"scope": "pairings"}  # noqa: RUF012  # Litestar's own form

    @get(summary="List a person's devices")
    async def list(self, caller: NamedDependency[Caller], person_id: FromQuery[str]) -> Page[PairingView]:
        """Return the person's pairings, ended ones too, oldest first."""
        found = await pairings.of_person(caller.parts.store, caller.organisation.id, person_id)
        return Page([_pairing(p) for p in found])

    @delete("/{pairing_id:str}", summary="End a pairing")
    async def end(self, caller: NamedDependency[Caller], pairing_id: FromPath[str]) -> None:
        """End it: its tokens die and its Creds turn invalid for every requester. Asked twice, it stays ended."""
        store, organisation_id = caller.parts.store, caller.organisation.id
        if await pairings.get(store, organisation_id, pairing_id) is None:
            raise NotFound("expected a pairing of this organisation")
        await pairings.end(store, organisation_id, pairing_id, caller.act())

    @post("/{pairing_id:str}/send-again", summary="Send the news again", status_code=204)
    async def send_again(self, caller: NamedDependency[Caller], pairing_id: FromPath[str]) -> None:
        """Wake the device once more, so that it asks for what is new; 409 where it takes no notifications."""
        await send_again(caller.parts, caller.organisation.id, pairing_id, caller.act())


def pdf(data: bytes) -> Response[bytes]:
    """Return a PDF file that nobody keeps on the way."""
    return Response(data, media_type=PDF, headers=_NO_STORE)


def wanted_way(data: NewPairingCode | DeviceReplacement) -> WantedWay:
    """Return how the caller wants a code.

    Raises:
        Refused: 400, a lifetime shorter than a minute or longer than two weeks.
    """
    lifetime = None if data.expires_in_s is None else _code_lifetime(data.expires_in_s)
    return WantedWay(data.deliver, data.tx_code, lifetime, data.language)


def _code_lifetime(expires_in_s: int) -> timedelta:
    if not SHORTEST_LIFETIME.total_seconds() <= expires_in_s <= LONGEST_LIFETIME.total_seconds():
        longest = int(LONGEST_LIFETIME.total_seconds())
        raise Refused(400, "bad_lifetime", f"expected expires_in_s of 60 to {longest}")
    return timedelta(seconds=expires_in_s)


def code_view(shown: ShownCode) -> PairingCodeView:
    """Return a pairing code as the API shows it."""
    return PairingCodeView(
        shown.id,
        shown.state,
        shown.person_id,
        shown.deliver,
        shown.offer,
        shown.offer_by_value,
        shown.wallet_link,
        shown.short_code,
        shown.tx_code,
        shown.expires_at,
    )


def _pairing(found: Pairing) -> PairingView:
    return PairingView(
        found.id,
        found.person_id,
        found.state,  # type: ignore[arg-type]  # the store keeps these very words
        found.device_name,
        found.created_at,
        found.last_contact_at,
        found.ended_at,
    )
