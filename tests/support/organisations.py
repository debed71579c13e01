"""Organisations for tests of the core: a root and a leaf with their keys, and the vectors' certificates by name."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.core.keys import PrivateKey
from billfold.core.trust.build import build_leaf, build_root
from billfold.core.trust.certificate import parse_certificate, x5c_entry
from billfold.core.trust.chain import BILLFOLD_ISSUER_EKU, Anchor
from tests.support.vectors import load_json

NOW = datetime(2026, 6, 1, tzinfo=UTC)
ISSUER = "https://issuer.example/acme"


def new_key() -> PrivateKey:
    """Return a fresh P-256 key."""
    return PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))


def vector_certificate(name: str) -> x509.Certificate:
    """Return the certificate *name* of the x509 vectors."""
    return parse_certificate(load_json("x509", "certificates.json")[name]["x5c_entry"])


def vector_anchors(*names: str) -> tuple[Anchor, ...]:
    """Return anchors for certificates of the x509 vectors."""
    return tuple(Anchor(vector_certificate(name), name) for name in names)


@dataclass(frozen=True, slots=True)
class Organisation:
    """A root, a leaf and the leaf's key, as an organisation has them."""

    root: x509.Certificate
    root_key: PrivateKey
    leaf: x509.Certificate
    leaf_key: PrivateKey

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """The root, as a wallet or verifier would list it."""
        return (Anchor(self.root, "Acme"),)

    @property
    def x5c(self) -> list[str]:
        """The leaf as an `x5c` header."""
        return [x5c_entry(self.leaf)]


def organisation(
    *,
    uri_names: tuple[str, ...] = (ISSUER,),
    dns_names: tuple[str, ...] = ("issuer.example",),
    eku: x509.ObjectIdentifier = BILLFOLD_ISSUER_EKU,
) -> Organisation:
    """Return an organisation whose certificates are valid around ``NOW``."""
    root_key, leaf_key = new_key(), new_key()
    begin, end = NOW - timedelta(days=30), NOW + timedelta(days=3000)
    root = build_root("Acme Root", "Acme", root_key, serial=1, not_before=begin, not_after=end)
    leaf = build_leaf(
        common_name="Acme credentials",
        organisation="Acme",
        key=leaf_key.public(),
        root=root,
        root_key=root_key,
        serial=2,
        not_before=begin,
        not_after=begin + timedelta(days=1000),
        dns_names=dns_names,
        uri_names=uri_names,
        eku=eku,
    )
    return Organisation(root, root_key, leaf, leaf_key)
