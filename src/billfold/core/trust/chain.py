"""Certificate chains: from the leaf in `x5c` to an anchor that the caller trusts for this purpose.

Source: RFC 5280 6.1 (path validation, without policies and revocation lists), RFC 7515 4.1.6 (order of x5c);
HAIP 1.0 sections 4.1, 5 and 6.1 (no anchor in x5c, leaf not self-signed).
The general verifier of `cryptography` answers another question: is this a web server or its client? It picks
any order of intermediates and knows only these two purposes, so the path is walked here, link by link.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import Final, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from billfold.core.encoding import Json
from billfold.core.keys import PublicKey
from billfold.core.trust import certificate as facts
from billfold.errors import TrustError

# Two key purposes of our own, on the arc of UUIDs (ITU-T X.667): one leaf signs for an issuer or asks as a requester.
BILLFOLD_ISSUER_EKU: Final = x509.ObjectIdentifier("2.25.39274332620451303619057324542750140892")
BILLFOLD_REQUESTER_EKU: Final = x509.ObjectIdentifier("2.25.267404491573209380011158611362851622496")
MDOC_SIGNER_EKU: Final = x509.ObjectIdentifier("1.0.18013.5.1.2")
MDOC_READER_EKU: Final = x509.ObjectIdentifier("1.0.18013.5.1.6")

_ISSUER_EKUS: Final = frozenset({BILLFOLD_ISSUER_EKU, MDOC_SIGNER_EKU})
_REQUESTER_EKUS: Final = frozenset(
    {BILLFOLD_REQUESTER_EKU, MDOC_READER_EKU, ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
)
_UNDERSTOOD: Final = (x509.BasicConstraints, x509.KeyUsage, x509.ExtendedKeyUsage, x509.SubjectAlternativeName)
_HASHES: Final = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_MIN_RSA_BITS: Final = 2048
MAX_REMEMBERED: Final = 512

_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


class Purpose(Enum):
    """What a leaf is used for; the value holds the extended key usages that fit.

    The status-signing usage of the Token Status List draft (section 10) has no number yet, so it is not listed.
    """

    ISSUER = ("issuing", _ISSUER_EKUS)
    REQUESTER = ("requesting", _REQUESTER_EKUS)
    STATUS = ("status signing", _ISSUER_EKUS)
    METADATA = ("metadata signing", _ISSUER_EKUS)

    @property
    def usages(self) -> frozenset[x509.ObjectIdentifier]:
        """The extended key usages that fit, beside none at all and anyExtendedKeyUsage."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A certificate that the operator trusts, and the name it goes by."""

    certificate: x509.Certificate
    name: str


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain that was verified: *certificates* leaf first, without the *anchor* (unless the leaf itself is pinned)."""

    leaf: x509.Certificate
    certificates: tuple[x509.Certificate, ...]
    anchor: Anchor

    @property
    def public_key(self) -> PublicKey:
        """The leaf's key."""
        return facts.public_key(self.leaf)

    @property
    def dns_names(self) -> tuple[str, ...]:
        """The leaf's dNSName entries, in lower case."""
        return facts.dns_names(self.leaf)

    @property
    def uri_names(self) -> tuple[str, ...]:
        """The leaf's uniformResourceIdentifier entries."""
        return facts.uri_names(self.leaf)

    @property
    def display_name(self) -> str:
        """The organisation, else the common name, in the leaf's subject."""
        return facts.display_name(self.leaf)

    @property
    def valid_until(self) -> datetime:
        """When the first of its certificates ends, the anchor's included."""
        return min(each.not_valid_after_utc for each in (*self.certificates, self.anchor.certificate))


def verify_chain(
    x5c: Json, anchors: Collection[Anchor], *, now: datetime, purpose: Purpose, haip: bool = True
) -> Chain:
    """Verify the chain in *x5c* up to one of *anchors* at *now*.

    Steps: (1) read the certificates, (2) find the anchor, (3) signatures and names, (4) extensions of every
    certificate, (5) the issuing ones, (6) the leaf and its purpose, (7) validity. All but the last never change: a
    chain that passed them is remembered, and each new look at it costs the last step only.

    Args:
        haip: refuse an anchor inside *x5c* and a self-signed leaf.

    Raises:
        TrustError: with code `no_chain`, `untrusted`, `expired`, `not_yet_valid` or `wrong_purpose`
            where that is what failed.
        KeyMaterialError: the leaf's key is of a kind that is not known here.
    """
    chain = _timeless(facts.x5c_texts(x5c), tuple(anchors), purpose, haip)
    for certificate in _path(chain.certificates, chain.anchor):
        _check_validity(certificate, now)
    return chain


