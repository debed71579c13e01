"""Type Metadata: what a Cred's type says of it, fetched at receipt where the type is an address, and held against it.

Source: SD-JWT VC draft 18 sections 4.3 (retrieval), 4.4 (extends), 4.6 (claims), 4.7 (processing), 5 (integrity), 7.3.
A type that lies nowhere says nothing, and the Cred is taken without it; one that answers must be right in everything.
"""

from collections.abc import Mapping
from typing import Final

from billfold.core.encoding import Json
from billfold.core.oauth.urls import check_url
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc
from billfold.core.sdjwt.type_metadata import MAX_METADATA_BYTES, TypeMetadata, check_integrity
from billfold.core.sdjwt.type_rules import MAX_ANCESTORS, check_claims, resolve
from billfold.errors import MetadataError, TransportError
from billfold.roles.holder.peer import Peers

MAX_KEPT: Final = 32
MAX_REDIRECTS: Final = 3
_ACCEPT: Final = "application/json"


class TypeDocuments:
    """Fetches Type Metadata; a document with an integrity hash is kept, since it can never be another (4.3)."""

    def __init__(self, peers: Peers, *, allow_loopback_http: bool) -> None:
        self._peers, self._allow_loopback_http = peers, allow_loopback_http
        self._kept: dict[tuple[str, str], bytes] = {}

    async def check(self, verified: VerifiedSdJwtVc) -> TypeMetadata | None:
        """Return what the type of *verified* says, once the Cred was found to follow it; None where it is not there.

        Raises:
            MetadataError: the document does not fit `vct#integrity`, is malformed, extends itself, or says something
                that the Cred does not keep.
        """
        integrity = _integrity_of(verified.claims)
        documents: dict[str, bytes] = {}
        vct, expected = verified.vct, integrity
        for _ in range(MAX_ANCESTORS + 1):
            document = await self._document(vct, expected)
            if document is None:
                return None
            documents[vct] = document
            parsed = TypeMetadata.parse(document, vct=vct)
            if parsed.extends is None or parsed.extends in documents:
                break  # a type that extends itself is refused below
            vct, expected = parsed.extends, parsed.extends_integrity
        metadata = resolve(verified.vct, documents, expected_integrity=integrity)
        check_claims(metadata, verified.claims, verified.disclosed, complete=True)
        return metadata

    async def _document(self, vct: str, expected: str | None) -> bytes | None:
        key = (vct, expected or "")
        if key in self._kept:
            return self._kept[key]
        document = await self._fetch(vct)
        if document is not None and expected is not None:
            check_integrity(document, expected)
            if len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = document
        return document

    async def _fetch(self, vct: str) -> bytes | None:
        try:
            check_url(vct, what="vct", allow_loopback_http=self._allow_loopback_http)
            answer = await self._peers.get(vct, accept=_ACCEPT, max_redirects=MAX_REDIRECTS)
        except (MetadataError, TransportError):
            return None
        if answer.status != 200 or answer.media_type != _ACCEPT or len(answer.body) > MAX_METADATA_BYTES:
            return None  # nothing there, or a page for people
        return answer.body


def _integrity_of(claims: Mapping[str, Json]) -> str | None:
    integrity = claims.get("vct#integrity")
    if integrity is not None and not isinstance(integrity, str):
        raise MetadataError("expected vct#integrity as a text")
    return integrity
