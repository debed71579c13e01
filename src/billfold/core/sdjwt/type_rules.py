"""Type Metadata at work: types that extend others, and credentials that must follow their type.

Source: SD-JWT VC, draft-ietf-oauth-sd-jwt-vc-18, 4.4 and 4.6.5 (inheritance), 4.6 (mandatory, sd), 6.3 (cycles).
Pure: the caller brings every document that it fetched; what is missing is named in the error's text.
"""

from collections.abc import Collection, Mapping
from typing import Final

from billfold.core.encoding import Json, JsonObject, json_decode_object, json_encode
from billfold.core.sdjwt.sd_jwt import Path
from billfold.core.sdjwt.type_metadata import MAX_METADATA_BYTES, ClaimMetadata, Integrity, TypeMetadata
from billfold.errors import EncodingError, MetadataError

MAX_ANCESTORS: Final = 8

_FIXED_SD: Final = ("always", "never")


def resolve(vct: str, documents: Mapping[str, bytes], *, expected_integrity: Integrity | None = None) -> TypeMetadata:
    """Return the Type Metadata of *vct* with everything that it inherits (sections 4.4, 4.6.5).

    Args:
        documents: raw documents by the type they are about.
        expected_integrity: the credential's `vct#integrity`.

    Raises:
        MetadataError: a document is missing, malformed, about another type or unlike its hash; a type that
            extends itself, also by a detour; a child that loosens what its parent fixed.
    """
    merged = _inherit(vct, documents, expected_integrity, ())
    merged.pop("extends", None)
    merged.pop("extends#integrity", None)
    return TypeMetadata.parse(json_encode(merged), vct=vct)


def check_claims(metadata: TypeMetadata, claims: JsonObject, disclosed: Collection[Path], *, complete: bool) -> None:
    """Check that a credential follows its type (section 4.6).

    Args:
        claims: the processed payload.
        disclosed: the paths that came as disclosures.
        complete: the holder sees the whole credential; a requester does not, so it cannot miss a mandatory
            claim, nor know which position an element had when it was issued.

    Raises:
        MetadataError: a path meets the wrong kind of value, a mandatory claim is missing, or `sd` is not kept.
    """
    for claim in metadata.claims:
        if not complete and any(isinstance(step, int) for step in claim.path):
            continue
        _check_claim(claim, places(claims, claim), disclosed, complete=complete)


def places(claims: JsonObject, claim: ClaimMetadata) -> tuple[Path, ...]:
    """Return the concrete paths that *claim* is about; there may be none (section 4.6.1).

    Raises:
        MetadataError: a step meets a value of the wrong kind.
    """
    found: list[tuple[Path, Json]] = [((), claims)]
    for step in claim.path:
        found = [child for path, node in found for child in _children(path, node, step)]
    return tuple(path for path, _ in found)


def _check_claim(claim: ClaimMetadata, found: tuple[Path, ...], disclosed: Collection[Path], *, complete: bool) -> None:
    if complete and claim.mandatory and not found:
        raise MetadataError("expected every mandatory claim of this type")
    for path in found:
        if claim.sd == "always" and path not in disclosed:
            raise MetadataError("expected as a disclosure what this type always discloses selectively")
        if claim.sd == "never" and path in disclosed:
            raise MetadataError("expected in the clear what this type never discloses selectively")


def _children(path: Path, node: Json, step: str | int | None) -> list[tuple[Path, Json]]:
    if isinstance(step, str):
        if not isinstance(node, Mapping):
            raise MetadataError("expected an object where a claim path names a member")
        return [((*path, step), node[step])] if step in node else []
    if not isinstance(node, list):
        raise MetadataError("expected an array where a claim path has a position or null")
    positions = range(len(node)) if step is None else [step] if step < len(node) else []
    return [((*path, position), node[position]) for position in positions]


def _inherit(
    vct: str, documents: Mapping[str, bytes], expected: Integrity | None, descendants: tuple[str, ...]
) -> dict[str, Json]:
    if vct in descendants or len(descendants) > MAX_ANCESTORS:
        raise MetadataError(f"expected a type that extends up to {MAX_ANCESTORS} others, and never itself")
    if vct not in documents:
        raise MetadataError(f"expected the Type Metadata of {vct}")
    metadata = TypeMetadata.parse(documents[vct], vct=vct, expected_integrity=expected)
    document = _document(documents[vct])
    if metadata.extends is None:
        return document
    parent = _inherit(metadata.extends, documents, metadata.extends_integrity, (*descendants, vct))
    return {**parent, **document, "claims": _merge_claims(parent.get("claims"), document.get("claims"))}


def _document(data: bytes) -> dict[str, Json]:
    try:
        return json_decode_object(data, max_bytes=MAX_METADATA_BYTES)
    except EncodingError as exc:
        raise MetadataError("expected Type Metadata as one JSON object") from exc


def _merge_claims(parent: Json, child: Json) -> list[Json]:
    """Let each entry of the child override the parent's entry for the same path, member by member."""
    merged: dict[bytes, dict[str, Json]] = {}
    for is_child, entries in ((False, parent), (True, child)):
        for entry in entries if isinstance(entries, list) else ():
            key = json_encode(entry["path"])
            if is_child and key in merged:
                _check_narrower(merged[key], entry)
            merged[key] = {**merged.get(key, {}), **entry}
    return list(merged.values())


def _check_narrower(parent: JsonObject, child: JsonObject) -> None:
    if parent.get("sd") in _FIXED_SD and child.get("sd", parent["sd"]) != parent["sd"]:
        raise MetadataError("expected a child type that keeps sd always and sd never")
    if parent.get("mandatory") is True and child.get("mandatory", True) is not True:
        raise MetadataError("expected a child type that keeps mandatory claims mandatory")
