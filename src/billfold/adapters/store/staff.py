"""Staff of an organisation: who may sign in, and what for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.tables import staff
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody who may sign in; *role* is "owner" or "support", *email* is in lower case."""

    id: str
    organisation_id: str
    email: str
    name: str
    role: str
    password_hash: str
    created_at: datetime


_ALL = select(*records.columns_of(Staff, staff)).where(staff.c.organisation_id == text("organisation_id"))
_BY_EMAIL = Query(_ALL.where(staff.c.email == text("email")))
_OF_ORGANISATION = Query(_ALL.order_by(staff.c.id))


def _create(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "email": text("email"),
        "name": text("name"),
        "role": text("role"),
        "password_hash": text("password_hash"),
        "created_at": integer("now"),
    }
    made = steps.insert("staff", staff, values)
    audit.record(steps, "staff.created", organisation_id=made.c["organisation_id"], subject_id=made.c["id"], of=made)


_CREATE = Unit(_create)


async def create(engine: Engine, member: Staff, *, act: Act) -> None:
    """Store a new member of staff.

    Raises:
        Conflict: the organisation has somebody with this e-mail.
    """
    await engine.run(
        _CREATE,
        id=member.id,
        organisation_id=member.organisation_id,
        email=member.email,
        name=member.name,
        role=member.role,
        password_hash=member.password_hash,
        **act.parameters(),
    )


async def by_email(engine: Engine, organisation_id: str, email: str) -> Staff | None:
    """Return the organisation's member of staff with this e-mail, in lower case."""
    rows = await engine.fetch(_BY_EMAIL, organisation_id=organisation_id, email=email)
    return records.read(Staff, rows[0]) if rows else None


async def of_organisation(engine: Engine, organisation_id: str) -> list[Staff]:
    """Return the organisation's staff in the order they were added."""
    return records.read_all(Staff, await engine.fetch(_OF_ORGANISATION, organisation_id=organisation_id))
