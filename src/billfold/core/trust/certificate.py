"""Certificates as JOSE carries them, and the facts of a leaf that other modules lean on.

Source: RFC 7515 4.1.6 (x5c: standard base64 of DER), RFC 5280 4.2.1.1 and 4.2.1.6 (key identifiers, names);
OpenID4VP 1.0 sections 5.9.3 (x509_hash) and 6.1.1.1 (aki).
"""

import base64
import binascii
import hashlib
import warnings
from collections.abc import Iterable, Sequence
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from billfold.core.encoding import Json, b64url_encode
from billfold.core.keys import PublicKey
from billfold.errors import TrustError

MAX_CHAIN_LENGTH: Final = 6
MAX_CERTIFICATE_BYTES: Final = 16 * 1024

_UNREADABLE: Final = (
    binascii.Error,
    ValueError,
    TypeError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    UnsupportedAlgorithm,
    CryptographyDeprecationWarning,
)


def x5c_texts(x5c: Json) -> tuple[str, ...]:
    """Return the entries of an `x5c` header, leaf first, each still to be read.

    Raises:
        TrustError: not a list of 1 to ``MAX_CHAIN_LENGTH`` texts of a certificate's length.
    """
    if not isinstance(x5c, Sequence) or isinstance(x5c, str) or not 1 <= len(x5c) <= MAX_CHAIN_LENGTH:
        raise TrustError(f"expected x5c as a list of 1 to {MAX_CHAIN_LENGTH} certificates", code="no_chain")
    return tuple(map(_text, x5c))


def parse_x5c(x5c: Json) -> tuple[x509.Certificate, ...]:
    """Read an `x5c` header, leaf first.

    Raises:
        TrustError: not a list of 1 to ``MAX_CHAIN_LENGTH`` certificates, or one of them unreadable.
    """
    return tuple(map(parse_certificate, x5c_texts(x5c)))


def parse_certificate(text: Json) -> x509.Certificate:
    """Read one certificate from standard base64 of its DER.

    Raises:
        TrustError: not strict base64, too large, not DER of an X.509 v3 certificate.
    """
    text = _text(text)
    try:
        der = base64.b64decode(text, validate=True)
        certificate = _load(der)
    except _UNREADABLE as exc:
        raise TrustError("expected a readable certificate as base64 of DER") from exc
    if certificate.version is not x509.Version.v3 or base64.b64encode(der).decode("ascii") != text:
        raise TrustError("expected an X.509 v3 certificate in canonical base64")
    return certificate


def _text(entry: Json) -> str:
    if not isinstance(entry, str) or len(entry) > MAX_CERTIFICATE_BYTES * 4 // 3:
        raise TrustError(f"expected a certificate as base64 of at most {MAX_CERTIFICATE_BYTES} bytes")
    return entry


def _load(der: bytes) -> x509.Certificate:
    """Load *der* strictly: what the library only warns of (such as a serial number below 1) is unreadable here."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", CryptographyDeprecationWarning)
        certificate = x509.load_der_x509_certificate(der)
        _read_all(certificate)
    if not der.endswith(b"\0" + certificate.signature):  # unused bits lie outside what is signed (X.690 11.2.1)
        raise ValueError("expected a signature without unused bits")
    return certificate


def _read_all(certificate: x509.Certificate) -> tuple[object, ...]:
    """Read what the library reads only when it is asked, so that a bad value fails before anything leans on it."""
    names = (certificate.subject, certificate.issuer)
    period = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return (*names, *period, certificate.extensions, certificate.public_key(), certificate.signature_hash_algorithm)


def x5c_entry(certificate: x509.Certificate) -> str:
    """Return *certificate* as an `x5c` entry."""
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")


def x509_hash(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of the DER in base64url: the value behind the prefix `x509_hash:`."""
    return b64url_encode(hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest())


def public_key(certificate: x509.Certificate) -> PublicKey:
    """Return the certified key.

    Raises:
        KeyMaterialError: not an EC key on a curve that is known here.
    """
    return PublicKey.from_crypto(certificate.public_key())


def dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the dNSName entries, in lower case; the common name never counts."""
    return tuple(name.lower() for name in _alternative_names(certificate, x509.DNSName))


def uri_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the uniformResourceIdentifier entries as they stand."""
    return _alternative_names(certificate, x509.UniformResourceIdentifier)


def display_name(certificate: x509.Certificate) -> str:
    """Return what to call the subject: its organisation, else its common name, else nothing."""
    for oid in (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME):
        for attribute in certificate.subject.get_attributes_for_oid(oid):
            if isinstance(attribute.value, str):
                return attribute.value
    return ""


def authority_key_ids(certificates: Iterable[x509.Certificate]) -> frozenset[str]:
    """Return the authority key identifiers of *certificates*, each in base64url (OpenID4VP 6.1.1.1)."""
    found = set()
    for certificate in certificates:
        for extension in certificate.extensions:
            value = extension.value
            if isinstance(value, x509.AuthorityKeyIdentifier) and value.key_identifier is not None:
                found.add(b64url_encode(value.key_identifier))
    return frozenset(found)


def _alternative_names(
    certificate: x509.Certificate, kind: type[x509.DNSName] | type[x509.UniformResourceIdentifier]
) -> tuple[str, ...]:
    for extension in certificate.extensions:
        if isinstance(extension.value, x509.SubjectAlternativeName):
            return tuple(extension.value.get_values_for_type(kind))
    return ()
