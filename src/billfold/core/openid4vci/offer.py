"""Credential offers: the pairing code or link, by value or by reference.

Source: OpenID4VCI 1.0 sections 4.1 to 4.1.3 and 12.1.1; HAIP 1.0 section 4.2 (`haip-vci`).
An offer proves nothing: whoever made it is found out from the issuer's metadata (13.5).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

import msgspec

from billfold.core.encoding import Json, json_decode_object, json_encode
from billfold.core.oauth.form import media_type, parse_query
from billfold.core.oauth.token import PRE_AUTHORIZED_CODE
from billfold.core.oauth.urls import check_url
from billfold.core.openid4vci.identifier import check_identifier
from billfold.errors import EncodingError, MetadataError, RequestRefused

SCHEMES: Final = ("openid-credential-offer", "haip-vci")
MAX_OFFER_BYTES: Final = 64 * 1024
MAX_DESCRIPTION_CHARACTERS: Final = 300

_AUTHORIZATION_CODE: Final = "authorization_code"
_FRAGMENT: Final = "#offer="


class TxCode(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the PIN looks like, so that the wallet can ask for it; `length` counts characters."""

    input_mode: Literal["numeric", "text"] = "numeric"
    length: int | None = None
    description: str | None = None


class PreAuthorizedGrant(msgspec.Struct, frozen=True, omit_defaults=True, rename={"code": "pre-authorized_code"}):
    """The pre-authorized code; with `tx_code`, even an empty one, a PIN is needed too."""

    code: str
    tx_code: TxCode | None = None
    authorization_server: str | None = None


class AuthorizationCodeGrant(msgspec.Struct, frozen=True, omit_defaults=True):
    """The person signs in with the issuer; `issuer_state` goes along unchanged."""

    issuer_state: str | None = None
    authorization_server: str | None = None


class Grants(msgspec.Struct, frozen=True, omit_defaults=True, rename={"pre_authorized": PRE_AUTHORIZED_CODE}):
    """The grant types on offer; unknown ones are ignored."""

    authorization_code: AuthorizationCodeGrant | None = None
    pre_authorized: PreAuthorizedGrant | None = None


class CredentialOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """A credential offer. Without `grants` the wallet looks into the authorization server's metadata."""

    credential_issuer: str
    credential_configuration_ids: tuple[str, ...]
    grants: Grants | None = None

    @property
    def pre_authorized(self) -> PreAuthorizedGrant | None:
        """The pre-authorized code, where it is on offer."""
        return None if self.grants is None else self.grants.pre_authorized


@dataclass(frozen=True, slots=True)
class OfferByValue:
    """A link that carries the offer itself."""

    offer: CredentialOffer


@dataclass(frozen=True, slots=True)
class OfferByReference:
    """A link that says where the offer is; ask the person before fetching it (15.6)."""

    uri: str


def build_offer(
    credential_issuer: str,
    configuration_ids: Collection[str],
    *,
    pre_authorized_code: str,
    tx_code: TxCode | None = None,
) -> CredentialOffer:
    """Return an offer with a pre-authorized code; a *tx_code* says that a PIN is needed."""
    grants = Grants(pre_authorized=PreAuthorizedGrant(pre_authorized_code, tx_code))
    return CredentialOffer(credential_issuer, tuple(configuration_ids), grants)


def encode_offer(offer: CredentialOffer) -> bytes:
    """Return the JSON of *offer*, to serve as `application/json`."""
    return json_encode(offer)


def offer_link(offer_uri: str, *, scheme: str = "openid-credential-offer") -> str:
    """Return the link that names *offer_uri* under *scheme*, one of ``SCHEMES``."""
    return f"{scheme}://?credential_offer_uri={quote(offer_uri, safe='')}"


def offer_link_by_value(offer: CredentialOffer, *, scheme: str = "openid-credential-offer") -> str:
    """Return the link that carries *offer* itself under *scheme* (4.1.2)."""
    return f"{scheme}://?credential_offer={quote(encode_offer(offer), safe='')}"


