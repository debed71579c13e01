"""GET whether this process lives, and whether it can serve: for whoever restarts it, and for whoever sends requests."""

from billfold.adapters.store import organisations
from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.message import Request, Response
from billfold.errors import BillfoldError


async def live(_desk: Desk, _request: Request) -> Response:
    """Answer at all."""
    return Response(200, b'{"status":"live"}')


async def ready(desk: Desk, _request: Request) -> Response:
    """Answer once the store answers."""
    try:
        await organisations.every(desk.parts.store)
    except (BillfoldError, OSError):
        return Response(503, b'{"status":"store_unreachable"}')
    return Response(200, b'{"status":"ready"}')
