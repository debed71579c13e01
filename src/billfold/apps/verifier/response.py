"""POST to the response_uri (OpenID4VP 1.0 sections 8.2 and 8.3.1)."""

from billfold.apps.protocol.message import Request, Response
from billfold.apps.verifier.counter import Counter
from billfold.core.oauth.form import parse_form
from billfold.core.openid4vp.response import MAX_RESPONSE_BYTES, build_answer
from billfold.roles.verifier.verification import receive


async def post(counter: Counter, request: Request) -> Response:
    """Take the wallet's answer, or its refusal."""
    verifier = await counter.verifier(request)
    form = parse_form(request.body, request.value("content-type"), max_bytes=MAX_RESPONSE_BYTES)
    received = await receive(
        counter.parts,
        verifier,
        counter.status_tokens,
        request.parameters["token"],
        form,
        reference=request.reference,
    )
    return Response(200, build_answer(redirect_uri=received.redirect_uri))
