"""What the issuer's endpoints share: which issuer a path names, and how an error is answered."""

from dataclasses import dataclass

from billfold.adapters.store.pairings import Access
from billfold.apps.protocol.message import NO_STORE, Request, Response
from billfold.apps.protocol.router import refuse_other
from billfold.core.keys import DPOP_ALGORITHMS
from billfold.core.oauth.access_token import PresentedToken, build_challenges, read_access_token, scheme_of
from billfold.core.oauth.dpop import DpopProof
from billfold.core.oauth.error_response import build_error_response
from billfold.errors import BillfoldError, RequestRefused
from billfold.roles.issuer.access import living_pairing
from billfold.roles.issuer.credential import CredentialDesk
from billfold.roles.issuer.dpop import DeviceProofs, SignedRequest
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.issuer.nonce import Nonces
from billfold.roles.issuer.status import StatusEntries, StatusTokens
from billfold.roles.issuer.token import PairingEnded
from billfold.roles.organisation import Kept
from billfold.roles.parts import NotFound, Parts


class TokenMissing(RequestRefused):
    """No access token came: the 401 names no error (RFC 6750 3)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The parts of the issuer app, put together once."""

    parts: Parts
    issuers: Kept[Issuer]
    nonces: Nonces
    proofs: DeviceProofs
    credentials: CredentialDesk
    status_tokens: StatusTokens

    @classmethod
    def of(cls, parts: Parts) -> "Desk":
        """Put the issuer app's parts together."""
        nonces = Nonces(parts)
        proofs = DeviceProofs(parts, nonces)
        issuers: Kept[Issuer] = Kept(lambda slug: load_issuer(parts, slug), parts.now)
        credentials = CredentialDesk(parts, nonces, proofs, StatusEntries(parts))
        return cls(parts, issuers, nonces, proofs, credentials, StatusTokens(parts))

    async def issuer(self, request: Request) -> Issuer:
        """Return the issuer that the path names.

        Raises:
            NotFound: no organisation of that name issues.
        """
        issuer = await self.issuers.get(request.parameters["slug"])
        if issuer is None:
            raise NotFound("expected the address of an issuer of this installation")
        return issuer

    async def living_pairing(self, issuer: Issuer, request: Request, url: str) -> tuple[Access, DpopProof | None]:
        """Return the pairing that a request at the resource *url* speaks for, and its device's proof.

        Raises:
            RequestRefused: 401.
        """
        return await living_pairing(self.parts, issuer, self.proofs, access_token_of(request), signed(request, url))

    def fresh(self) -> dict[str, str]:
        """Return the headers of an answer that holds secrets and brings the next DPoP nonce (RFC 9449 8.2)."""
        return {"dpop-nonce": self.nonces.new_dpop_nonce(), **NO_STORE}

    def refuse(self, request: Request, exc: BillfoldError) -> Response:
        """Answer an error as OAuth and OpenID4VCI have it (RFC 6749 5.2, RFC 6750 3, RFC 9449 7.1)."""
        if not isinstance(exc, RequestRefused):
            return refuse_other(exc)
        headers = self.fresh()
        if exc.status in (401, 403):
            headers["www-authenticate"] = self._challenges(request, exc)
        if isinstance(exc, TokenMissing):
            return Response(401, content_type=None, headers=headers)
        ended = "ended" if isinstance(exc, PairingEnded) else None
        return Response(exc.status, build_error_response(exc, billfold_pairing=ended), headers=headers)

    def _challenges(self, request: Request, exc: RequestRefused) -> str:
        issuer = self.issuers.at_hand(request.parameters["slug"])
        return build_challenges(
            DPOP_ALGORITHMS,
            bearer_realm=issuer.identifier if issuer and issuer.organisation.settings.allow_bearer else None,
            error=None if isinstance(exc, TokenMissing) else exc.code,
            scheme=scheme_of(request.values("authorization")),
        )


def access_token_of(request: Request) -> PresentedToken:
    """Return the access token of the Authorization header.

    Raises:
        TokenMissing: there is none.
        RequestRefused: it is malformed.
    """
    token = read_access_token(request.values("authorization"))
    if token is None:
        raise TokenMissing("invalid_token", "expected an access token", status=401)
    return token


def signed(request: Request, url: str) -> SignedRequest:
    """Return what a DPoP proof of *request* must be about."""
    return SignedRequest(request.values("dpop"), request.method, url)
