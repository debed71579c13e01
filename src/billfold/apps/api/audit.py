"""The audit: who did what to whom, when and why."""

from datetime import datetime

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store import audit_search
from billfold.adapters.store.audit_search import NamedEntry, Sought
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import AuditEntryView, Page
from billfold.apps.api.problems import Refused

PAGE_SIZE = 100
LONGEST_QUERY = 200


class AuditController(Controller):
    """`/audit`."""

    path = "/audit"
    tags = ("Audit",)
    opt = {"scope": "audit"}  # noqa: RUF012  # Litestar's own form

    @get(summary="Search the audit")
    async def list(
        self,
        caller: NamedDependency[Caller],
        *,
        before: FromQuery[str | None] = None,
        person_id: FromQuery[str | None] = None,
        q: FromQuery[str] = "",
        actor: FromQuery[str] = "",
        action: FromQuery[str] = "",
        since: FromQuery[str] = "",
        until: FromQuery[str] = "",
    ) -> Page[AuditEntryView]:
        """Return up to 100 entries, newest first; `before` is the `next` of the page before.

        `q` is looked for in reasons and in people's names and values, or is a whole reference; `since` and `until`
        bound the time (RFC 3339), the latter not included.
        """
        sought = Sought(
            words=q.replace("\0", "")[:LONGEST_QUERY],
            actor=actor,
            action=action,
            person_id=person_id or "",
            since=_instant(since),
            until=_instant(until),
        )
        found = await audit_search.search(
            caller.parts.store, caller.organisation.id, sought, most=PAGE_SIZE + 1, before=before
        )
        following = found[PAGE_SIZE - 1].entry.id if len(found) > PAGE_SIZE else None
        return Page([_view(each) for each in found[:PAGE_SIZE]], following)


def _instant(text: str) -> datetime | None:
    if not text:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as exc:
        raise Refused(400, "bad_instant", "expected an instant of RFC 3339") from exc
    if instant.tzinfo is None:
        raise Refused(400, "bad_instant", "expected an instant with its offset from UTC")
    return instant


def _view(named: NamedEntry) -> AuditEntryView:
    entry = named.entry
    return AuditEntryView(
        entry.id,
        entry.at,
        entry.actor,
        entry.action,
        entry.person_id,
        entry.subject_id,
        entry.reason,
        entry.reference,
    )
