"""What the verifier's endpoints share: which requester a path names, and how an error is answered."""

from dataclasses import dataclass

from billfold.apps.protocol.message import Request
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
