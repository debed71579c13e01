"""JWT VC Issuer Metadata: an issuer's keys for credentials without `x5c`, at its well-known address.

Source: SD-JWT VC, draft-ietf-oauth-sd-jwt-vc-18, sections 2.5, 3.1 (address), 3.2 (document), 3.3 (validation).
HAIP 1.0 asks for `x5c`, so a caller uses this only for issuers that its policy names; the document never chooses.
"""

from typing import Final
from urllib.parse import urlsplit

from billfold.core.encoding import Json, JsonObject, json_decode_object
from billfold.core.jose.jwks import JwkSet
from billfold.core.keys import PublicKey
from billfold.errors import EncodingError, JoseError, MetadataError

MAX_METADATA_BYTES: Final = 256 * 1024
WELL_KNOWN: Final = "/.well-known/jwt-vc-issuer"


def well_known_url(issuer: str) -> str:
    """Return where the metadata of *issuer*, a credential's `iss`, lies (section 3.1).

    Raises:
        MetadataError: *issuer* is not an https URL without query and fragment.
    """
    try:
        parts = urlsplit(issuer)
        port = parts.port
    except ValueError as exc:
        raise MetadataError("expected iss as an https URL") from exc
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc or port == 0:
        raise MetadataError("expected iss as an https URL")
    if "?" in issuer or "#" in issuer:
        raise MetadataError("expected iss without query and fragment")
    return f"https://{parts.netloc}{WELL_KNOWN}{parts.path.removesuffix('/')}"


def parse_issuer_metadata(data: bytes, *, issuer: str) -> JwkSet | str:
    """Read the metadata of *issuer*: its keys, or the address where they lie (section 3.2).

    Raises:
        MetadataError: not one JSON object, about another issuer, or not exactly one of `jwks` and `jwks_uri`.
    """
    document = _document(data)
    if document.get("issuer") != issuer:
        raise MetadataError("expected metadata whose issuer is the iss of the credential")
    if ("jwks" in document) == ("jwks_uri" in document):
        raise MetadataError("expected metadata with either jwks or jwks_uri")
    if "jwks" in document:
        return _jwks(document["jwks"])
    uri = document["jwks_uri"]
    if not isinstance(uri, str) or not uri.startswith("https://"):
        raise MetadataError("expected jwks_uri as an https URL")
    return uri


def parse_jwks(data: bytes) -> JwkSet:
    """Read the key set that lay at `jwks_uri`.

    Raises:
        MetadataError: not a JWK Set.
    """
    return _jwks(_document(data))


def pick_issuer_key(keys: JwkSet, header: JsonObject) -> PublicKey:
    """Return the key that the protected *header* of a credential names by `kid`; without one the set must hold one key.

    Raises:
        MetadataError: there is no such key.
    """
    kid = header.get("kid")
    if kid is None and len(keys.keys) != 1:
        raise MetadataError("expected a kid, since the issuer has several keys or none")
    if kid is not None and not isinstance(kid, str):
        raise MetadataError("expected kid as a string")
    try:
        return keys.pick(kid=kid, use="sig").public_key
    except JoseError as exc:
        raise MetadataError("expected a key of the issuer with this kid") from exc


def _document(data: bytes) -> dict[str, Json]:
    try:
        return json_decode_object(data, max_bytes=MAX_METADATA_BYTES)
    except EncodingError as exc:
        raise MetadataError("expected issuer metadata as one JSON object") from exc


def _jwks(value: Json) -> JwkSet:
    try:
        return JwkSet.parse(value)
    except JoseError as exc:
        raise MetadataError(f"issuer metadata: {exc}") from exc
