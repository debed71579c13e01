"""POST to the token endpoint (OpenID4VCI 1.0 section 6, RFC 6749 sections 5 and 6, RFC 9449 sections 5 and 8)."""

from billfold.apps.issuer.desk import Desk, signed
from billfold.apps.protocol.message import Request, Response
from billfold.core.oauth.form import parse_form
from billfold.core.oauth.token import RefreshTokenGrant, build_token_response, parse_token_request
from billfold.errors import RequestRefused
from billfold.roles.issuer import token


async def post(desk: Desk, request: Request) -> Response:
    """Answer a pre-authorized code or a refresh token with tokens bound to the device's key."""
    issuer = await desk.issuer(request)
    grant = parse_token_request(parse_form(request.body, request.value("content-type")))
    sent = signed(request, issuer.token_endpoint)
    if isinstance(grant, RefreshTokenGrant):
        if not sent.dpop:
            raise RequestRefused("invalid_dpop_proof", "expected a DPoP proof, refresh tokens are bound to a key")
        answer = await token.refresh(desk.parts, issuer, grant, desk.proofs.check(sent))
    else:
        proof = desk.proofs.check(sent) if sent.dpop else None
        answer = await token.redeem_code(desk.parts, issuer, grant, proof, reference=request.reference)
    return Response(200, build_token_response(answer), headers=desk.fresh())
