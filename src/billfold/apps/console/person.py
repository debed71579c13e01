"""One person: `/o/{slug}/people/{person_id}`."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from billfold.apps.console.people import number_of, team_of
from billfold.apps.console.person_view import view_person
from billfold.apps.console.staff_names import names_of_staff
from billfold.apps.console.visit import Visit
from billfold.roles.issuer.attribute import attributes_of

SHOWN_ENTRIES = 8
DONE_TO_ALL = ("all_suspend", "all_resume", "end", "added", "edited", "sent_again")
DONE = ("suspend", "resume", "revoke", "issue", *DONE_TO_ALL)


@get("/o/{slug:str}/people/{person_id:str}", opt={"permission": "see"})
async def show(
    visit: NamedDependency[Visit],
    person_id: FromPath[str],
    done: FromQuery[str] = "",
    cred: FromQuery[str] = "",
) -> Response[str]:
    """Show the person; *done* says what was just done, to which *cred*."""
    issuer = await visit.issuer()
    view = await view_person(visit, issuer, person_id)
    touched = next((each for each in view.held if each.entitlement.id == cred), None)
    return visit.page(
        "person.html",
        view=view,
        person=view.person,
        number=number_of(view.person),
        team=team_of(view.person),
        done=done if done in DONE else "",
        touched=touched,
        labels={name: visit.words.local(each.labels) for name, each in attributes_of(issuer.types.values()).items()},
        entries=view.audit[:SHOWN_ENTRIES],
        names=await names_of_staff(visit),
    )
