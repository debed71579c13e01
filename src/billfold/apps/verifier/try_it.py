"""GET and POST a request object that is made anew each time: the person tries a new Cred (OpenID4VP 1.0 5.10)."""

from billfold.apps.protocol.message import Request, Response
from billfold.apps.verifier.counter import Counter
from billfold.apps.verifier.request import wallet_nonce_of
from billfold.core.openid4vp.request import MEDIA_TYPE
from billfold.roles.verifier.try_it import open_trial


async def serve(counter: Counter, request: Request) -> Response:
    """Return the signed request object of a new request."""
    verifier = await counter.verifier(request)
    nonce = wallet_nonce_of(request)
    signed = await open_trial(counter.parts, verifier, wallet_nonce=nonce, reference=request.reference)
    return Response(200, signed.encode(), MEDIA_TYPE)
