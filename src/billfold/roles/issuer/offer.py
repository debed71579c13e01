"""Offer: who may pair. Pairing codes are made, shown again, and opened by a wallet.

Source: OpenID4VCI 1.0 section 4.1; Billfold's pairing profile, item 1.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from billfold.adapters.store import pairing_codes, pairings, people, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Pairing, PairingCode
from billfold.core.openid4vci.offer import CredentialOffer, TxCode, build_offer
from billfold.errors import StateError
from billfold.roles.issuer.codes import TX_CODE_DIGITS, codes_of, links
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import NotFound, Parts, read_crockford, sha256

LIFETIME = timedelta(minutes=30)
LONGEST_LIFETIME = timedelta(days=14)
EXPIRED = "expired"
PAIRED = "paired"


class DevicePaired(StateError):
    """The person has a paired device; it must be replaced or its pairing ended first."""

    code = "device_paired"


@dataclass(frozen=True, slots=True)
class ShownCode:
    """A pairing code as staff see it. The links, the short code and the PIN are secrets."""

    id: str
    state: str
    person_id: str
    offer: str
    wallet_link: str
    short_code: str
    tx_code: str | None
    expires_at: datetime


async def create_code(
    parts: Parts,
    issuer: Issuer,
    *,
    person_id: str,
    with_tx_code: bool,
    lifetime: timedelta,
    act: Act,
    asked_once: Once | None,
) -> ShownCode:
    """Make a pairing code for a person; their unused one ends.

    Raises:
        NotFound: no such person here.
        DevicePaired: a device of theirs is paired.
        KeyReused: the idempotency key came before with another request.
    """
    code_id = parts.new_id()
    made = await pairing_codes.create(
        parts.store,
        issuer.id,
        code_id=code_id,
        person_id=person_id,
        hashes=codes_of(parts, code_id).hashes(with_tx_code=with_tx_code),
        expires_at=parts.now() + lifetime,
        act=act,
        asked_once=asked_once,
    )
    if made is None:
        if await people.get(parts.store, issuer.id, person_id) is None:
            raise NotFound("expected a person of this organisation")
        raise DevicePaired("expected a person without a paired device: replace the device, or end its pairing first")
    return await show_code(parts, issuer, made)


async def show_code(parts: Parts, issuer: Issuer, code_id: str) -> ShownCode:
    """Return a pairing code with everything that is on it.

    Raises:
        NotFound: no such code here.
    """
    record = await pairing_codes.get(parts.store, issuer.id, code_id)
    if record is None:
        raise NotFound("expected a pairing code of this organisation")
    codes = codes_of(parts, code_id)
    offer, wallet_link = links(parts, issuer.identifier, codes)
    return ShownCode(
        id=record.id,
        state=await _shown_state(parts, record),
        person_id=record.person_id,
        offer=offer,
        wallet_link=wallet_link,
        short_code=codes.short_code,
        tx_code=codes.tx_code if record.tx_code_hash is not None else None,
        expires_at=record.expires_at,
    )


async def open_offer(parts: Parts, issuer: Issuer, offer_token: str) -> CredentialOffer:
    """Return the offer behind a link that a wallet fetched.

    An offer must name something (4.1.1): where the person is entitled to nothing yet, it names all Cred types,
    and the pairing brings whatever comes.

    Raises:
        NotFound: the code is unknown, used, replaced or run out.
    """
    opened = await pairing_codes.open_offer(parts.store, issuer.id, sha256(offer_token), now=parts.now())
    if opened is None:
        raise NotFound("expected a pairing code that is neither used nor run out: ask the issuer for a new one")
    tx_code = None
    if opened.has_tx_code:
        tx_code = TxCode(length=TX_CODE_DIGITS, description=f"The PIN that {issuer.organisation.name} gave you"[:300])
    return build_offer(
        issuer.identifier,
        opened.credential_types or tuple(issuer.types),
        pre_authorized_code=codes_of(parts, opened.id).pre_authorized_code,
        tx_code=tx_code,
    )


async def find_short_code(parts: Parts, short_code: str) -> tuple[str, str] | None:
    """Return the id and organisation of the live pairing code that somebody typed or scanned."""
    return await pairing_codes.by_short_code(parts.store, sha256(read_crockford(short_code)), now=parts.now())


async def _shown_state(parts: Parts, record: PairingCode) -> str:
    if record.state == states.REDEEMED:
        return _redeemed_state(await pairings.of_code(parts.store, record.id))
    if record.state in (states.WAITING, states.OPENED):
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
