"""The audit as staff look through it: by words, person, action and time, with the names of the people concerned."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import FromClause, and_, func, or_, select

from billfold.adapters.store.audit import AuditEntry
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.folding import fold
from billfold.adapters.store.records import to_instant, to_micros
from billfold.adapters.store.requester_tables import presentation_requests, presentation_templates
from billfold.adapters.store.tables import api_keys, audit_entries, credentials, entitlements, people
from billfold.adapters.store.type_tables import credential_types
from billfold.adapters.store.unit import Query, integer, text

_LAST = "~"  # sorts after every id
_COLUMNS = ("id", "at", "actor", "action", "person_id", "subject_id", "reason", "reference")


@dataclass(frozen=True, slots=True)
class NamedEntry:
    """An entry, with the name of the person whom it is about.

    Attributes:
        credential_type: the slug of the Cred type that it is about, or whose Cred.
        template_id: of the template that it is about, or whose request.
        api_key: the name of the API key that it is about.
    """

    entry: AuditEntry
    person_name: str | None
    credential_type: str | None
    template_id: str | None
    api_key: str | None


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


_SUBJECTS = (entitlements, credentials, credential_types, presentation_requests, presentation_templates, api_keys)


def _with_names() -> FromClause:
    """Return the entries beside whom and what they are about, each looked up by its primary key."""
    joined: FromClause = audit_entries.outerjoin(
        people, and_(people.c.id == audit_entries.c.person_id, people.c.organisation_id == text("organisation_id"))
    )
    for table in _SUBJECTS:
        ours = and_(table.c.id == audit_entries.c.subject_id, table.c.organisation_id == text("organisation_id"))
        joined = joined.outerjoin(table, ours)
    return joined


_SEARCH = Query(
    select(
        *(audit_entries.c[name] for name in _COLUMNS),
        people.c.name,
        func.coalesce(entitlements.c.credential_type, credentials.c.credential_type, credential_types.c.slug),
        func.coalesce(presentation_requests.c.template_id, presentation_templates.c.id),
        api_keys.c.name,
    )
    .select_from(_with_names())
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
    return [NamedEntry(AuditEntry(row[0], to_instant(row[1]), *row[2:8]), *row[8:12]) for row in rows]


async def actions(engine: Engine, organisation_id: str) -> list[str]:
    """Return the kinds of actions that the audit holds."""
    return [str(row[0]) for row in await engine.fetch(_ACTIONS, organisation_id=organisation_id)]


def _holding(words: str) -> str:
    for letter in ("\\", "%", "_"):
        words = words.replace(letter, f"\\{letter}")
    return f"%{words}%"
