"""The life of a presentation request, as a table: a missing entry is the error.

Source: OpenID4VP 1.0 sections 5.10 (fetched more than once), 8.2 and 14.2 (answered once).
An answer whose checks fail is `answered` too; whether it was accepted is in its Verification.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from billfold.errors import StateError


class RequestState(StrEnum):
    """Where a presentation request stands."""

    WAITING = "waiting"
    OPENED = "opened"
    ANSWERED = "answered"
    DECLINED = "declined"
    EXPIRED = "expired"


class RequestEvent(StrEnum):
    """What happens to a presentation request. DECLINE: any error answer of the wallet."""

    OPEN = "open"
    ANSWER = "answer"
    DECLINE = "decline"
    EXPIRE = "expire"


_OUTCOMES: Final = {
    RequestEvent.OPEN: RequestState.OPENED,
    RequestEvent.ANSWER: RequestState.ANSWERED,
    RequestEvent.DECLINE: RequestState.DECLINED,
    RequestEvent.EXPIRE: RequestState.EXPIRED,
}

REQUEST_MOVES: Final[Mapping[RequestState, Mapping[RequestEvent, RequestState]]] = {
    RequestState.WAITING: _OUTCOMES,
    RequestState.OPENED: _OUTCOMES,
    RequestState.ANSWERED: {},
    RequestState.DECLINED: {},
    RequestState.EXPIRED: {},
}


def move_request(state: RequestState, event: RequestEvent) -> RequestState:
    """Return the state of a presentation request after *event*.

    Raises:
        StateError: *state* does not allow *event*.
    """
    try:
        return REQUEST_MOVES[state][event]
    except KeyError as exc:
        raise StateError(f"expected a request that can {event}, got one that is {state}") from exc
