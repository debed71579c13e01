"""What the verifier's endpoints share: which requester a path names, and how an error is answered."""

from dataclasses import dataclass

from billfold.apps.protocol.message import Request, Response
from billfold.core.oauth.error_response import build_error_response
from billfold.errors import BillfoldError, RequestRefused
from billfold.roles.organisation import Kept
from billfold.roles.parts import NotFound, Parts
from billfold.roles.verifier.status import StatusTokens
from billfold.roles.verifier.verifier import Verifier, load_verifier


@dataclass(frozen=True, slots=True)
class Counter:
    """The parts of the verifier app, put together once."""

    parts: Parts
    verifiers: Kept[Verifier]
    status_tokens: StatusTokens

    @classmethod
    def of(cls, parts: Parts) -> "Counter":
        """Put the verifier app's parts together."""
        verifiers: Kept[Verifier] = Kept(lambda slug: load_verifier(parts, slug), parts.now)
        return cls(parts, verifiers, StatusTokens(parts))

    async def verifier(self, request: Request) -> Verifier:
        """Return the requester that the path names.

        Raises:
            NotFound: no organisation of that name requests.
        """
        verifier = await self.verifiers.get(request.parameters["slug"])
        if verifier is None:
            raise NotFound("expected the address of a requester of this installation")
        return verifier


def refuse(_request: Request, exc: BillfoldError) -> Response:
    """Answer an error in JSON (OpenID4VP 8.2, RFC 6749 5.2)."""
    if isinstance(exc, RequestRefused):
        return Response(exc.status, build_error_response(exc))
    status, code = (404, "not_found") if isinstance(exc, NotFound) else (500, "server_error")
    return Response(status, build_error_response(RequestRefused(code, str(exc))))