def parse_offer_link(link: str, *, allow_loopback_http: bool = False) -> OfferByValue | OfferByReference:
    """Read a scanned, opened or pasted link: under ``SCHEMES``, or a wallet's own https link.

    Raises:
        MetadataError: neither or both of `credential_offer` and `credential_offer_uri`, or one that is malformed.
    """
    fields = _link_parameters(link)
    value, uri = fields.get("credential_offer"), fields.get("credential_offer_uri")
    if uri is not None and value is None:
        what = "credential_offer_uri"
        return OfferByReference(check_url(uri, what=what, allow_loopback_http=allow_loopback_http))
    if value is not None and uri is None:
        return OfferByValue(parse_offer(value.encode("utf-8"), allow_loopback_http=allow_loopback_http))
    raise MetadataError("expected either credential_offer or credential_offer_uri in the link")


def parse_offer(
    data: bytes, content_type: str | None = "application/json", *, allow_loopback_http: bool = False
) -> CredentialOffer:
    """Read an offer, as fetched or as it stood in a link; unknown members are ignored.

    Args:
        content_type: of the answer that carried it.

    Raises:
        MetadataError: not `application/json`, malformed, or without a grant that is known here.
    """
    if media_type(content_type) != "application/json":
        raise MetadataError("expected the offer as application/json")
    try:
        document = json_decode_object(data, max_bytes=MAX_OFFER_BYTES)
        offer = msgspec.convert(document, CredentialOffer)
    except EncodingError as exc:
        raise MetadataError("expected the offer as one JSON object") from exc
    except msgspec.ValidationError as exc:
        raise MetadataError(f"expected an offer by the standard: {_without_values(exc)}") from exc
    check_identifier(offer.credential_issuer, allow_loopback_http=allow_loopback_http)
    _check_ids(offer.credential_configuration_ids)
    _check_grants(offer.grants, document.get("grants"))
    return offer


def check_offer(
    offer: CredentialOffer, *, configuration_ids: Collection[str], authorization_servers: Collection[str]
) -> None:
    """Compare *offer* with its issuer's metadata (4.1.1, 12.2.4).

    Args:
        configuration_ids: those in the metadata.
        authorization_servers: as the metadata lists them; empty where it has no such member.

    Raises:
        MetadataError: an unknown configuration, or an authorization server that is not listed.
    """
    if not set(offer.credential_configuration_ids) <= set(configuration_ids):
        raise MetadataError("expected only Cred types that the issuer's metadata describes and this wallet supports")
    grants = offer.grants or Grants()
    for grant in (grants.pre_authorized, grants.authorization_code):
        server = None if grant is None else grant.authorization_server
        if server is not None and server not in authorization_servers:
            raise MetadataError("expected authorization_server as one that the issuer's metadata lists")


def _link_parameters(link: str) -> Mapping[str, str]:
    scheme, separator, rest = link.strip().partition(":")
    if not separator or scheme.lower() not in (*SCHEMES, "https", "http"):
        raise MetadataError("expected a credential offer link")
    if _FRAGMENT in rest:
        return _fragment_parameters(rest.partition(_FRAGMENT)[2])
    try:
        return parse_query(rest.partition("#")[0].partition("?")[2])
    except RequestRefused as exc:
        raise MetadataError("expected well-formed parameters in the link, each once") from exc


def _fragment_parameters(text: str) -> Mapping[str, str]:
    try:
        return {"credential_offer_uri": parse_query(f"uri={text}")["uri"]}
    except (RequestRefused, KeyError) as exc:
        raise MetadataError("expected the address of an offer in the link") from exc


def _check_ids(ids: tuple[str, ...]) -> None:
    if not ids or len(set(ids)) != len(ids) or not all(ids):
        raise MetadataError("expected credential_configuration_ids as a non-empty array of different texts")


def _check_grants(grants: Grants | None, document: Json) -> None:
    if grants is None:
        return
    if document and grants.pre_authorized is None and grants.authorization_code is None:
        raise MetadataError("expected a grant type that this wallet knows")
    grant = grants.pre_authorized
    if grant is None:
        return
    if not grant.code:
        raise MetadataError("expected pre-authorized_code as text")
    description = None if grant.tx_code is None else grant.tx_code.description
    if description is not None and len(description) > MAX_DESCRIPTION_CHARACTERS:
        raise MetadataError(f"expected tx_code.description of at most {MAX_DESCRIPTION_CHARACTERS} characters")
    length = None if grant.tx_code is None else grant.tx_code.length
    if length is not None and length < 1:
        raise MetadataError("expected tx_code.length above 0")


def _without_values(error: msgspec.ValidationError) -> str:
    """Return the place and kind of *error* only; msgspec quotes an unexpected enumeration value."""
    text = str(error)
    return text.partition(" - at ")[2] or "a member" if "Invalid enum value" in text else text
