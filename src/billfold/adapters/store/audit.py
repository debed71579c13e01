"""Audit entries: written by the unit that does the act, so neither is ever without the other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select

from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import to_instant, to_micros
from billfold.adapters.store.tables import audit_entries
from billfold.adapters.store.unit import Query, Rows, Steps, Value, integer, text


@dataclass(frozen=True, slots=True)
class Act:
    """Who does something, why, and under which reference it is found again.

    Attributes:
        id: of the audit entry, UUIDv7.
        actor: "api:NAME", "wallet" or "system".
    """

    id: str
    at: datetime
    actor: str
    reference: str | None = None
    reason: str | None = None

    def parameters(self) -> dict[str, Value]:
        """Return what `record` expects to be given."""
        return {
            "audit_id": self.id,
            "now": to_micros(self.at),
            "actor": self.actor,
            "reference": self.reference,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to whom, when and why."""

    id: str
    at: datetime
    actor: str
    action: str
    person_id: str | None
    subject_id: str | None
    reason: str | None
    reference: str | None


def record(
    steps: Steps,
    action: str,
    *,
    organisation_id: ColumnElement[Any],
    person_id: ColumnElement[Any] | None = None,
    subject_id: ColumnElement[Any] | None = None,
    of: Rows | None = None,
) -> None:
    """Add the step that records *action*, once for every row it hangs *of*; the unit is given `Act.parameters`."""
    values = {
        "id": text("audit_id"),
        "organisation_id": organisation_id,
        "at": integer("now"),
        "actor": text("actor"),
        "action": action,
        "person_id": person_id,
        "subject_id": subject_id,
        "reason": text("reason"),
        "reference": text("reference"),
    }
    steps.insert("audit", audit_entries, {name: value for name, value in values.items() if value is not None}, of)


def record_each(steps: Steps, action: str, rows: Rows) -> None:
    """Record *action* on each of *rows*: by `id`, `organisation_id` and, where they have one, `person_id`."""
    of_person = rows.c.get("person_id")
    record(
        steps, action, organisation_id=rows.c["organisation_id"], person_id=of_person, subject_id=rows.c["id"], of=rows
    )


_COLUMNS = ("id", "at", "actor", "action", "person_id", "subject_id", "reason", "reference")
_ENTRIES = select(*(audit_entries.c[name] for name in _COLUMNS)).where(
    audit_entries.c.organisation_id == text("organisation_id"), audit_entries.c.id < text("before")
)
_NEWEST = Query(_ENTRIES.order_by(audit_entries.c.id.desc()).limit(integer("most")))
_NEWEST_OF_PERSON = Query(
    _ENTRIES.where(audit_entries.c.person_id == text("person_id"))
    .order_by(audit_entries.c.id.desc())
    .limit(integer("most"))
)
_ABOUT = Query(
    select(*(audit_entries.c[name] for name in _COLUMNS))
    .where(
        audit_entries.c.organisation_id == text("organisation_id"),
        audit_entries.c.person_id == text("person_id"),
        audit_entries.c.subject_id == text("subject_id"),
    )
    .order_by(audit_entries.c.id)
)
# A thing's entries come after its making, and ids sort by time: few rows are looked at.
_REFERENCE = Query(
    select(audit_entries.c.reference)
    .where(
        audit_entries.c.organisation_id == text("organisation_id"),
        audit_entries.c.id > text("subject_id"),
        audit_entries.c.subject_id == text("subject_id"),
        audit_entries.c.action == text("action"),
    )
    .order_by(audit_entries.c.id.desc())
    .limit(1)
)
_LAST = "~"  # sorts after every id


async def newest(
    engine: Engine, organisation_id: str, *, most: int, before: str | None = None, person_id: str | None = None
) -> list[AuditEntry]:
    """Return the organisation's newest entries, or those of one person, newest first; *before* an id, page by page."""
    given: dict[str, Value] = {"organisation_id": organisation_id, "most": most, "before": before or _LAST}
    if person_id is None:
        rows = await engine.fetch(_NEWEST, **given)
    else:
        rows = await engine.fetch(_NEWEST_OF_PERSON, person_id=person_id, **given)
    return [AuditEntry(row[0], to_instant(row[1]), *row[2:]) for row in rows]


async def about(engine: Engine, organisation_id: str, person_id: str, subject_id: str) -> list[AuditEntry]:
    """Return everything that happened to one thing of a person's, oldest first."""
    rows = await engine.fetch(_ABOUT, organisation_id=organisation_id, person_id=person_id, subject_id=subject_id)
    return [AuditEntry(row[0], to_instant(row[1]), *row[2:]) for row in rows]


async def reference_of(engine: Engine, organisation_id: str, action: str, subject_id: str) -> str | None:
    """Return the reference under which *action* was last done to a thing."""
    rows = await engine.fetch(_REFERENCE, organisation_id=organisation_id, subject_id=subject_id, action=action)
    return rows[0][0] if rows else None
