"""Progress: how far a pairing code has come, and how many of the person's Creds its device has received."""

from dataclasses import dataclass

from billfold.adapters.store import credentials, entitlements, pairings, states
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.issuer.offer import PAIRED, ShownCode, show_code
from billfold.roles.parts import Parts

ACCEPTED = "credential_accepted"


@dataclass(frozen=True, slots=True)
class Progress:
    """A pairing code, and what came of it.

    Attributes:
        expected: how many Creds the person should hold and may get now.
        received: of how many of them the device has said that it keeps them.
    """

    code: ShownCode
    device_name: str | None
    expected: int
    received: int

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        if self.code.state == PAIRED:
            return self.received >= self.expected
        return self.code.state not in states.UNUSED_CODE


async def progress_of(parts: Parts, issuer: Issuer, code_id: str) -> Progress:
    """Return how far the code has come.

    Raises:
        NotFound: no such code here.
    """
    code = await show_code(parts, issuer, code_id)
    if code.state != PAIRED:
        return Progress(code, None, 0, 0)
    pairing = await pairings.of_code(parts.store, code_id)
    held = {e.id for e in await entitlements.held_by(parts.store, code.person_id) if e.state == states.ACTIVE}
    received = {
        each.entitlement_id
        for each in await credentials.of_person(parts.store, issuer.id, code.person_id)
        if pairing is not None and each.pairing_id == pairing.id and each.device_event == ACCEPTED
    }
    return Progress(code, pairing.device_name if pairing else None, len(held), len(held & received))
