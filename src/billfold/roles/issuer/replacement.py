"""Replacement: a lost, stolen or emptied device is replaced in one action.

The old pairing ends (its tokens die, its Creds turn invalid for every verifier), and a pairing code for the new device
is made, all in one unit with one audit entry. What the person is entitled to is issued again when the new device
comes for it; what was suspended stays suspended, since state belongs to the Entitlement.
"""

from datetime import timedelta

from billfold.adapters.store import pairing_codes, people
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.errors import StateError
from billfold.roles.issuer.codes import codes_of
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.issuer.offer import ShownCode, show_code
from billfold.roles.parts import NotFound, Parts

REASONS = ("lost", "stolen", "new_device", "data_gone")


class NoDevice(StateError):
    """The person has no paired device that could be replaced."""

    code = "no_device"


async def replace_device(
    parts: Parts,
    issuer: Issuer,
    *,
    person_id: str,
    with_tx_code: bool,
    lifetime: timedelta,
    act: Act,
    asked_once: Once | None,
) -> ShownCode:
    """End the person's pairings and make a code for the new device.

    Args:
        act: its reason tells why, and how the person was checked.

    Raises:
        NotFound: no such person here.
        NoDevice: no device of theirs is paired.
        KeyReused: the idempotency key came before with another request.
    """
    code_id = parts.new_id()
    made = await pairing_codes.replace_device(
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
        raise NoDevice("expected a person with a paired device: make a pairing code instead")
    return await show_code(parts, issuer, made)
