"""People in an organisation's directory."""

import functools
from collections.abc import Sequence

from sqlalchemy import select, update

from billfold.adapters.store import audit, once, outbox, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.folding import fold_person
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Person, to_json
from billfold.adapters.store.tables import entitlements, people
from billfold.adapters.store.unit import Query, Steps, Unit, Value, integer, text

_COLUMNS = records.columns_of(Person, people)
_BY_ID = Query(select(*_COLUMNS).where(people.c.organisation_id == text("organisation_id"), people.c.id == text("id")))
_TO_CHANGE = Query(
    select(*_COLUMNS, *(people.c[name].label(f"seen_{name}") for name in ("name", "attributes", "groups"))).where(
        people.c.organisation_id == text("organisation_id"), people.c.id == text("id")
    )
)
_PAGE = Query(
    select(*_COLUMNS)
    .where(people.c.organisation_id == text("organisation_id"), people.c.id > text("after"))
    .order_by(people.c.id)
    .limit(101)
)
# The very texts of a row: who changes it says what was there, so that nobody writes over what another one changed.
Seen = tuple[Value, Value, Value]
_UNCHANGED = tuple(people.c[name] == text(f"seen_{name}") for name in ("name", "attributes", "groups"))
_EARLIER = once.earlier(people)


def _create(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "name": text("name"),
        "attributes": text("attributes"),
        "groups": text("groups"),
        "folded": text("folded"),
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


@functools.cache
def _update(changed: int) -> Unit:
    """Return the unit that changes a person and raises the revision of so many entitlements."""

    def define(steps: Steps) -> None:
        person = steps.do(
            "person",
            update(people)
            .where(people.c.organisation_id == text("organisation_id"), people.c.id == text("id"), *_UNCHANGED)
            .values(name=text("name"), attributes=text("attributes"), groups=text("groups"), folded=text("folded"))
            .returning(people.c.id, people.c.organisation_id, people.c.id.label("person_id")),
        )
        if changed:
            steps.do(
                "revisions",
                update(entitlements)
                .where(
                    entitlements.c.person_id == person.c["id"],
                    entitlements.c.state != states.ENDED,
                    entitlements.c.id.in_([text(f"entitlement_id_{number}") for number in range(changed)]),
                )
                .values(revision=entitlements.c.revision + 1),
                person,
            )
            outbox.wake(steps, person)
        audit.record_each(steps, "person.changed", person)
        steps.answer(person)

    return Unit(define)


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
        folded=fold_person(person.name, person.attributes),
        **act.parameters(),
    )
    return made or person.id


async def update_person(
    engine: Engine, organisation_id: str, person: Person, *, seen: Seen, changed: Sequence[str], act: Act
) -> bool:
    """Change a person; the entitlements *changed* are to be issued anew. Say whether it was as it was *seen*."""
    seen_name, seen_attributes, seen_groups = seen
    given: dict[str, Value] = {f"entitlement_id_{number}": id_ for number, id_ in enumerate(changed)}
    rows = await engine.run(
        _update(len(changed)),
        organisation_id=organisation_id,
        id=person.id,
        name=person.name,
        attributes=to_json(person.attributes),
        groups=to_json(person.groups),
        folded=fold_person(person.name, person.attributes),
        seen_name=seen_name,
        seen_attributes=seen_attributes,
        seen_groups=seen_groups,
        **given,
        **act.parameters(),
    )
    return bool(rows)


async def get(engine: Engine, organisation_id: str, person_id: str) -> Person | None:
    """Return one person of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=person_id)
    return records.read(Person, rows[0]) if rows else None


async def see(engine: Engine, organisation_id: str, person_id: str) -> tuple[Person, Seen] | None:
    """Return one person of the organisation, and what `update_person` must still find there."""
    rows = await engine.fetch(_TO_CHANGE, organisation_id=organisation_id, id=person_id)
    return (records.read(Person, rows[0][:-3]), rows[0][-3:]) if rows else None


async def page(engine: Engine, organisation_id: str, *, after: str = "") -> list[Person]:
    """Return up to 101 people with ids above *after*: one more than a page, to tell whether there is a next."""
    return records.read_all(Person, await engine.fetch(_PAGE, organisation_id=organisation_id, after=after))
