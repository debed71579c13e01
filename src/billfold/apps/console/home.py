"""The organisation's address on the console's host leads to the first screen that its roles have."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from billfold.apps.console.page import go_to
from billfold.apps.console.visit import Visit
from billfold.roles.organisation import ISSUER
from billfold.roles.parts import NotFound


@get("/o/{slug:str}", opt={"permission": "see"})
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Go to the people, or to the audit where nothing is issued."""
    issues = ISSUER in visit.organisation.settings.roles
    return go_to(f"{visit.home}/{'people' if issues else 'audit'}")


@get("/o/{slug:str}/{rest:path}")
async def missing(visit: NamedDependency[Visit], rest: FromPath[str]) -> Response[str]:  # noqa: ARG001  # as routed
    """Answer every other address of an organisation with a page."""
    raise NotFound("expected the address of a page")
