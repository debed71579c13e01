"""People: searched, filtered, counted and paged: `/o/{slug}/people`."""

import re
from dataclasses import dataclass
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery

from billfold.adapters.store import directory
from billfold.adapters.store.directory import FILTERS, PAGE_SIZE, Filter, Found, Listed
from billfold.adapters.store.records import Person
from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit, with_query

MOST_PAGES = 4000
ALWAYS_SHOWN: tuple[Filter, ...] = ("all", "paired", "no_device", "suspended")  # the others where there is somebody
_REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}\Z")
_TEAMS = ("team", "department", "faculty", "unit")


@dataclass(frozen=True, slots=True)
class Row:
    """One person as the table shows them."""

    listed: Listed
    state: str
    number: str
    team: str
    email: str

    @property
    def person(self) -> Person:
        """The person."""
        return self.listed.person


@get("/o/{slug:str}/people", opt={"permission": "see"})
async def show(
    visit: NamedDependency[Visit],
    q: FromQuery[str] = "",
    which: FromQuery[str] = "all",
    page: FromQuery[int] = 1,
) -> Response[str]:
    """Show a page of people; a reference leads to the person it is about."""
    await visit.issuer()
    typed = q.replace("\0", "").strip()[:200]
    if _REFERENCE.match(typed.upper()):
        person_id = await directory.person_of_reference(visit.parts.store, visit.organisation.id, typed.upper())
        if person_id is not None:
            return go_to(f"{visit.home}/people/{person_id}")
    chosen = next((each for each in FILTERS if each == which), FILTERS[0])
    number = min(max(page, 1), MOST_PAGES)
    found = await directory.find(
        visit.parts.store,
        visit.organisation.id,
        typed,
        chosen,
        first=(number - 1) * PAGE_SIZE,
        now=visit.parts.now(),
    )
    return visit.page("people.html", **_shown(visit, found, typed, chosen, number))


def number_of(person: Person) -> str:
    """Return the number by which the organisation knows a person."""
    return str(next((value for name, value in person.attributes.items() if name.endswith("number")), ""))


def team_of(person: Person) -> str:
    """Return where in the organisation a person belongs."""
    return str(next((person.attributes[name] for name in _TEAMS if name in person.attributes), ""))


def _shown(visit: Visit, found: Found, typed: str, chosen: Filter, number: int) -> dict[str, Any]:
    here = f"{visit.home}/people"
    kept = "" if chosen == "all" else chosen
    total, first = found.counts[chosen], (number - 1) * PAGE_SIZE
    previous = with_query(here, q=typed, which=kept, page=str(number - 1)) if number > 1 else ""
    following = with_query(here, q=typed, which=kept, page=str(number + 1)) if first + PAGE_SIZE < total else ""
    return {
        "rows": [_row(each) for each in found.people],
        "filters": [
            (each, with_query(here, q=typed, which="" if each == "all" else each), found.counts[each])
            for each in FILTERS
            if each in ALWAYS_SHOWN or each == chosen or found.counts[each]
        ],
        "typed": typed,
        "chosen": chosen,
        "kept": kept,
        "tolerant": found.tolerant,
        "total": total,
        "first": first + 1,
        "last": first + len(found.people),
        "previous": previous,
        "following": following,
    }


def _row(listed: Listed) -> Row:
    state = "no_device"
    if listed.suspended:
        state = "suspended"
    elif listed.last_contact_at is not None:
        state = "active"
    elif listed.waiting:
        state = "waiting"
    person = listed.person
    return Row(listed, state, number_of(person), team_of(person), str(person.attributes.get("email", "")))
