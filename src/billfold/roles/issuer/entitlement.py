"""Entitlement: who should hold what, moved between active, suspended and ended, each time with a reason.

State belongs to the Entitlement (design 2): every Credential of it follows.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Literal

from billfold.adapters.store import entitlements, people
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Entitlement
from billfold.errors import StateError
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import NotFound, Parts

MAX_REASON_CHARACTERS = 500
Verb = Literal["suspend", "resume", "revoke"]
_Move = Callable[[Engine, str, str, Act], Awaitable[bool]]
_MOVES: Final[dict[Verb, _Move]] = {
    "suspend": entitlements.suspend,
    "resume": entitlements.resume,
    "revoke": entitlements.end,
}


class ReasonMissing(StateError):
    """An act that must be justified came without a reason, or with one that is too long."""

    code = "bad_reason"


class AlreadyEntitled(StateError):
    """The person is entitled to this Cred type already."""

    code = "already_entitled"


class WrongState(StateError):
    """The entitlement's state does not allow this move."""

    code = "wrong_state"


def reason_of(text: str) -> str:
    """Return a reason without the blanks around it.

    Raises:
        ReasonMissing: it is empty, or longer than ``MAX_REASON_CHARACTERS``.
    """
    reason = text.strip()
    if not 0 < len(reason) <= MAX_REASON_CHARACTERS:
        raise ReasonMissing(f"expected a reason of 1 to {MAX_REASON_CHARACTERS} characters")
    return reason


async def entitle(
    parts: Parts, issuer: Issuer, *, person_id: str, credential_type: str, act: Act, asked_once: Once | None
) -> Entitlement:
    """Entitle a person; their paired device is woken and fetches the Cred.

    Raises:
        NotFound: no such person or Cred type here.
        AlreadyEntitled: nothing is to be done.
        KeyReused: the idempotency key came before with another request.
    """
    if credential_type not in issuer.types:
        raise NotFound("expected the slug of a Cred type of this organisation")
    try:
        made = await entitlements.create(
            parts.store,
            issuer.id,
            entitlement_id=parts.new_id(),
            person_id=person_id,
            credential_type=credential_type,
            act=act,
            asked_once=asked_once,
        )
    except Conflict as exc:
        raise AlreadyEntitled("expected a person who is not entitled to this yet") from exc
    found = await entitlements.get(parts.store, issuer.id, made) if made else None
    if found is None:
        raise NotFound("expected a person of this organisation")
    return found


async def move(parts: Parts, issuer: Issuer, entitlement_id: str, verb: Verb, act: Act) -> Entitlement:
    """Suspend, resume or revoke, with everything that was issued of it; *act* holds the reason.

    Raises:
        NotFound: no such entitlement here.
        WrongState: it is not in the state that this move begins with.
    """
    before = await entitlements.get(parts.store, issuer.id, entitlement_id)
    if before is None:
        raise NotFound("expected an entitlement of this organisation")
    if not await _MOVES[verb](parts.store, issuer.id, entitlement_id, act):
        raise WrongState(f"expected a state from which one can {verb}, got {before.state}")
    return before


async def move_all(
    parts: Parts, issuer: Issuer, person_id: str, verb: Verb, new_act: Callable[[], Act]
) -> list[Entitlement]:
    """Move everything of a person that can be moved so; return what was.

    Args:
        new_act: makes an act for each, since each leaves an audit entry of its own.

    Raises:
        NotFound: no such person here.
    """
    if await people.get(parts.store, issuer.id, person_id) is None:
        raise NotFound("expected a person of this organisation")
    held = await entitlements.held_by(parts.store, person_id)
    return [each for each in held if await _MOVES[verb](parts.store, issuer.id, each.id, new_act())]
