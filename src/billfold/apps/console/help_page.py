"""The public help page of an issuer: how to reach support, and what to do when the phone is gone."""

from litestar import Response, get
from litestar.di import NamedDependency

from billfold.apps.console.visit import Visit


@get("/o/{slug:str}/help")
async def show(visit: NamedDependency[Visit]) -> Response[str]:
    """Show the page to everybody."""
    return visit.page("help.html", support=visit.organisation.settings.support)
