"""The state words of stored rows, which states allow what, and how a state spreads to what hangs on it.

Which states allow a move stands in the tables of the protocols (`core/openid4vci/states`, `core/openid4vp/states`).

State belongs to the Entitlement (design 2): its Credentials and their status entries follow it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, update

from billfold.adapters.store.tables import credential_instances, credentials, status_lists
from billfold.adapters.store.unit import Rows, Steps
from billfold.core.openid4vci.states import CODE_MOVES, PAIRING_MOVES, CodeEvent, CodeState, PairingEvent, PairingState
from billfold.core.openid4vp.states import REQUEST_MOVES, RequestEvent, RequestState

_State = TypeVar("_State", bound=StrEnum)
_Event = TypeVar("_Event", bound=StrEnum)

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
REVOKED: Final = "revoked"
SUPERSEDED: Final = "superseded"
ENDED: Final = "ended"
PENDING: Final = PairingState.PENDING.value
WAITING: Final = CodeState.WAITING.value  # RequestState.WAITING, too
OPENED: Final = CodeState.OPENED.value  # RequestState.OPENED, too
REDEEMED: Final = CodeState.REDEEMED.value
REPLACED: Final = CodeState.REPLACED.value
ANSWERED: Final = RequestState.ANSWERED.value
DECLINED: Final = RequestState.DECLINED.value


def _allowing(moves: Mapping[_State, Mapping[_Event, _State]], event: _Event) -> tuple[str, ...]:
    """Return the states in which *event* may happen."""
    return tuple(state.value for state, allowed in moves.items() if event in allowed)


UNUSED_CODE: Final = _allowing(CODE_MOVES, CodeEvent.REDEEM)
LIVING_PAIRING: Final = _allowing(PAIRING_MOVES, PairingEvent.USE)
OPEN_REQUEST: Final = _allowing(REQUEST_MOVES, RequestEvent.ANSWER)

# Token Status List, section 7.1
STATUS_VALID: Final = 0
STATUS_INVALID: Final = 1
STATUS_SUSPENDED: Final = 2


def spread(
    steps: Steps, which: ColumnElement[bool], of: Rows, *, before: Sequence[str], after: str, status: int
) -> None:
    """Add the steps that move Credentials, their status entries and the version of their lists.

    Args:
        which: the Credentials, by a column of the rows *of*.
        before: the states they may be in; others stay as they are.
        after: the state they get.
        status: the value that their entries get.
    """
    moved = steps.do(
        "credentials",
        update(credentials)
        .where(which, credentials.c.state.in_(before))
        .values(state=after)
        .returning(credentials.c.id),
        of,
    )
    entries = steps.do(
        "instances",
        update(credential_instances)
        .where(credential_instances.c.credential_id == moved.c["id"])
        .values(status=status)
        .returning(credential_instances.c.status_list_id),
        moved,
    )
    steps.do(
        "lists",
        update(status_lists)
        .where(status_lists.c.id == entries.c["status_list_id"])
        .values(version=status_lists.c.version + 1),
        entries,
    )
