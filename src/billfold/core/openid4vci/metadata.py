"""Credential issuer metadata: what an issuer offers, how it looks, and where its endpoints are.

Source: OpenID4VCI 1.0 section 12.2.4, appendices A.2.2, A.3.2 (formats), B (claims) and section 10 (keys with `alg`);
HAIP 1.0 section 4.1; Billfold's pairing profile (docs/pairing-profile.md) for `billfold_pairing`.
Unknown members are ignored everywhere. A Cred type that breaks a rule is left out; it does not spoil the others.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from billfold.core.encoding import Json, JsonObject, json_decode_object, json_encode
from billfold.core.oauth.urls import check_url
from billfold.core.openid4vci.identifier import check_identifier
from billfold.errors import EncodingError, MetadataError

MAX_METADATA_BYTES: Final = 4 * 1024 * 1024
FORMAT_SD_JWT_VC: Final = "dc+sd-jwt"
FORMAT_MDOC: Final = "mso_mdoc"

_Display = TypeVar("_Display", "IssuerDisplay", "CredentialDisplay", "ClaimDisplay")


class Image(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture: https or data URI."""

    uri: str
    alt_text: str | None = None


class IssuerDisplay(msgspec.Struct, frozen=True, omit_defaults=True):
    """The issuer's own word on its name; the name shown as proven is the certificate's."""

    name: str | None = None
    locale: str | None = None
    logo: Image | None = None


