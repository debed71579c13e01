"""Superseding: a replaced Credential turns invalid when its successor is accepted, else a day after it was issued.

Source: Billfold's pairing profile, item 6. Until then both are valid, so that a wallet whose answer was lost keeps one.
"""

from datetime import timedelta

from billfold.adapters.store import credentials
from billfold.roles.parts import Parts

GRACE = timedelta(hours=24)


async def expire(parts: Parts) -> int:
    """End what was replaced a day ago without a word from the device; return how many."""
    return await credentials.expire_replaced(parts.store, replaced_before=parts.now() - GRACE)
