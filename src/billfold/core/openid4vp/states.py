"""The life of a presentation request, as a table: a missing entry is the error.

Source: OpenID4VP 1.0 sections 5.10 (fetched more than once), 8.2 and 14.2 (answered once).
An answer whose checks fail is `answered` too; whether it was accepted is in its Verification. The store takes the
conditions of its statements from here. That a request runs out is no move: its own time says that it is over.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class RequestState(StrEnum):
    """Where a presentation request stands."""

    WAITING = "waiting"
    OPENED = "opened"
    ANSWERED = "answered"
    DECLINED = "declined"


class RequestEvent(StrEnum):
    """What happens to a presentation request. DECLINE: any error answer of the wallet."""

    OPEN = "open"
    ANSWER = "answer"
    DECLINE = "decline"


_OPEN: Final = {
    RequestEvent.OPEN: RequestState.OPENED,
    RequestEvent.ANSWER: RequestState.ANSWERED,
    RequestEvent.DECLINE: RequestState.DECLINED,
}
REQUEST_MOVES: Final[Mapping[RequestState, Mapping[RequestEvent, RequestState]]] = {
    RequestState.WAITING: _OPEN,
    RequestState.OPENED: _OPEN,
    RequestState.ANSWERED: {},
    RequestState.DECLINED: {},
}
