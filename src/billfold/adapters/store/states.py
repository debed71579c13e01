"""The state words of stored rows, and the steps by which a state spreads to what hangs on it.

State belongs to the Entitlement (design 2): its Credentials and their status entries follow it.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, update

from billfold.adapters.store.tables import credential_instances, credentials, status_lists
from billfold.adapters.store.unit import Rows, Steps

ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
REVOKED: Final = "revoked"
SUPERSEDED: Final = "superseded"
ENDED: Final = "ended"
PENDING: Final = "pending"
WAITING: Final = "waiting"
OPENED: Final = "opened"
REDEEMED: Final = "redeemed"
REPLACED: Final = "replaced"
ANSWERED: Final = "answered"
DECLINED: Final = "declined"

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
