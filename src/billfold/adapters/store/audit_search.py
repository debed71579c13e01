"""The audit as staff look through it: by words, person, action and time, with the names of the people concerned."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from billfold.adapters.store.audit import AuditEntry
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.folding import fold
from billfold.adapters.store.records import to_instant, to_micros
from billfold.adapters.store.tables import audit_entries, people
from billfold.adapters.store.unit import Query, integer, text

_LAST = "~"  # sorts after every id
_COLUMNS = ("id", "at", "actor", "action", "person_id", "subject_id", "reason", "reference")


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry, with the name of the person whom it is about."""

    entry: AuditEntry
    person_name: str | None


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for; an empty text and None stand for anything.

    Attributes:
        words: in a reason, or a person's name or values; or a whole reference.
        actor: exactly, as the audit has it.
        since: the earliest instant.
        until: the first instant that is too late.
    """

    words: str = ""
    actor: str = ""
    action: str = ""
    person_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


_SEARCH = Query(
    select(*(audit_entries.c[name] for name in _COLUMNS), people.c.name)
    .select_from(
        audit_entries.outerjoin(
            people,
            and_(people.c.id == audit_entries.c.person_id, people.c.organisation_id == text("organisation_id")),
        )
    )
    .where(
        audit_entries.c.organisation_id == text("organisation_id"),
        audit_entries.c.id < text("before"),
        audit_entries.c.at >= integer("since"),
        audit_entries.c.at < integer("until"),
        or_(text("actor") == "", audit_entries.c.actor == text("actor")),
        or_(text("action") == "", audit_entries.c.action == text("action")),
        or_(text("person_id") == "", audit_entries.c.person_id == text("person_id")),
        or_(
            text("pattern") == "%%",
            audit_entries.c.reference == text("reference"),
            people.c.folded.like(text("pattern"), escape="\\"),
            audit_entries.c.reason.like(text("typed_pattern"), escape="\\"),
        ),
    )
    .order_by(audit_entries.c.id.desc())
    .limit(integer("most"))
)
_ACTIONS = Query(
    select(audit_entries.c.action)
    .where(audit_entries.c.organisation_id == text("organisation_id"))
    .distinct()
    .order_by(audit_entries.c.action)
)
_ALWAYS = 2**62


async def search(
    engine: Engine, organisation_id: str, sought: Sought, *, most: int, before: str | None
) -> list[NamedEntry]:
    """Return up to *most* entries, newest first; *before* an id, page by page."""
    rows = await engine.fetch(
        _SEARCH,
        organisation_id=organisation_id,
        before=before or _LAST,
        since=0 if sought.since is None else to_micros(sought.since),
        until=_ALWAYS if sought.until is None else to_micros(sought.until),
        actor=sought.actor,
        action=sought.action,
        person_id=sought.person_id,
        reference=sought.words.strip().upper(),
        pattern=_holding(fold(sought.words)),
        typed_pattern=_holding(sought.words.strip()),
        most=most,
    )
    return [NamedEntry(AuditEntry(row[0], to_instant(row[1]), *row[2:8]), row[8]) for row in rows]


async def actions(engine: Engine, organisation_id: str) -> list[str]:
    """Return the kinds of actions that the audit holds."""
    return [str(row[0]) for row in await engine.fetch(_ACTIONS, organisation_id=organisation_id)]


def _holding(words: str) -> str:
    for letter in ("\\", "%", "_"):
        words = words.replace(letter, f"\\{letter}")
    return f"%{words}%"
