"""DPoP proofs that changed something: each is good for one request, at whichever node it comes again.

Source: RFC 9449 section 11.1. A row is written by the unit that the proof stands behind, and deleted when the proof's
nonce has run out anyway.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, exists, select

from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_micros
from billfold.adapters.store.tables import used_proofs
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer

_OVER = used_proofs.c.ends_at <= integer("now")
_ANY_OVER = Query(select(exists().where(_OVER)))


@dataclass(frozen=True, slots=True)
class UsedProof:
    """A proof by the hash of its key and `jti`; at *ends_at* nobody would take it any more."""

    proof_hash: bytes
    ends_at: datetime

    def parameters(self) -> dict[str, Value]:
        """Return what a unit that remembers it is given."""
        return {"proof_hash": self.proof_hash, "proof_ends_at": to_micros(self.ends_at)}


def remember(steps: Steps, of: Rows) -> None:
    """Add the step that remembers the proof, if the unit changed the row *of*; one known already is a `Conflict`."""
    values = {"proof_hash": binary("proof_hash"), "ends_at": integer("proof_ends_at")}
    steps.insert("used_proof", used_proofs, values, of=of)


def _forget(steps: Steps) -> None:
    steps.do("over", delete(used_proofs).where(_OVER))


_FORGET = Unit(_forget)


async def forget(engine: Engine, *, now: datetime) -> None:
    """Forget the proofs that nobody would take any more."""
    if (await engine.fetch(_ANY_OVER, now=to_micros(now)))[0][0]:
        await engine.run(_FORGET, now=to_micros(now))
