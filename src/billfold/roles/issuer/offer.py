"""Offer: who may pair. Pairing codes are made, shown again, and opened by a wallet.

Source: OpenID4VCI 1.0 sections 4.1 to 4.1.3; Billfold's pairing profile, item 1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, TypedDict, Unpack

from billfold.adapters.notices.mail import mailbox
from billfold.adapters.store import pairing_codes, pairings, people, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.pairing_codes import LETTER, MAIL, SCREEN, Deliver, OpenedOffer, Way
from billfold.adapters.store.records import Pairing, PairingCode
from billfold.core.openid4vci.offer import CredentialOffer, TxCode, build_offer, offer_link_by_value
from billfold.errors import RequestRefused, StateError
from billfold.roles.issuer.codes import TX_CODE_DIGITS, codes_of, links
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import NotFound, Parts, read_crockford, sha256

# How long a code lives by the way it takes (design 2, decided once); a caller may say otherwise, up to the longest.
LIFETIMES: Final[dict[Deliver, timedelta]] = {
    SCREEN: timedelta(minutes=30),
    MAIL: timedelta(days=1),
    LETTER: timedelta(days=14),
}
LIFETIME = LIFETIMES[SCREEN]
LONGEST_LIFETIME = timedelta(days=14)
EMAIL = "email"  # the attribute of a person that mails go to
EXPIRED = "expired"
PAIRED = "paired"


class DevicePaired(StateError):
    """The person has a paired device; it must be replaced or its pairing ended first."""

    code = "device_paired"


class NoCredentialType(StateError):
    """The issuer has no Cred type yet, so an offer could name nothing (4.1.1)."""

    code = "no_credential_type"


class UndeliverableCode(StateError):
    """A code cannot take the way that was asked for; `code` says why."""


@dataclass(frozen=True, slots=True)
class WantedWay:
    """How a code is wanted.

    Attributes:
        deliver: "screen", "mail" (to the address in the directory) or "letter" (a PDF to print).
        lifetime: None: as long as codes live that take this way.
        language: in which the person is written to.
    """

    deliver: Deliver = SCREEN
    with_tx_code: bool = True
    lifetime: timedelta | None = None
    language: str = "en"

    def way(self, now: datetime) -> Way:
        """Return what the store keeps of it."""
        return Way(self.deliver, now + (self.lifetime or LIFETIMES[self.deliver]), self.language)


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A pairing code as staff see it. The links, the short code and the PIN are secrets.

    Attributes:
        offer_by_value: the offer itself in a link, while it is good (4.1.2); it names what the person may get now.
    """

    id: str
    state: str
    person_id: str
    deliver: Deliver
    offer: str
    offer_by_value: str | None
    wallet_link: str
    short_code: str
    tx_code: str | None
    expires_at: datetime


class WantedCode(TypedDict):
    """What a pairing code is to be.

    Attributes:
        act: of whoever makes it; where it replaces a device, its reason tells why and how the person was checked.
    """

    person_id: str
    way: WantedWay
    act: Act
    asked_once: Once | None


async def create_code(parts: Parts, issuer: Issuer, **wanted: Unpack[WantedCode]) -> ShownCode:
    """Make a pairing code for a person; their unused one ends.

    Raises:
        NotFound: no such person here.
        UndeliverableCode, BadAddress: it cannot take the way that is wanted.
        DevicePaired: a device of theirs is paired.
        NoCredentialType: there is nothing to offer.
        KeyReused: the idempotency key came before with another request.
    """
    refusal = DevicePaired("expected a person without a paired device: replace the device, or end its pairing first")
    return await make_code(parts, issuer, wanted, replaces_device=False, refusal=refusal)


async def make_code(
    parts: Parts, issuer: Issuer, wanted: WantedCode, *, replaces_device: bool, refusal: StateError
) -> ShownCode:
    """Make a pairing code, the first or one for a new device.

    Raises:
        NotFound: no such person here.
        UndeliverableCode, BadAddress: it cannot take the way that is wanted.
        StateError: *refusal*, where the person has a device, or none, against what is wanted.
        NoCredentialType: there is nothing to offer.
        KeyReused: the idempotency key came before with another request.
    """
    if not issuer.types:
        raise NoCredentialType("expected a Cred type first: nobody can pair for nothing")
    way = wanted["way"]
    await require_way(parts, issuer, wanted["person_id"], way)
    code_id = parts.new_id()
    made = await pairing_codes.create(
        parts.store,
        issuer.id,
        code_id=code_id,
        person_id=wanted["person_id"],
        hashes=codes_of(parts, code_id).hashes(with_tx_code=way.with_tx_code),
        way=way.way(parts.now()),
        replaces_device=replaces_device,
        act=wanted["act"],
        asked_once=wanted["asked_once"],
    )
    if made is None:
        if await people.get(parts.store, issuer.id, wanted["person_id"]) is None:
            raise NotFound("expected a person of this organisation")
        raise refusal
    return await show_code(parts, issuer, made)


