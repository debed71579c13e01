"""Replacement: a lost, stolen or emptied device is replaced in one action.

The old pairing ends (its tokens die, its Creds turn invalid for every verifier), and a pairing code for the new device
is made, all in one unit with one audit entry. What the person is entitled to is issued again when the new device
comes for it; what was suspended stays suspended, since state belongs to the Entitlement.
"""

from typing import Unpack

from billfold.errors import StateError
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.issuer.offer import ShownCode, WantedCode, make_code
from billfold.roles.parts import Parts

REASONS = ("lost", "stolen", "new_device", "data_gone")


class NoDevice(StateError):
    """The person has no paired device that could be replaced."""

    code = "no_device"


async def replace_device(parts: Parts, issuer: Issuer, **wanted: Unpack[WantedCode]) -> ShownCode:
    """End the person's pairings and make a code for the new device.

    Raises:
        NotFound: no such person here.
        UndeliverableCode, BadAddress: the code cannot take the way that is wanted.
        NoDevice: no device of theirs is paired.
        KeyReused: the idempotency key came before with another request.
    """
    refusal = NoDevice("expected a person with a paired device: make a pairing code instead")
    return await make_code(parts, issuer, wanted, replaces_device=True, refusal=refusal)
