"""The list of anchors that an operator trusts, and for whom: `/trust.json`.

Source: our own format. Each anchor counts for one role, and there only for the issuer identifiers or requester
hosts it names: an organisation's own root cannot speak for another organisation.
"""

from functools import lru_cache
from typing import Literal

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.trust.certificate import parse_certificate
from billfold.core.trust.chain import Anchor
from billfold.errors import EncodingError, TrustError

Role = Literal["issuer", "requester"]


class TrustEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One anchor: *certificate* as base64 of DER, and those it may speak for."""

    name: str
    role: Role
    certificate: str
    identifiers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


class TrustList(msgspec.Struct, frozen=True):
    """All anchors that the operator of a wallet or verifier trusts."""

    anchors: tuple[TrustEntry, ...] = ()

    @classmethod
    def parse(cls, data: bytes) -> "TrustList":
        """Read the document.

        Raises:
            TrustError: not in this shape, or a certificate that cannot be read.
        """
        try:
            trust_list = msgspec.convert(json_decode_object(data), cls)
        except (EncodingError, msgspec.ValidationError) as exc:
            raise TrustError("expected a trust list with anchors of name, role and certificate") from exc
        for entry in trust_list.anchors:
            _anchor(entry.certificate, entry.name)
        return trust_list

    def to_json(self) -> bytes:
        """Return the document as JSON."""
        return json_encode(self)

    def issuer_anchors(self, identifier: str) -> tuple[Anchor, ...]:
        """Return the anchors that count for the Credential Issuer Identifier *identifier*, compared exactly."""
        return tuple(
            _anchor(entry.certificate, entry.name)
            for entry in self.anchors
            if entry.role == "issuer" and identifier in entry.identifiers
        )

    def requester_anchors(self, host: str) -> tuple[Anchor, ...]:
        """Return the anchors that count for requesters on *host*; a name stands for itself, never for others below."""
        wanted = host.lower()
        return tuple(
            _anchor(entry.certificate, entry.name)
            for entry in self.anchors
            if entry.role == "requester" and wanted in (name.lower() for name in entry.hosts)
        )


@lru_cache(maxsize=256)
def _anchor(certificate: str, name: str) -> Anchor:
    return Anchor(parse_certificate(certificate), name)
