"""Pairing codes, and the devices that were paired with them."""

from datetime import timedelta

from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import pairings
from billfold.adapters.store.records import Pairing
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import NewPairingCode, Page, PairingCodeView, PairingView
from billfold.apps.api.problems import Refused
from billfold.roles.issuer.offer import LONGEST_LIFETIME, ShownCode, create_code, show_code
from billfold.roles.parts import NotFound

SHORTEST_LIFETIME = timedelta(seconds=60)
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
            with_tx_code=data.tx_code,
            lifetime=code_lifetime(data.expires_in_s),
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return code_view(shown)

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


def code_lifetime(expires_in_s: int) -> timedelta:
    """Return how long a code lives.

    Raises:
        Refused: 400, shorter than a minute or longer than two weeks.
    """
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
