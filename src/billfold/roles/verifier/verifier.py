"""One organisation as a requester: its key, what it is called on the wire, its templates."""

from dataclasses import dataclass, replace
from datetime import datetime

from billfold.adapters.store import organisations, presentation_requests
from billfold.adapters.store.records import Organisation, PresentationTemplate
from billfold.core.oauth.urls import host_of
from billfold.core.openid4vp.client_id import (
    Prefix,
    redirect_uri_client_id,
    x509_san_dns_client_id,
)
from billfold.roles.organisation import REQUESTER, Signer, requester_url, signers_of
from billfold.roles.parts import Parts


@dataclass(frozen=True, slots=True)
class Verifier:
    """An organisation that requests, ready to act.

    Attributes:
        url: the base of its endpoints.
        signers: its keys, oldest first: a request goes on under the key that it began with.
    """

    organisation: Organisation
    url: str
    signer: Signer
    signers: tuple[Signer, ...]
    templates: dict[str, PresentationTemplate]

    @property
    def id(self) -> str:
        """The organisation's id."""
        return self.organisation.id

    def as_of(self, instant: datetime) -> "Verifier":
        """Return the requester as it signed at *instant*."""
        signing = (signer for signer in reversed(self.signers) if signer.since <= instant)
        signer = next(signing, self.signers[0])
        return self if signer is self.signer else replace(self, signer=signer)

    def client_id(self, prefix: str, response_uri: str) -> str:
        """Return the client identifier of a request that is answered at *response_uri* (OpenID4VP 5.9.3)."""
        if prefix == Prefix.REDIRECT_URI:
            return redirect_uri_client_id(response_uri)
        if prefix == Prefix.X509_SAN_DNS:
            return x509_san_dns_client_id(host_of(self.url))
        return self.signer.client_id


async def load_verifier(parts: Parts, slug: str) -> Verifier | None:
    """Return the requester *slug*, or None when no organisation of that name requests."""
    organisation = await organisations.by_slug(parts.store, slug)
    if organisation is None or REQUESTER not in organisation.settings.roles:
        return None
    signers = tuple(await signers_of(parts, organisation.id, REQUESTER))
    templates = {t.slug: t for t in await presentation_requests.templates_of(parts.store, organisation.id)}
    url = requester_url(parts, slug)
    return Verifier(organisation, url, signers[-1], signers, templates).as_of(parts.now())
