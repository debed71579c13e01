"""The lives of a pairing code and of a pairing, as tables: a missing entry is the error.

Source: Billfold's pairing profile (docs/pairing-profile.md), items 1, 2 and 7; OpenID4VCI 1.0 section 4.1.1.
The store takes the conditions of its statements from here. That a code runs out, or dies of wrong PINs, is no move: a
code that nobody touches stays as it is, and its own time and count say that it is over.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CodeState(StrEnum):
    """Where a pairing code stands."""

    WAITING = "waiting"
    OPENED = "opened"
    REDEEMED = "redeemed"
    REPLACED = "replaced"


class CodeEvent(StrEnum):
    """What happens to a pairing code. REPLACE: a newer one takes its place."""

    OPEN = "open"
    REDEEM = "redeem"
    REPLACE = "replace"


class PairingState(StrEnum):
    """Where a pairing stands: PENDING until its access token is used for the first time."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class PairingEvent(StrEnum):
    """What happens to a pairing. END: by the wallet, by support, or by a replacement."""

    USE = "use"
    END = "end"


_UNUSED: Final = {
    CodeEvent.OPEN: CodeState.OPENED,
    CodeEvent.REDEEM: CodeState.REDEEMED,
    CodeEvent.REPLACE: CodeState.REPLACED,
}
CODE_MOVES: Final[Mapping[CodeState, Mapping[CodeEvent, CodeState]]] = {
    CodeState.WAITING: _UNUSED,
    CodeState.OPENED: _UNUSED,
    CodeState.REDEEMED: {},
    CodeState.REPLACED: {},
}

_LIVING: Final = {PairingEvent.USE: PairingState.ACTIVE, PairingEvent.END: PairingState.ENDED}
PAIRING_MOVES: Final[Mapping[PairingState, Mapping[PairingEvent, PairingState]]] = {
    PairingState.PENDING: _LIVING,
    PairingState.ACTIVE: _LIVING,
    PairingState.ENDED: {},
}
