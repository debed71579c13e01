"""People in an organisation's directory."""

from sqlalchemy import select

from billfold.adapters.store import audit, once, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Person, to_json
from billfold.adapters.store.tables import people
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text

_COLUMNS = records.columns_of(Person, people)
_BY_ID = Query(select(*_COLUMNS).where(people.c.organisation_id == text("organisation_id"), people.c.id == text("id")))
_PAGE = Query(
    select(*_COLUMNS)
    .where(people.c.organisation_id == text("organisation_id"), people.c.id > text("after"))
    .order_by(people.c.id)
    .limit(101)
)
_EARLIER = once.earlier(people)


def _create(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "name": text("name"),
        "attributes": text("attributes"),
        "groups": text("groups"),
        "created_at": integer("now"),
        **once.columns(),
    }
    person = steps.insert("person", people, values)
    audit.record(
        steps,
        "person.created",
        organisation_id=person.c["organisation_id"],
        person_id=person.c["id"],
        subject_id=person.c["id"],
        of=person,
    )
    steps.answer(person)


_CREATE = Unit(_create)


async def create(engine: Engine, organisation_id: str, person: Person, *, act: Act, asked_once: Once | None) -> str:
    """Store a new person and return the id, an earlier one's if this was asked before.

    Raises:
        KeyReused: the idempotency key came before with another request.
    """
    made = await once.create(
        engine,
        _CREATE,
        _EARLIER,
        row_id=person.id,
        organisation_id=organisation_id,
        once=asked_once,
        name=person.name,
        attributes=to_json(person.attributes),
        groups=to_json(person.groups),
        **act.parameters(),
    )
    return made or person.id


async def get(engine: Engine, organisation_id: str, person_id: str) -> Person | None:
    """Return one person of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=person_id)
    return records.read(Person, rows[0]) if rows else None


async def page(engine: Engine, organisation_id: str, *, after: str = "") -> list[Person]:
    """Return up to 101 people with ids above *after*: one more than a page, to tell whether there is a next."""
    return records.read_all(Person, await engine.fetch(_PAGE, organisation_id=organisation_id, after=after))
