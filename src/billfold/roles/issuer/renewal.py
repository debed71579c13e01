"""Renewal: when a Cred type says something new, every holder's Cred is to be issued anew, page by page.

A page is one unit of work: revisions rise, devices are woken, and the place where to go on is kept. A crash between
two pages loses nothing; the same page twice is not possible.
"""

from billfold.adapters.store import credential_types
from billfold.roles.parts import Parts

PAGE_SIZE = 200


async def renew(parts: Parts) -> int:
    """Renew one page of every Cred type whose turn it is; return of how many holders, so that the caller goes on."""
    renewed = 0
    for renewal in await credential_types.due_renewals(parts.store, now=parts.now()):
        renewed += await credential_types.renew(parts.store, renewal, most=PAGE_SIZE, act=parts.act("system"))
    return renewed
