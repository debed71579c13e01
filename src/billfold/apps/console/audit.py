"""The audit, searched and paged: `/o/{slug}/audit`."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store import audit_search, credential_types, presentation_requests, staff
from billfold.adapters.store.audit_search import NamedEntry, Sought
from billfold.adapters.store.staff import Staff
from billfold.apps.console.staff_names import names_of_staff
from billfold.apps.console.visit import Visit, with_query
from billfold.roles.operator.staff import actor_of

PAGE_SIZE = 50
_FIRST_YEAR, _LAST_YEAR = 1970, 9000  # beyond, instants in zones overflow


@get("/o/{slug:str}/audit", opt={"permission": "see"})
async def show(
    visit: NamedDependency[Visit],
    *,
    q: FromQuery[str] = "",
    actor: FromQuery[str] = "",
    action: FromQuery[str] = "",
    person: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """Show who did what to whom, when and why, newest first."""
    store, organisation_id = visit.parts.store, visit.organisation.id
    chosen = {"q": q, "actor": actor, "action": action, "person": person, "since": since, "until": until}
    chosen = {name: value.replace("\0", "")[:200] for name, value in chosen.items()}
    last = _day(visit, chosen["until"])
    sought = Sought(
        words=chosen["q"],
        actor=chosen["actor"],
        action=chosen["action"],
        person_id=chosen["person"],
        since=_day(visit, chosen["since"]),
        until=last + timedelta(days=1) if last else None,
    )
    found = await audit_search.search(store, organisation_id, sought, most=PAGE_SIZE + 1, before=before or None)
    here = f"{visit.home}/audit"
    members = await staff.of_organisation(store, organisation_id)
    more = len(found) > PAGE_SIZE
    return visit.page(
        "audit.html",
        found=found[:PAGE_SIZE],
        chosen=chosen,
        actions=await audit_search.actions(store, organisation_id),
        members=[(actor_of(m), m.name) for m in members],
        subject_of=await _subjects(visit, members),
        names=await names_of_staff(visit),
        following=with_query(here, **chosen, before=found[PAGE_SIZE - 1].entry.id) if more else "",
        newest=with_query(here, **chosen) if before else "",
    )


async def _subjects(visit: Visit, members: list[Staff]) -> Callable[[NamedEntry], str]:
    """Return what says in words what an entry is about, beside the person."""
    store, organisation_id, words = visit.parts.store, visit.organisation.id, visit.words
    types = {
        each.slug: words.local(each.definition.names)
        for each in await credential_types.of_organisation(store, organisation_id)
    }
    templates = {
        each.id: words.local(each.definition.names)
        for each in await presentation_requests.templates_of(store, organisation_id)
    }
    of_staff = {member.id: member.name for member in members}

    def subject_of(found: NamedEntry) -> str:
        return (
            types.get(found.credential_type or "", "")
            or templates.get(found.template_id or "", "")
            or found.api_key
            or of_staff.get(found.entry.subject_id or "", "")
        )

    return subject_of


def _day(visit: Visit, typed: str) -> datetime | None:
    """Return the beginning of a day in the organisation's zone, or None where no day of our times was given."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        return None
    return datetime.combine(day, time(), visit.words.zone) if _FIRST_YEAR <= day.year <= _LAST_YEAR else None
