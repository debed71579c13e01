"""The audit: who did what to whom, when and why."""

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store import audit
from billfold.apps.api.caller import Caller
from billfold.apps.api.messages import AuditEntryView, Page

PAGE_SIZE = 100


class AuditController(Controller):
    """`/audit`."""

    path = "/audit"
    tags = ("Audit",)
    opt = {"scope": "audit"}  # noqa: RUF012  # Litestar's own form

    @get(summary="Read the audit")
    async def list(
        self,
        caller: NamedDependency[Caller],
        before: FromQuery[str | None] = None,
        person_id: FromQuery[str | None] = None,
    ) -> Page[AuditEntryView]:
        """Return up to 100 entries, newest first; `before` is the `next` of the page before."""
        found = await audit.newest(
            caller.parts.store, caller.organisation.id, most=PAGE_SIZE + 1, before=before, person_id=person_id
        )
        following = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
        return Page([_view(entry) for entry in found[:PAGE_SIZE]], following)


def _view(entry: audit.AuditEntry) -> AuditEntryView:
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
