"""Superseding: a replaced Credential turns invalid when its successor is accepted, else a day after it was issued.

Source: Billfold's pairing profile, item 6. Until then both are valid, so that a wallet whose answer was lost keeps one.
"""

from datetime import timedelta

from billfold.adapters.store import credentials
from billfold.roles.parts import Parts

GRACE = timedelta(hours=24)
AT_ONCE = 100  # the worker looks again soon, and has other things to do


async def expire(parts: Parts) -> int:
    """End what was replaced a day ago without a word from the device; return how many."""
    due = await credentials.replaced(parts.store, replaced_before=parts.now() - GRACE, most=AT_ONCE)
    for credential_id in due:
        await credentials.supersede(parts.store, credential_id, parts.act("system"))
    return len(due)
