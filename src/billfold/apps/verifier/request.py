"""GET and POST the request object (OpenID4VP 1.0 section 5.10)."""

from billfold.apps.protocol.message import Request, Response
from billfold.apps.verifier.counter import Counter
from billfold.core.oauth.form import parse_form
from billfold.core.openid4vp.request import MEDIA_TYPE, read_wallet_nonce
from billfold.roles.verifier.request import open_request


async def get(counter: Counter, request: Request) -> Response:
    """Return the signed request object."""
    return await _serve(counter, request, wallet_nonce=None)


async def post(counter: Counter, request: Request) -> Response:
    """Return the signed request object with the wallet's nonce in it."""
    wallet_nonce = read_wallet_nonce(parse_form(request.body, request.value("content-type"))) if request.body else None
    return await _serve(counter, request, wallet_nonce=wallet_nonce)


async def _serve(counter: Counter, request: Request, *, wallet_nonce: str | None) -> Response:
    verifier = await counter.verifier(request)
    token = request.parameters["token"]
    signed = await open_request(counter.parts, verifier, token, wallet_nonce=wallet_nonce)
    return Response(200, signed.encode(), MEDIA_TYPE)
