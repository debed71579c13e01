"""People of the directory."""

from litestar import Controller, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from billfold.adapters.store import directory, people
from billfold.adapters.store.directory import Filter
from billfold.adapters.store.records import Person
from billfold.apps.api.caller import Caller, IdempotencyKey
from billfold.apps.api.messages import (
    DeviceReplacement,
    FoundPeople,
    NewPerson,
    Page,
    PairingCodeView,
    PersonChange,
    PersonView,
)
from billfold.apps.api.pairings import code_view, wanted_way
from billfold.apps.api.problems import Refused
from billfold.roles.issuer.people import add, change, find
from billfold.roles.issuer.replacement import replace_device

PAGE_SIZE = 100
MAX_BODY_BYTES = 12 * 1024 * 1024  # with a picture as a phone takes it, which is made to fit
MAX_REASON_CHARACTERS = 500
MOST_PAGES, LONGEST_QUERY = 4000, 200


class PeopleController(Controller):
    """`/people`."""

    path = "/people"
    tags = ("People",)
    opt = {"scope": "people"}  # noqa: RUF012  # Litestar's own form
    request_max_body_size = MAX_BODY_BYTES

    @post(summary="Add a person")
    async def create(
        self, caller: NamedDependency[Caller], data: JSONBody[NewPerson], idempotency_key: IdempotencyKey = None
    ) -> PersonView:
        """Add a person to the directory."""
        made = await add(
            caller.parts,
            await caller.office.issuers.get(caller.organisation.slug),
            caller.organisation.id,
            name=data.name,
            attributes=data.attributes,
            groups=data.groups,
            act=caller.act(),
            asked_once=caller.once(idempotency_key, data),
        )
        return _person(made)

    @get(summary="List people")
    async def list(self, caller: NamedDependency[Caller], after: FromQuery[str] = "") -> Page[PersonView]:
        """Return up to 100 people in the order they were added."""
        found = await people.page(caller.parts.store, caller.organisation.id, after=after)
        following = found[PAGE_SIZE - 1].id if len(found) > PAGE_SIZE else None
        return Page([_person(p) for p in found[:PAGE_SIZE]], following)

    @get("/search", summary="Search people")
    async def search(
        self,
        caller: NamedDependency[Caller],
        q: FromQuery[str] = "",
        which: FromQuery[Filter] = "all",
        page: FromQuery[int] = 1,
    ) -> FoundPeople:
        """Return a page of 25 people who hold every word of `q`, tolerantly, and how many each filter would find."""
        first = (min(max(page, 1), MOST_PAGES) - 1) * directory.PAGE_SIZE
        found = await directory.find(
            caller.parts.store,
            caller.organisation.id,
            q.replace("\0", "")[:LONGEST_QUERY],
            which,
            first=first,
            now=caller.parts.now(),
        )
        return FoundPeople(
            [_person(each.person) for each in found.people],
            {str(name): count for name, count in found.counts.items()},
            found.tolerant,
        )

    @get("/{person_id:str}", summary="Get a person")
    async def get(self, caller: NamedDependency[Caller], person_id: FromPath[str]) -> PersonView:
        """Return one person."""
        return _person(await find(caller.parts, caller.organisation.id, person_id))

    @patch("/{person_id:str}", summary="Change a person")
    async def change(
        self, caller: NamedDependency[Caller], person_id: FromPath[str], data: JSONBody[PersonChange]
    ) -> PersonView:
        """Change what is given; paired devices are woken for the Creds whose fields differ now."""
        changed = await change(
            caller.parts,
            await caller.office.issuers.get(caller.organisation.slug),
            caller.organisation.id,
            person_id,
            name=data.name,
            attributes=data.attributes,
            groups=data.groups,
            act=caller.act(),
        )
        return _person(changed)

    @post("/{person_id:str}/replace-device", summary="Replace a device", opt={"scope": "pairings"})
    async def replace_device(
        self,
        caller: NamedDependency[Caller],
        person_id: FromPath[str],
        data: JSONBody[DeviceReplacement],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[PairingCodeView]:
        """End the old pairing, make its Creds invalid, and make a pairing code for the new device."""
        if not 0 < len(data.checked_how.strip()) <= MAX_REASON_CHARACTERS:
            raise Refused(400, "bad_check", f"expected checked_how of 1 to {MAX_REASON_CHARACTERS} characters")
        shown = await replace_device(
            caller.parts,
            await caller.issuer(),
            person_id=person_id,
            way=wanted_way(data),
            act=caller.act(f"{data.reason}; checked: {data.checked_how.strip()}"),
            asked_once=caller.once(idempotency_key, data),
        )
        return Response(code_view(shown), status_code=201, headers={"Cache-Control": "no-store"})


def _person(person: Person) -> PersonView:
    return PersonView(person.id, person.name, person.attributes, list(person.groups), person.created_at)
