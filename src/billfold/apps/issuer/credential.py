"""POST to the credential endpoint (OpenID4VCI 1.0 section 8)."""

from billfold.apps.issuer.desk import Desk, access_token_of, signed
from billfold.apps.protocol.message import Request, Response
from billfold.core.openid4vci.credential import build_credential_response, parse_credential_request


async def post(desk: Desk, request: Request) -> Response:
    """Issue what is asked for, one instance for each proven key."""
    issuer = await desk.issuer(request)
    access_token = access_token_of(request)
    asked = parse_credential_request(request.body, request.value("content-type"))
    issued = await desk.credentials.issue(
        issuer, access_token, asked, signed(request, issuer.credential_endpoint), reference=request.reference
    )
    body = build_credential_response(issued.sd_jwts, notification_id=issued.notification_id)
    return Response(200, body, headers=desk.fresh())