async def require_way(parts: Parts, issuer: Issuer, person_id: str, wanted: WantedWay) -> None:
    """Check that a code can take the way that is wanted: who may open a letter or mailbox is not proven by that.

    Raises:
        NotFound: no such person here.
        UndeliverableCode: a letter without PIN, or no mail server.
        BadAddress: no address in the directory, or none that mail can go to.
    """
    if wanted.deliver == LETTER and not wanted.with_tx_code:
        raise UndeliverableCode("expected a letter's code with a PIN: others may open it", code="letter_without_pin")
    if wanted.deliver != MAIL:
        return
    if parts.mailer is None:
        raise UndeliverableCode("expected a mail server in the settings of this installation", code="no_mail_server")
    person = await people.get(parts.store, issuer.id, person_id)
    if person is None:
        raise NotFound("expected a person of this organisation")
    mailbox(person.name, str(person.attributes.get(EMAIL, "")))


async def show_code(parts: Parts, issuer: Issuer, code_id: str) -> ShownCode:
    """Return a pairing code with everything that is on it.

    Raises:
        NotFound: no such code here.
    """
    found = await pairing_codes.get(parts.store, issuer.id, code_id)
    if found is None:
        raise NotFound("expected a pairing code of this organisation")
    (record, types), codes = found, codes_of(parts, code_id)
    offer, wallet_link = links(parts, issuer.identifier, codes)
    state, has_tx_code = await _shown_state(parts, record), record.tx_code_hash is not None
    whole = _offer(parts, issuer, OpenedOffer(code_id, has_tx_code, types))
    return ShownCode(
        id=record.id,
        state=state,
        person_id=record.person_id,
        deliver=record.deliver or SCREEN,  # type: ignore[arg-type]  # the store keeps these very words
        offer=offer,
        offer_by_value=offer_link_by_value(whole) if state in states.UNUSED_CODE else None,
        wallet_link=wallet_link,
        short_code=codes.short_code,
        tx_code=codes.tx_code if has_tx_code else None,
        expires_at=record.expires_at,
    )


async def open_offer(parts: Parts, issuer: Issuer, offer_token: str) -> CredentialOffer:
    """Return the offer behind a link that a wallet fetched.

    Raises:
        NotFound: the code is unknown, or a newer one took its place.
        RequestRefused: 410, with a code that says what became of it.
    """
    opened = await pairing_codes.open_offer(parts.store, issuer.id, sha256(offer_token), now=parts.now())
    if opened is None:
        await refuse_if_over(parts, offer_token)
        raise NotFound("expected a pairing code that is neither used nor run out: ask the issuer for a new one")
    return _offer(parts, issuer, opened)


async def find_short_code(parts: Parts, short_code: str) -> tuple[str, str] | None:
    """Return the id and organisation of the live pairing code that somebody typed or scanned."""
    return await pairing_codes.by_short_code(parts.store, sha256(read_crockford(short_code)), now=parts.now())


async def refuse_if_over(parts: Parts, secret: str) -> None:
    """Say what became of the code that *secret*, its short code or its offer's token, opens no more.

    Nobody learns it but who holds the whole secret, and to them the code is of no use any more.

    Raises:
        RequestRefused: 410 `code_used`, `pin_spent` or `code_expired`.
    """
    record = await pairing_codes.by_secret(parts.store, sha256(secret))
    if record is None or record.state == states.REPLACED:
        return
    if record.state == states.REDEEMED:
        raise RequestRefused("code_used", "expected a code that was not used yet", status=410)
    if record.tx_code_tries >= pairing_codes.MAX_TX_CODE_TRIES:
        raise RequestRefused("pin_spent", "expected a code with tries left for its PIN", status=410)
    if record.expires_at <= parts.now():
        raise RequestRefused("code_expired", "expected a code that has not run out", status=410)


def _offer(parts: Parts, issuer: Issuer, opened: OpenedOffer) -> CredentialOffer:
    """Return the offer of a code.

    It must name something (4.1.1): where the person is entitled to nothing yet, it names all Cred types, and the
    pairing brings whatever comes. The PIN has no description: that is one language's, and says nothing that the
    wallet does not know.
    """
    tx_code = None
    if opened.has_tx_code:
        tx_code = TxCode(length=TX_CODE_DIGITS)
    return build_offer(
        issuer.identifier,
        opened.credential_types or tuple(issuer.types),
        pre_authorized_code=codes_of(parts, opened.id).pre_authorized_code,
        tx_code=tx_code,
    )


async def _shown_state(parts: Parts, record: PairingCode) -> str:
    if record.state == states.REDEEMED:
        return _redeemed_state(await pairings.of_code(parts.store, record.id))
    if record.state in states.UNUSED_CODE:
        guessed_out = record.tx_code_tries >= pairing_codes.MAX_TX_CODE_TRIES
        if guessed_out or record.expires_at <= parts.now():
            return EXPIRED
    return record.state


def _redeemed_state(pairing: Pairing | None) -> str:
    """Return how a redeemed code stands: a pairing counts from its first use, and may end before that."""
    if pairing is None or pairing.state == states.PENDING:
        return states.OPENED
    never_used = pairing.state == states.ENDED and pairing.last_contact_at <= pairing.created_at
    return states.REPLACED if never_used else PAIRED
