"""Client identifiers of requesters: prefix and value, and the certificate that must stand behind them.

Source: OpenID4VP 1.0 sections 5.9.1 to 5.9.3; HAIP 1.0 section 5.
The whole text, prefix included, is what presentations are made for.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography import x509

from billfold.core.trust.certificate import dns_names, x509_hash
from billfold.errors import RequestRefused

MAX_CLIENT_ID_BYTES: Final = 2048


class Prefix(StrEnum):
    """The prefixes that are supported."""

    X509_HASH = "x509_hash"
    X509_SAN_DNS = "x509_san_dns"
    REDIRECT_URI = "redirect_uri"


ALWAYS_ENCRYPTED: Final = frozenset({Prefix.X509_HASH})
"""Prefixes whose answers are never in the clear: HAIP 1.0 section 5 binds `x509_hash`, which is its own, and no other.
"""


@dataclass(frozen=True, slots=True)
class ClientId:
    """A client identifier: *text* is all of it, *value* what follows the prefix."""

    text: str
    prefix: Prefix
    value: str

    @classmethod
    def parse(cls, text: object) -> "ClientId":
        """Read a client identifier.

        Raises:
            RequestRefused: `invalid_request`: missing, or with another prefix (a client that would have to be
                registered beforehand counts as such).
        """
        if not isinstance(text, str) or not 0 < len(text) <= MAX_CLIENT_ID_BYTES:
            raise _refused("expected client_id as text")
        prefix, separator, value = text.partition(":")
        if not separator or prefix not in set(Prefix) or not value:
            raise _refused(f"expected client_id with one of the prefixes {', '.join(Prefix)}")
        return cls(text, Prefix(prefix), value)

    def check_leaf(self, leaf: x509.Certificate) -> None:
        """Check that *leaf* is the certificate, or names the host, that this identifier stands for (5.9.3).

        Raises:
            RequestRefused: `invalid_request`: another certificate, or a prefix that has none.
        """
        if self.prefix is Prefix.X509_HASH and self.value == x509_hash(leaf):
            return
        if self.prefix is Prefix.X509_SAN_DNS and self.value.lower() in dns_names(leaf):
            return
        raise _refused("expected client_id to fit the certificate that signed the request")


def x509_hash_client_id(leaf: x509.Certificate) -> str:
    """Return the client identifier of a requester that signs with *leaf*."""
    return f"{Prefix.X509_HASH}:{x509_hash(leaf)}"


def x509_san_dns_client_id(host: str) -> str:
    """Return the client identifier of a requester whose leaf names *host*, the one that it asks from."""
    return f"{Prefix.X509_SAN_DNS}:{host}"


def redirect_uri_client_id(response_uri: str) -> str:
    """Return the client identifier of a requester that proves nothing, and is answered at *response_uri*."""
    return f"{Prefix.REDIRECT_URI}:{response_uri}"


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