class CredentialDisplay(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a Cred type looks in one locale; what it is for and where it can be used are extension members."""

    name: str
    locale: str | None = None
    logo: Image | None = None
    description: str | None = None
    background_color: str | None = None
    background_image: Image | None = None
    text_color: str | None = None
    billfold_purpose: str | None = None
    billfold_places: str | None = None


class ClaimDisplay(msgspec.Struct, frozen=True, omit_defaults=True):
    """The human name of a field in one locale."""

    name: str | None = None
    locale: str | None = None


class ClaimDescription(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field, addressed by a claims path pointer; the order of descriptions is the order shown (B.2)."""

    path: tuple[str | int | None, ...]
    mandatory: bool = False
    display: tuple[ClaimDisplay, ...] = ()


class CredentialMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """Look and fields of a Cred type."""

    display: tuple[CredentialDisplay, ...] = ()
    claims: tuple[ClaimDescription, ...] = ()


class ProofType(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a key proof may be signed with, and whether keys must be attested."""

    proof_signing_alg_values_supported: tuple[str, ...]
    key_attestations_required: dict[str, tuple[str, ...]] | None = None


class CredentialConfiguration(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Cred type on offer. Signing algorithms are JOSE names, or COSE numbers for an mdoc."""

    format: str
    scope: str | None = None
    vct: str | None = None
    doctype: str | None = None
    credential_signing_alg_values_supported: tuple[str | int, ...] = ()
    cryptographic_binding_methods_supported: tuple[str, ...] = ()
    proof_types_supported: dict[str, ProofType] = {}
    credential_metadata: CredentialMetadata | None = None


class BatchIssuance(msgspec.Struct, frozen=True):
    """How many keys one request may prove; at least 2."""

    batch_size: int


class Support(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the person gets help."""

    email: str | None = None
    phone: str | None = None
    url: str | None = None


class BillfoldPairing(msgspec.Struct, frozen=True, omit_defaults=True):
    """The extension member that announces the pairing profile; `try_it` is an address that makes a first request."""

    pairing_endpoint: str
    vapid_public_key: str | None = None
    support: Support | None = None
    try_it: str | None = None


class Encryption(msgspec.Struct, frozen=True, omit_defaults=True):
    """Encryption of requests or responses, as far as a wallet without it must know."""

    encryption_required: bool = False
    jwks: dict[str, object] | None = None


class CredentialIssuerMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole document. `authorization_servers` is empty where the issuer is its own."""

    credential_issuer: str
    credential_endpoint: str
    credential_configurations_supported: dict[str, CredentialConfiguration]
    authorization_servers: tuple[str, ...] = ()
    nonce_endpoint: str | None = None
    deferred_credential_endpoint: str | None = None
    notification_endpoint: str | None = None
    credential_request_encryption: Encryption | None = None
    credential_response_encryption: Encryption | None = None
    batch_credential_issuance: BatchIssuance | None = None
    display: tuple[IssuerDisplay, ...] = ()
    billfold_pairing: BillfoldPairing | None = None

    def endpoints(self) -> Iterator[tuple[str, str]]:
        """Yield name and URL of every endpoint that is there."""
        for name in ("credential_endpoint", "nonce_endpoint", "deferred_credential_endpoint", "notification_endpoint"):
            url = getattr(self, name)
            if url is not None:
                yield name, url
        if self.billfold_pairing is not None:
            yield "pairing_endpoint", self.billfold_pairing.pairing_endpoint

    def max_proofs(self) -> int:
        """Return how many keys one credential request may prove."""
        return 1 if self.batch_credential_issuance is None else self.batch_credential_issuance.batch_size


def encode_metadata(metadata: CredentialIssuerMetadata) -> bytes:
    """Return the plain JSON document."""
    return json_encode(metadata)


def parse_metadata(
    data: bytes, identifier: str, *, allow_loopback_http: bool = False, haip: bool = False
) -> CredentialIssuerMetadata:
    """Read the plain metadata that was fetched for *identifier*.

    Args:
        haip: leave out Cred types without `scope`, and refuse key binding without `nonce_endpoint`.

    Returns:
        The metadata with the Cred types that can be used, their claims emptied where the descriptions contradict
        each other (B.3), and one `display` per locale.

    Raises:
        MetadataError: malformed, of another issuer, encryption required, or no Cred type that can be used.
    """
    try:
        document = json_decode_object(data, max_bytes=MAX_METADATA_BYTES)
    except EncodingError as exc:
        raise MetadataError("expected issuer metadata as one JSON object") from exc
    return read_metadata(document, identifier, allow_loopback_http=allow_loopback_http, haip=haip)


def read_metadata(
    document: JsonObject, identifier: str, *, allow_loopback_http: bool, haip: bool = False
) -> CredentialIssuerMetadata:
    """Check an already parsed document, plain or from a signed form, as `parse_metadata` does.

    Raises:
        MetadataError: as `parse_metadata`.
    """
    usable, refused = _read_configurations(document.get("credential_configurations_supported"), haip=haip)
    try:
        metadata = msgspec.convert({**document, "credential_configurations_supported": {}}, CredentialIssuerMetadata)
    except msgspec.ValidationError as exc:
        raise MetadataError(f"expected issuer metadata by the standard: {exc}") from exc
    check_identifier(metadata.credential_issuer, allow_loopback_http=allow_loopback_http)
    if metadata.credential_issuer != identifier:
        raise MetadataError("expected credential_issuer as the identifier that was used")
    for what, url in metadata.endpoints():
        check_url(url, what=what, allow_loopback_http=allow_loopback_http)
    for server in metadata.authorization_servers:
        check_identifier(server, allow_loopback_http=allow_loopback_http)
    _check_batch(metadata.batch_credential_issuance)
    _check_encryption(metadata)
    if not usable:
        raise MetadataError(f"expected a Cred type that can be used: {next(iter(refused.values()), 'none is there')}")
    if haip and metadata.nonce_endpoint is None and _any_bound(usable):
        raise MetadataError("expected nonce_endpoint beside key binding")
    display = one_per_locale(metadata.display)
    return msgspec.structs.replace(metadata, credential_configurations_supported=usable, display=display)


def check_claim_descriptions(claims: Sequence[ClaimDescription]) -> None:
    """Check that the paths of *claims* are well formed and do not contradict each other (B.3).

    Raises:
        MetadataError: a path that is empty or given twice, or a place that is array and object, or null and index.
    """
    seen: set[tuple[str | int | None, ...]] = set()
    kinds: dict[tuple[str | int | None, ...], str] = {}
    for claim in claims:
        if not claim.path or not isinstance(claim.path[0], str) or claim.path in seen:
            raise MetadataError("expected each claim path once, starting with a name")
        seen.add(claim.path)
        for depth, component in enumerate(claim.path):
            if isinstance(component, int) and component < 0:
                raise MetadataError("expected array indexes from 0")
            kind = {str: "object", int: "index"}.get(type(component), "null")
            if kinds.setdefault(claim.path[:depth], kind) != kind:
                raise MetadataError("expected each place in the claims as one kind of container")


def one_per_locale(displays: Sequence[_Display]) -> tuple[_Display, ...]:
    """Return the first display object of each locale."""
    return tuple({display.locale: display for display in reversed(displays)}.values())[::-1]


def _read_configurations(
    value: Json, *, haip: bool
) -> tuple[dict[str, CredentialConfiguration], dict[str, MetadataError]]:
    if not isinstance(value, Mapping) or not value:
        raise MetadataError("expected credential_configurations_supported as a non-empty object")
    usable: dict[str, CredentialConfiguration] = {}
    refused: dict[str, MetadataError] = {}
    for name, entry in value.items():
        try:
            usable[name] = _read_configuration(entry, haip=haip)
        except MetadataError as exc:
            refused[name] = exc
    return usable, refused


def _read_configuration(entry: Json, *, haip: bool) -> CredentialConfiguration:
    if not isinstance(entry, Mapping):
        raise MetadataError("expected a Cred type as an object")
    bare = {name: value for name, value in entry.items() if name != "credential_metadata"}
    try:
        configuration = msgspec.convert(bare, CredentialConfiguration)
    except msgspec.ValidationError as exc:
        raise MetadataError(f"expected a Cred type by the standard: {exc}") from exc
    if configuration.format not in (FORMAT_SD_JWT_VC, FORMAT_MDOC):
        raise MetadataError(f"expected format {FORMAT_SD_JWT_VC} or {FORMAT_MDOC}")
    if configuration.format == FORMAT_SD_JWT_VC and not configuration.vct:
        raise MetadataError("expected vct beside dc+sd-jwt")
    if configuration.format == FORMAT_MDOC and not configuration.doctype:
        raise MetadataError("expected doctype beside mso_mdoc")
    if bool(configuration.cryptographic_binding_methods_supported) != bool(configuration.proof_types_supported):
        raise MetadataError("expected cryptographic_binding_methods_supported and proof_types_supported, or neither")
    if haip and configuration.scope is None:
        raise MetadataError("expected scope")
    look = _read_look(entry.get("credential_metadata"))
    return msgspec.structs.replace(configuration, credential_metadata=look)


def _read_look(value: Json) -> CredentialMetadata | None:
    """Read what only the screen needs; a fault in it costs the look, not the Cred type (B.3 for the claims)."""
    try:
        look = msgspec.convert(value, CredentialMetadata | None)
    except msgspec.ValidationError:
        return None
    if look is None:
        return None
    display = one_per_locale(look.display)
    try:
        check_claim_descriptions(look.claims)
    except MetadataError:
        return CredentialMetadata(display)
    claims = (msgspec.structs.replace(claim, display=one_per_locale(claim.display)) for claim in look.claims)
    return CredentialMetadata(display, tuple(claims))


def _check_batch(batch: BatchIssuance | None) -> None:
    if batch is not None and batch.batch_size < 2:
        raise MetadataError("expected batch_size of at least 2")


def _check_encryption(metadata: CredentialIssuerMetadata) -> None:
    request, response = metadata.credential_request_encryption, metadata.credential_response_encryption
    if request is not None:
        keys = (request.jwks or {}).get("keys")
        if not isinstance(keys, list) or not keys or not all(map(_has_kid_and_alg, keys)):
            raise MetadataError("expected kid and alg in each key of credential_request_encryption")
    if any(encryption is not None and encryption.encryption_required for encryption in (request, response)):
        raise MetadataError("expected an issuer that does not require encrypted messages")


def _has_kid_and_alg(key: object) -> bool:
    return isinstance(key, Mapping) and isinstance(key.get("kid"), str) and isinstance(key.get("alg"), str)


def _any_bound(configurations: Mapping[str, CredentialConfiguration]) -> bool:
    return any(configuration.cryptographic_binding_methods_supported for configuration in configurations.values())
