"""POST to the nonce endpoint (OpenID4VCI 1.0 section 7)."""

from billfold.apps.issuer.desk import Desk
from billfold.apps.protocol.message import Request, Response
from billfold.core.openid4vci.nonce import build_nonce_response


async def post(desk: Desk, request: Request) -> Response:
    """Return a fresh `c_nonce`."""
    await desk.issuer(request)
    return Response(200, build_nonce_response(desk.nonces.new_c_nonce()), headers=desk.fresh())
