"""GET an offer by reference (OpenID4VCI 1.0 section 4.1.3)."""

from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.message import Request, Response
from billfold.core.openid4vci.offer import encode_offer
from billfold.roles.issuer import offer


async def get(desk: Desk, request: Request) -> Response:
    """Return the offer behind the token in the path."""
    issuer = await desk.issuer(request)
    return Response(200, encode_offer(await offer.open_offer(desk.parts, issuer, request.parameters["token"])))
