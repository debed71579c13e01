"""The lives of a pairing code and of a pairing, as tables: a missing entry is the error.

Source: Billfold's pairing profile (docs/pairing-profile.md), items 1, 2 and 7; OpenID4VCI 1.0 section 4.1.1.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from billfold.errors import StateError


class CodeState(StrEnum):
    """Where a pairing code stands."""

    WAITING = "waiting"
    OPENED = "opened"
    REDEEMED = "redeemed"
    EXPIRED = "expired"
    REPLACED = "replaced"
    ENDED = "ended"


class CodeEvent(StrEnum):
    """What happens to a pairing code. END: withdrawn by staff, or killed by wrong PINs."""

    OPEN = "open"
    REDEEM = "redeem"
    EXPIRE = "expire"
    REPLACE = "replace"
    END = "end"


class PairingState(StrEnum):
    """Where a pairing stands: PENDING until its access token is used for the first time."""

    PENDING = "pending"
    ACTIVE = "active"
    ENDED = "ended"


class PairingEvent(StrEnum):
    """What happens to a pairing. END: by the wallet, by support, or by a replacement."""

    USE = "use"
    END = "end"


_ENDINGS: Final = {
    CodeEvent.EXPIRE: CodeState.EXPIRED,
    CodeEvent.REPLACE: CodeState.REPLACED,
    CodeEvent.END: CodeState.ENDED,
}

CODE_MOVES: Final[Mapping[CodeState, Mapping[CodeEvent, CodeState]]] = {
    CodeState.WAITING: {CodeEvent.OPEN: CodeState.OPENED, CodeEvent.REDEEM: CodeState.REDEEMED, **_ENDINGS},
    CodeState.OPENED: {CodeEvent.OPEN: CodeState.OPENED, CodeEvent.REDEEM: CodeState.REDEEMED, **_ENDINGS},
    CodeState.REDEEMED: {},
    CodeState.EXPIRED: {},
    CodeState.REPLACED: {},
    CodeState.ENDED: {},
}

PAIRING_MOVES: Final[Mapping[PairingState, Mapping[PairingEvent, PairingState]]] = {
    PairingState.PENDING: {PairingEvent.USE: PairingState.ACTIVE, PairingEvent.END: PairingState.ENDED},
    PairingState.ACTIVE: {PairingEvent.USE: PairingState.ACTIVE, PairingEvent.END: PairingState.ENDED},
    PairingState.ENDED: {},
}


def move_code(state: CodeState, event: CodeEvent) -> CodeState:
    """Return the state of a pairing code after *event*.

    Raises:
        StateError: *state* does not allow *event*.
    """
    try:
        return CODE_MOVES[state][event]
    except KeyError as exc:
        raise StateError(f"expected a pairing code that can {event}, got one that is {state}") from exc


def move_pairing(state: PairingState, event: PairingEvent) -> PairingState:
    """Return the state of a pairing after *event*.

    Raises:
        StateError: *state* does not allow *event*.
    """
    try:
        return PAIRING_MOVES[state][event]
    except KeyError as exc:
        raise StateError(f"expected a pairing that can {event}, got one that is {state}") from exc
