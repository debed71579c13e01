"""Offer: look at what an issuer offers. Nothing is accepted and nothing kept.

Source: OpenID4VCI 1.0 sections 4.1 to 4.1.3, 13.5 and 13.6.2.
"""

from dataclasses import dataclass, field
from typing import Final

from billfold.core.oauth.metadata import AuthorizationServerMetadata
from billfold.core.openid4vci.metadata import FORMAT_SD_JWT_VC
from billfold.core.openid4vci.offer import (
    CredentialOffer,
    OfferByValue,
    PreAuthorizedGrant,
    TxCode,
    check_offer,
    parse_offer,
    parse_offer_link,
)
from billfold.errors import MetadataError
from billfold.roles.holder.link import LinkUnknown, Target
from billfold.roles.holder.metadata import (
    IssuerDocuments,
    fetch_authorization_server,
    fetch_issuer,
    in_english,
    type_name,
)
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import require_success

MAX_NAME_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class OfferedCred:
    """A Cred type on offer, in the issuer's own words."""

    configuration_id: str
    name: str
    description: str | None


@dataclass(frozen=True, slots=True)
class PairingReview:
    """What pairing would mean, for whoever is to decide.

    Attributes:
        issuer: the credential issuer identifier; the address to compare where *proven* is False.
        issuer_name: the certificate's where *proven*, else only the issuer's own word.
        offered: what the person would get now; the pairing covers later Creds of this issuer too.
        tx_code: what the PIN looks like and where it came from; None where none is needed.
    """

    issuer: str
    issuer_name: str
    proven: bool
    offered: tuple[OfferedCred, ...]
    tx_code: TxCode | None
    documents: IssuerDocuments = field(repr=False)
    authorization_server: AuthorizationServerMetadata = field(repr=False)
    offer: CredentialOffer = field(repr=False)
    grant: PreAuthorizedGrant = field(repr=False)

    @property
    def needs_tx_code(self) -> bool:
        """Whether a PIN is needed."""
        return self.tx_code is not None


async def look_at(parts: HolderParts, target: Target) -> PairingReview:
    """Fetch the offer behind *target* and its issuer's metadata, and put them side by side.

    Raises:
        LinkUnknown: *target* is a request.
        MetadataError: the offer or the metadata cannot be used.
        JoseError, TrustError: signed metadata fails its checks.
        PeerRefusal: the offer is used, run out or was never made.
        TransportError: the issuer did not answer.
    """
    if target.kind != "offer":
        raise LinkUnknown("expected a pairing link, got a request: review it instead", code="is_request")
    offer = await _fetch(parts, target.link)
    documents = await fetch_issuer(parts, offer.credential_issuer)
    metadata = documents.metadata
    check_offer(
        offer,
        configuration_ids=metadata.credential_configurations_supported.keys(),
        authorization_servers=metadata.authorization_servers,
    )
    grant = offer.pre_authorized
    if grant is None:
        raise MetadataError("expected a pairing code, this wallet cannot sign in with an issuer")
    server = await fetch_authorization_server(parts, documents, grant.authorization_server)
    return PairingReview(
        issuer=documents.identifier,
        issuer_name=documents.name,
        proven=documents.proven,
        offered=tuple(_offered(documents, name) for name in offer.credential_configuration_ids),
        tx_code=grant.tx_code,
        documents=documents,
        authorization_server=server,
        offer=offer,
        grant=grant,
    )


async def _fetch(parts: HolderParts, link: str) -> CredentialOffer:
    found = parse_offer_link(link, allow_loopback_http=parts.allow_loopback_http)
    if isinstance(found, OfferByValue):
        return found.offer
    answer = require_success(await parts.peers.get(found.uri, accept="application/json"), "the offer", 200)
    return parse_offer(answer.body, answer.headers.get("content-type"), allow_loopback_http=parts.allow_loopback_http)


def _offered(documents: IssuerDocuments, configuration_id: str) -> OfferedCred:
    configuration = documents.metadata.credential_configurations_supported[configuration_id]
    if configuration.format != FORMAT_SD_JWT_VC:
        raise MetadataError(f"expected Cred types of format {FORMAT_SD_JWT_VC} on offer")
    look = configuration.credential_metadata
    display = None if look is None else in_english(look.display)
    return OfferedCred(
        configuration_id,
        type_name(configuration, configuration_id)[:MAX_NAME_CHARACTERS],
        None if display is None else display.description,
    )
