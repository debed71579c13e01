"""POST to the notification endpoint (OpenID4VCI 1.0 section 11)."""

from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.message import Request, Response
from billfold.core.openid4vci.notification import parse_notification_request
from billfold.roles.issuer import pairing


async def post(desk: Desk, request: Request) -> Response:
    """Keep what became of a Credential on the device; the same said twice changes nothing more."""
    issuer = await desk.issuer(request)
    access, _ = await desk.living_pairing(issuer, request, f"{issuer.identifier}/notification")
    told = parse_notification_request(request.body, request.value("content-type"))
    await pairing.notify(desk.parts, access, told, reference=request.reference)
    return Response(204, content_type=None, headers=desk.fresh())
