"""People as examples: on whom a preview shows a Cred, and whose name is the longest that it must carry."""

from sqlalchemy import func, select

from billfold.adapters.store import records, states
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import Person
from billfold.adapters.store.tables import entitlements, people
from billfold.adapters.store.unit import Query, text

_PEOPLE = select(*records.columns_of(Person, people)).where(people.c.organisation_id == text("organisation_id"))
_HOLDER = Query(
    _PEOPLE.join(entitlements, entitlements.c.person_id == people.c.id)
    .where(entitlements.c.credential_type == text("credential_type"), entitlements.c.state != states.ENDED)
    .order_by(entitlements.c.id)
    .limit(1)
)
_ANYBODY = Query(_PEOPLE.order_by(people.c.id).limit(1))
_LONGEST = Query(_PEOPLE.order_by(func.length(people.c.name).desc(), people.c.id).limit(1))


async def holder(engine: Engine, organisation_id: str, credential_type: str) -> Person | None:
    """Return somebody who should hold the type, else anybody, else None in an empty directory."""
    rows = await engine.fetch(_HOLDER, organisation_id=organisation_id, credential_type=credential_type)
    rows = rows or await engine.fetch(_ANYBODY, organisation_id=organisation_id)
    return records.read(Person, rows[0]) if rows else None


async def longest_name(engine: Engine, organisation_id: str) -> Person | None:
    """Return who has the longest name, or None in an empty directory."""
    rows = await engine.fetch(_LONGEST, organisation_id=organisation_id)
    return records.read(Person, rows[0]) if rows else None
