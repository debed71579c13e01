"""One organisation as a credential issuer: identifier, endpoints, Cred types, key, and the documents it serves."""

from dataclasses import dataclass

from billfold.adapters.store import credential_types, organisations
from billfold.adapters.store.records import CredentialType, Organisation
from billfold.core.oauth import metadata as oauth_metadata
from billfold.core.openid4vci.metadata import (
    BatchIssuance,
    BillfoldPairing,
    CredentialIssuerMetadata,
    Image,
    IssuerDisplay,
    Support,
)
from billfold.core.openid4vp.request import request_link
from billfold.core.sdjwt.issue import encode_header
from billfold.core.webpush.vapid import key_text
from billfold.roles.issuer.credential_type import OfferedType
from billfold.roles.issuer.news import sender_key
from billfold.roles.organisation import ISSUER, REQUESTER, Signer, identifier_of, signer_of, try_it_url
from billfold.roles.parts import Parts

BATCH_SIZE = 8
SD_JWT_VC_TYP = "dc+sd-jwt"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An organisation that issues, ready to act.

    Attributes:
        identifier: its credential issuer identifier, which is its authorization server's too.
        header_b64u: the protected header of everything that it signs as SD-JWT VC.
        types: by slug, in their newest versions.
        offered: the same, as the standards describe them.
    """

    organisation: Organisation
    identifier: str
    signer: Signer
    header_b64u: str
    types: dict[str, CredentialType]
    offered: dict[str, OfferedType]
    metadata: CredentialIssuerMetadata

    @property
    def id(self) -> str:
        """The organisation's id."""
        return self.organisation.id

    @property
    def credential_endpoint(self) -> str:
        """Where Creds are asked for."""
        return f"{self.identifier}/credential"

    @property
    def token_endpoint(self) -> str:
        """Where codes and refresh tokens are spent."""
        return f"{self.identifier}/token"

    def authorization_server_metadata(self) -> oauth_metadata.AuthorizationServerMetadata:
        """Return what its authorization server says of itself."""
        return oauth_metadata.own_metadata(self.identifier, token_endpoint=self.token_endpoint)


async def load_issuer(parts: Parts, slug: str) -> Issuer | None:
    """Return the issuer *slug*, or None when no organisation of that name issues."""
    organisation = await organisations.by_slug(parts.store, slug)
    if organisation is None or ISSUER not in organisation.settings.roles:
        return None
    identifier = identifier_of(parts, slug)
    types = {t.slug: t for t in await credential_types.of_organisation(parts.store, organisation.id)}
    signer = await signer_of(parts, organisation.id, ISSUER)
    header = encode_header({"alg": "ES256", "typ": SD_JWT_VC_TYP, "x5c": signer.x5c})
    vapid_key = key_text(sender_key(parts, organisation.id).public())
    offered = {each: OfferedType.of(identifier, slug, credential_type) for each, credential_type in types.items()}
    metadata = _metadata(organisation, identifier, offered, vapid_key, await _try_it(parts, organisation))
    return Issuer(organisation, identifier, signer, header, types, offered, metadata)


async def _try_it(parts: Parts, organisation: Organisation) -> str | None:
    """Return the link that asks for a Cred of its own, anew for each wallet that follows it."""
    if not organisation.settings.try_it or REQUESTER not in organisation.settings.roles:
        return None
    signer = await signer_of(parts, organisation.id, REQUESTER)
    return request_link(signer.client_id, try_it_url(parts, organisation.slug))


def _metadata(
    organisation: Organisation,
    identifier: str,
    offered: dict[str, OfferedType],
    vapid_public_key: str,
    try_it: str | None,
) -> CredentialIssuerMetadata:
    support, look = organisation.settings.support, organisation.settings.look
    return CredentialIssuerMetadata(
        credential_issuer=identifier,
        credential_endpoint=f"{identifier}/credential",
        nonce_endpoint=f"{identifier}/nonce",
        notification_endpoint=f"{identifier}/notification",
        batch_credential_issuance=BatchIssuance(BATCH_SIZE),
        display=(IssuerDisplay(organisation.name, "en", Image(look.logo) if look.logo else None),),
        credential_configurations_supported={slug: each.configuration for slug, each in offered.items()},
        billfold_pairing=BillfoldPairing(
            pairing_endpoint=f"{identifier}/pairing",
            vapid_public_key=vapid_public_key,
            support=Support(support.email, support.phone, support.url),
            try_it=try_it,
        ),
    )