@lru_cache(maxsize=MAX_REMEMBERED)  # of chains that end at an anchor only: what fails is not remembered
def _timeless(x5c: tuple[str, ...], anchors: tuple[Anchor, ...], purpose: Purpose, haip: bool) -> Chain:  # noqa: FBT001
    """Verify what does not depend on the time of day: steps 1 to 6."""
    certificates = tuple(map(facts.parse_certificate, x5c))
    if haip and _is_issued_by(certificates[0], certificates[0]):
        raise TrustError("expected a leaf that is not self-signed")
    certificates, anchor = _find_anchor(certificates, anchors, haip=haip)
    path = _path(certificates, anchor)
    for child, parent in pairwise(path):
        _check_link(child, parent)
    for position, certificate in enumerate(path):
        _check_extensions(certificate)
        if position > 0:
            _check_issuing(certificate, intermediates_below=position - 1)
    _check_leaf(certificates[0], purpose)
    return Chain(certificates[0], certificates, anchor)


def _find_anchor(
    certificates: tuple[x509.Certificate, ...], anchors: Collection[Anchor], *, haip: bool
) -> tuple[tuple[x509.Certificate, ...], Anchor]:
    """Return the part of the chain below the anchor, and the anchor."""
    for position, certificate in enumerate(certificates):
        for anchor in anchors:
            if certificate == anchor.certificate and not haip:
                return certificates[: max(position, 1)], anchor
    last = certificates[-1]
    for anchor in anchors:
        if last == anchor.certificate:
            raise TrustError("expected x5c without the trust anchor")
    for anchor in anchors:
        if last.issuer == anchor.certificate.subject and _is_issued_by(last, anchor.certificate):
            return certificates, anchor
    raise TrustError("expected a chain that ends at a trusted anchor", code="untrusted")


def _path(certificates: Sequence[x509.Certificate], anchor: Anchor) -> list[x509.Certificate]:
    pinned = certificates[0] == anchor.certificate
    return list(certificates) if pinned else [*certificates, anchor.certificate]


def _is_issued_by(child: x509.Certificate, parent: x509.Certificate) -> bool:
    try:
        _check_link(child, parent)
    except TrustError:
        return False
    return True


def _check_link(child: x509.Certificate, parent: x509.Certificate) -> None:
    key = parent.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) and not (
        isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS
    ):
        raise TrustError(f"expected an issuing key on a curve, or RSA of {_MIN_RSA_BITS} bits")
    if not isinstance(child.signature_hash_algorithm, _HASHES):
        raise TrustError("expected certificates signed with SHA-256, SHA-384 or SHA-512")
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError) as exc:
        raise TrustError("expected each certificate issued by the next", code="untrusted") from exc


def _check_validity(certificate: x509.Certificate, now: datetime) -> None:
    if now > certificate.not_valid_after_utc:
        raise TrustError("expected certificates that have not expired", code="expired")
    if now < certificate.not_valid_before_utc:
        raise TrustError("expected certificates that are valid already", code="not_yet_valid")


def _check_extensions(certificate: x509.Certificate) -> None:
    """Refuse what is critical and not understood; name constraints are not, whatever they claim to be."""
    for extension in certificate.extensions:
        critical = extension.critical or isinstance(extension.value, x509.NameConstraints)
        if critical and not isinstance(extension.value, _UNDERSTOOD):
            raise TrustError(f"expected no critical extension {extension.oid.dotted_string}")


def _check_issuing(certificate: x509.Certificate, *, intermediates_below: int) -> None:
    constraints = _extension(certificate, x509.BasicConstraints)
    if constraints is None or not constraints.ca:
        raise TrustError("expected an issuing certificate with basicConstraints cA")
    if constraints.path_length is not None and intermediates_below > constraints.path_length:
        raise TrustError(f"expected at most {constraints.path_length} certificates below pathLenConstraint")
    usage = _extension(certificate, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        raise TrustError("expected an issuing certificate with keyUsage keyCertSign")


def _check_leaf(leaf: x509.Certificate, purpose: Purpose) -> None:
    facts.public_key(leaf)
    constraints = _extension(leaf, x509.BasicConstraints)
    if constraints is not None and constraints.ca:
        raise TrustError("expected a leaf without basicConstraints cA")
    usage = _extension(leaf, x509.KeyUsage)
    if usage is not None and not usage.digital_signature:
        raise TrustError("expected a leaf with keyUsage digitalSignature", code="wrong_purpose")
    extended = _extension(leaf, x509.ExtendedKeyUsage)
    if extended is not None and not {*extended} & {*purpose.usages, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}:
        raise TrustError(f"expected a leaf that is meant for {purpose.value[0]}", code="wrong_purpose")


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    for extension in certificate.extensions:
        if isinstance(extension.value, kind):
            return extension.value
    return None
