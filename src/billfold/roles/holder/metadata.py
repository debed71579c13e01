"""Metadata: what an issuer says of itself, whether that is proven, and its authorization server.

Source: OpenID4VCI 1.0 sections 12.2.2 to 12.2.4 and 12.3; RFC 8414 sections 3 and 3.3; Billfold's rule for "Identity
proven": signed metadata under an anchor that the wallet's operator listed for this very identifier. Signed metadata
from an unknown root is set aside and the plain form fetched; one that fails in any other way is an error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from billfold.adapters.http.client import Answer
from billfold.core.oauth import metadata as oauth_metadata
from billfold.core.oauth.metadata import AuthorizationServerMetadata
from billfold.core.oauth.urls import host_of
from billfold.core.openid4vci.identifier import metadata_url
from billfold.core.openid4vci.metadata import (
    CredentialConfiguration,
    CredentialIssuerMetadata,
    parse_metadata,
)
from billfold.core.openid4vci.signed_metadata import MEDIA_TYPE, verify_signed_metadata
from billfold.core.trust.chain import Anchor
from billfold.errors import MetadataError, TrustError
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import require_success

SIGNED_FIRST: Final = f"{MEDIA_TYPE}, application/json;q=0.5"
PLAIN: Final = "application/json"


class _Spoken(Protocol):
    """Words in one language; without a locale in no particular one."""

    @property
    def locale(self) -> str | None: ...


_Display = TypeVar("_Display", bound=_Spoken)


@dataclass(frozen=True, slots=True)
class IssuerDocuments:
    """What is known of an issuer before anything is accepted from it.

    Attributes:
        name: the certificate's where *proven*, else the issuer's own word, else its host.
        anchors: those that the operator listed for it; without any, its first Cred pins one.
    """

    metadata: CredentialIssuerMetadata
    name: str
    proven: bool
    anchors: tuple[Anchor, ...]

    @property
    def identifier(self) -> str:
        """The credential issuer identifier."""
        return self.metadata.credential_issuer


async def fetch_issuer(parts: HolderParts, identifier: str) -> IssuerDocuments:
    """Fetch and check the metadata of *identifier*.

    Raises:
        MetadataError, JoseError, TrustError: it cannot be used, or its signature fails.
        PeerRefusal, ResponseError: there is none.
        TransportError: the issuer did not answer.
    """
    anchors = parts.trust.issuer_anchors(identifier)
    answer = await _fetch(parts, identifier, SIGNED_FIRST)
    if answer.media_type != MEDIA_TYPE:
        return _plain(parts, identifier, answer, anchors)
    try:
        signed = verify_signed_metadata(
            answer.body.decode("ascii", "replace"),
            identifier,
            anchors=anchors,
            now=parts.now(),
            allow_loopback_http=parts.allow_loopback_http,
        )
    except TrustError as exc:
        if exc.code != "untrusted":
            raise
        return _plain(parts, identifier, await _fetch(parts, identifier, PLAIN), anchors)
    name = signed.chain.display_name or host_of(identifier)
    return IssuerDocuments(signed.metadata, name, proven=True, anchors=anchors)


async def fetch_authorization_server(
    parts: HolderParts, documents: IssuerDocuments, named: str | None
) -> AuthorizationServerMetadata:
    """Fetch the metadata of the authorization server that an offer *named*, else the issuer's first or own.

    Raises:
        MetadataError: it cannot be used.
        PeerRefusal, ResponseError: there is none.
        TransportError: the server did not answer.
    """
    listed = documents.metadata.authorization_servers
    server = named or (listed[0] if listed else documents.identifier)
    answer = await parts.peers.get(oauth_metadata.metadata_url(server), accept=PLAIN)
    body = require_success(answer, "the authorization server's metadata", 200).body
    return oauth_metadata.parse_metadata(body, server, allow_loopback_http=parts.allow_loopback_http)


def in_english(displays: Sequence[_Display]) -> _Display | None:
    """Return the English one of *displays*, else the one without a locale, else the first."""
    for display in displays:
        if (display.locale or "").lower().partition("-")[0] == "en":
            return display
    return next((display for display in displays if display.locale is None), displays[0] if displays else None)


def type_name(configuration: CredentialConfiguration, configuration_id: str) -> str:
    """Return what to call a Cred type."""
    look = configuration.credential_metadata
    display = None if look is None else in_english(look.display)
    return configuration_id if display is None else display.name


async def _fetch(parts: HolderParts, identifier: str, accept: str) -> Answer:
    answer = await parts.peers.get(metadata_url(identifier), accept=accept)
    return require_success(answer, "the issuer's metadata", 200)


def _plain(parts: HolderParts, identifier: str, answer: Answer, anchors: tuple[Anchor, ...]) -> IssuerDocuments:
    if answer.media_type != PLAIN:
        raise MetadataError(f"expected issuer metadata as {PLAIN}")
    metadata = parse_metadata(answer.body, identifier, allow_loopback_http=parts.allow_loopback_http)
    display = in_english(metadata.display)
    name = (display.name if display is not None else None) or host_of(identifier)
    return IssuerDocuments(metadata, name, proven=False, anchors=anchors)
