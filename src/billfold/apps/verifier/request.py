"""GET and POST the request object (OpenID4VP 1.0 section 5.10)."""

from billfold.apps.protocol.message import Request, Response
from billfold.apps.verifier.counter import Counter
from billfold.core.oauth.form import parse_form
from billfold.core.openid4vp.request import MEDIA_TYPE, read_wallet_nonce
from billfold.roles.verifier.request import open_request


async def serve(counter: Counter, request: Request) -> Response:
    """Return the signed request object; asked for by POST, with the wallet's nonce in it."""
    verifier = await counter.verifier(request)
    token, nonce = request.parameters["token"], wallet_nonce_of(request)
    signed = await open_request(counter.parts, verifier, token, wallet_nonce=nonce)
    return Response(200, signed.encode(), MEDIA_TYPE)


def wallet_nonce_of(request: Request) -> str | None:
    """Return the nonce that a wallet posted; None where it gave none.

    Raises:
        RequestRefused: what it posted is no such form.
    """
    if request.method != "POST" or not request.body:
        return None
    return read_wallet_nonce(parse_form(request.body, request.value("content-type")))
