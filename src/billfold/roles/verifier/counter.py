"""Counter: where staff ask visitors one after another, and a visitor's screen follows.

Desk and Show are two views of one counter: the request that stands at it now. Show is opened by a code that is made
from the counter's id, so that the visitor's screen needs no sign-in and shows no field.
"""

from billfold.adapters.store import counters
from billfold.adapters.store.audit import Act
from billfold.adapters.store.counters import Counter
from billfold.core.encoding import b64url_encode
from billfold.roles.parts import NotFound, Parts, sha256
from billfold.roles.verifier.request import ShownRequest, check_by_hand, create_request, show_request
from billfold.roles.verifier.verifier import Verifier

SHOW_CODE_BYTES = 18


async def counter_of(parts: Parts, verifier: Verifier, staff_id: str, template: str) -> Counter:
    """Return the counter of a member of staff at a template, made now where there was none.

    Raises:
        NotFound: no such template here.
    """
    if template not in verifier.templates:
        raise NotFound("expected a template of this organisation")
    found = await counters.of_staff(parts.store, verifier.id, staff_id, template)
    if found is not None:
        return found
    fresh = Counter(parts.new_id(), verifier.id, staff_id, template, None)
    await counters.add(parts.store, fresh, show_hash=sha256(show_code_of(parts, fresh)), now=parts.now())
    return await counters.of_staff(parts.store, verifier.id, staff_id, template) or fresh


async def counter_shown(parts: Parts, verifier: Verifier, show_code: str) -> Counter:
    """Return the counter that a visitor's screen belongs to.

    Raises:
        NotFound: none of this organisation.
    """
    found = await counters.by_show(parts.store, verifier.id, sha256(show_code))
    if found is None or found.template not in verifier.templates:
        raise NotFound("expected the address of a counter of this organisation")
    return found


def show_code_of(parts: Parts, counter: Counter) -> str:
    """Return the code in the address of the counter's Show, the same every time."""
    return b64url_encode(parts.master_key.code("counter", counter.id)[:SHOW_CODE_BYTES])


async def next_request(parts: Parts, verifier: Verifier, counter: Counter, act: Act) -> ShownRequest:
    """Ask anew, so that each code serves one answer; the request before it may still be read at its address."""
    shown = await create_request(parts, verifier, counter.template, return_to=None, act=act, asked_once=None)
    await counters.turn_to(parts.store, counter.id, shown.id)
    return shown


async def clear(parts: Parts, counter: Counter) -> None:
    """Take away what stands at the counter: both screens show no more of it."""
    await counters.turn_to(parts.store, counter.id, None)


async def standing(parts: Parts, verifier: Verifier, counter: Counter) -> ShownRequest | None:
    """Return the request that stands at the counter now."""
    return await show_request(parts, verifier, counter.request_id) if counter.request_id else None


async def check_standing_by_hand(parts: Parts, verifier: Verifier, counter: Counter, act: Act) -> None:
    """Record that somebody checked by hand what stands at the counter.

    Raises:
        NotFound: nothing stands there.
    """
    if counter.request_id is None:
        raise NotFound("expected a request that stands at this counter")
    await check_by_hand(parts, verifier, counter.request_id, act)
