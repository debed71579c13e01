"""Certificates for organisations: a root of their own, and leaves below it.

Source: RFC 5280 4.1 and 4.2 (fields and extensions), appendix A.1 (upper bounds of names); HAIP 1.0 section 5
(a leaf is never self-signed, so even a demo needs a root).
Pure: keys, serial numbers and instants are arguments; only the signature draws on OpenSSL's entropy.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from billfold.core.keys import PrivateKey, PublicKey
from billfold.errors import ConfigurationError

MAX_NAME_BYTES: Final = 64  # ub-common-name and ub-organization-name; the library counts UTF-8 bytes
MAX_SERIAL_BITS: Final = 159  # 20 octets, and positive


def build_root(
    common_name: str, organisation: str, key: PrivateKey, *, serial: int, not_before: datetime, not_after: datetime
) -> x509.Certificate:
    """Return a self-signed root that may issue leaves, and nothing below them.

    Raises:
        ConfigurationError: a name, *serial* or the dates cannot stand in a certificate.
    """
    name = _name(common_name, organisation)
    builder = _builder(name, name, key.public(), serial=serial, not_before=not_before, not_after=not_after)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_key_usage(issuing=True), critical=True)
    return builder.sign(key.key, key.algorithm.hash)


def build_leaf(
    *,
    common_name: str,
    organisation: str,
    key: PublicKey,
    root: x509.Certificate,
    root_key: PrivateKey,
    serial: int,
    not_before: datetime,
    not_after: datetime,
    dns_names: Sequence[str],
    uri_names: Sequence[str],
    eku: x509.ObjectIdentifier,
) -> x509.Certificate:
    """Return a leaf for *key*, signed by *root*, for the one purpose *eku*.

    Raises:
        ConfigurationError: a name, *serial* or the dates cannot stand in a certificate, or outlive *root*.
    """
    if not_after > root.not_valid_after_utc:
        raise ConfigurationError("expected a leaf that ends no later than its root")
    name = _name(common_name, organisation)
    builder = _builder(name, root.subject, key, serial=serial, not_before=not_before, not_after=not_after)
    builder = builder.add_extension(_authority_key_identifier(root), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_key_usage(issuing=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([eku]), critical=False)
    if names := _alternative_names(dns_names, uri_names):
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(root_key.key, root_key.algorithm.hash)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, *, serial: int, not_before: datetime, not_after: datetime
) -> x509.CertificateBuilder:
    if not 0 < serial < 1 << MAX_SERIAL_BITS:
        raise ConfigurationError(f"expected a positive serial number of at most {MAX_SERIAL_BITS} bits")
    if not not_before < not_after:
        raise ConfigurationError("expected not_before earlier than not_after")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.key)
        .serial_number(serial)
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.key), critical=False)
    )


def _name(common_name: str, organisation: str) -> x509.Name:
    for text in (common_name, organisation):
        if not 1 <= len(text.encode("utf-8")) <= MAX_NAME_BYTES:
            raise ConfigurationError(f"expected certificate names of 1 to {MAX_NAME_BYTES} bytes in UTF-8")
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _alternative_names(dns_names: Sequence[str], uri_names: Sequence[str]) -> list[x509.GeneralName]:
    try:
        return [*map(x509.DNSName, dns_names), *map(x509.UniformResourceIdentifier, uri_names)]
    except ValueError as exc:
        raise ConfigurationError("expected DNS and URI names in ASCII") from exc


def _authority_key_identifier(root: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = root.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _key_usage(*, issuing: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issuing,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=issuing,
        crl_sign=issuing,
        encipher_only=False,
        decipher_only=False,
    )
