"""Type Metadata: what a credential type is called, how it looks, and what its claims are called.

Source: SD-JWT VC, draft-ietf-oauth-sd-jwt-vc-18, sections 4.2 (document), 4.5 (display), 4.6 (claims), 4.7 and 5
(integrity, after W3C Subresource Integrity). Inheritance (`extends`, 4.4) is read but not followed.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from billfold.core.encoding import Json, json_decode_object, json_encode
from billfold.errors import EncodingError, MetadataError

MAX_METADATA_BYTES: Final = 256 * 1024
_SVG_ID: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_INTEGRITY: Final = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/]+={0,2})\Z")

Integrity = str


class Picture(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture by its address; `uri` may be a data URI (section 4.5.1.1)."""

    uri: str
    uri_integrity: Integrity | None = msgspec.field(default=None, name="uri#integrity")
    alt_text: str | None = None


class SimpleRendering(msgspec.Struct, frozen=True, omit_defaults=True):
    """Colours and pictures of a card (section 4.5.1.1)."""

    logo: Picture | None = None
    background_image: Picture | None = None
    background_color: str | None = None
    text_color: str | None = None


class Rendering(msgspec.Struct, frozen=True, omit_defaults=True):
    """Ways to draw a card; SVG templates are passed over."""

    simple: SimpleRendering | None = None


class TypeDisplay(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the type is called in one language (section 4.5)."""

    locale: str
    name: str
    description: str | None = None
    rendering: Rendering | None = None


class ClaimDisplay(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a claim is called in one language (section 4.6.2)."""

    locale: str
    label: str
    description: str | None = None


class ClaimMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """One claim, or several behind a null in *path* (section 4.6)."""

    path: tuple[str | int | None, ...]
    display: tuple[ClaimDisplay, ...] = ()
    mandatory: bool = False
    sd: Literal["always", "allowed", "never"] = "allowed"
    svg_id: str | None = None


class TypeMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Type Metadata document (section 4.2)."""

    vct: str
    name: str | None = None
    description: str | None = None
    extends: str | None = None
    extends_integrity: Integrity | None = msgspec.field(default=None, name="extends#integrity")
    display: tuple[TypeDisplay, ...] = ()
    claims: tuple[ClaimMetadata, ...] = ()

    @classmethod
    def parse(
        cls, data: bytes, *, vct: str | None = None, expected_integrity: Integrity | None = None
    ) -> "TypeMetadata":
        """Read the document as it was received.

        Args:
            vct: the type that was asked for; the document must be about it (section 4.3).
            expected_integrity: the credential's `vct#integrity`, which must fit (section 5).

        Raises:
            MetadataError: the hash does not fit, another type, or a document that breaks section 4.
        """
        if expected_integrity is not None:
            check_integrity(data, expected_integrity)
        try:
            document = json_decode_object(data, max_bytes=MAX_METADATA_BYTES)
            metadata = msgspec.convert(_without_nameless_locales(document), cls)
        except (EncodingError, msgspec.ValidationError) as exc:
            raise MetadataError("expected Type Metadata as one JSON object of the standard's shape") from exc
        if vct is not None and metadata.vct != vct:
            raise MetadataError("expected Type Metadata about the type that was asked for")
        _check_claims(metadata.claims)
        return metadata

    def to_json(self) -> bytes:
        """Return the document; `integrity` is taken over these very bytes."""
        return json_encode(self)


def integrity(data: bytes) -> Integrity:
    """Return the integrity string of *data*, over the raw bytes (section 5)."""
    return _integrity("sha256", data)


def check_integrity(data: bytes, expected: Integrity) -> None:
    """Check *data* against an integrity string; of several hashes the strongest kind counts, and one must fit.

    Raises:
        MetadataError: none fits, or *expected* holds something else than SHA-256, SHA-384 or SHA-512 hashes.
    """
    matches = [_INTEGRITY.match(part) for part in expected.split()]
    hashes = [(match[1], match[0]) for match in matches if match is not None]
    if not hashes or len(hashes) != len(matches):
        raise MetadataError("expected an integrity string of sha256, sha384 or sha512")
    strongest = max(name for name, _ in hashes)
    if _integrity(strongest, data) not in {text for name, text in hashes if name == strongest}:
        raise MetadataError("expected Type Metadata that fits its integrity string")


def _integrity(name: str, data: bytes) -> Integrity:
    return f"{name}-{base64.b64encode(hashlib.new(name, data).digest()).decode('ascii')}"


def _without_nameless_locales(document: Mapping[str, Json]) -> dict[str, Json]:
    """Leave out `display` entries without `locale`: drafts before 12 wrote `lang`, and nothing depends on them."""
    kept = dict(document)
    if "display" in kept:
        kept["display"] = _with_locale(kept["display"])
    claims = kept.get("claims")
    if isinstance(claims, list):
        kept["claims"] = [
            {**claim, "display": _with_locale(claim["display"])}
            if isinstance(claim, dict) and "display" in claim
            else claim
            for claim in claims
        ]
    return kept


def _with_locale(display: Json) -> Json:
    if not isinstance(display, list):
        return display
    return [entry for entry in display if not isinstance(entry, dict) or "locale" in entry]


def _check_claims(claims: tuple[ClaimMetadata, ...]) -> None:
    svg_ids = [claim.svg_id for claim in claims if claim.svg_id is not None]
    if len(set(svg_ids)) != len(svg_ids) or not all(_SVG_ID.match(svg_id) for svg_id in svg_ids):
        raise MetadataError("expected each svg_id once, of letters, digits and _, not starting with a digit")
    for claim in claims:
        if not claim.path:
            raise MetadataError("expected claim paths with at least one step")
        if any(isinstance(step, int) and step < 0 for step in claim.path):
            raise MetadataError("expected claim paths without negative steps")
