"""Organisations as they act: with their keys opened and their certificates at hand.

Keys and settings are read once and kept for a few seconds, so that the hot path does not ask for them each time.
"""

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from billfold.adapters.store import organisations
from billfold.adapters.store.audit import Act
from billfold.adapters.store.records import Organisation, OrganisationSettings, SigningKey
from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.client_id import x509_hash_client_id
from billfold.core.trust.build import build_leaf, build_root
from billfold.core.trust.chain import BILLFOLD_ISSUER_EKU, BILLFOLD_REQUESTER_EKU
from billfold.errors import ConfigurationError
from billfold.roles.parts import Parts, to_the_hour

ROOT, ISSUER, REQUESTER = "root", "issuer", "requester"
ROOT_LIFETIME = timedelta(days=3652)
LEAF_LIFETIME = timedelta(days=1095)
RENEWED_BEFORE = LEAF_LIFETIME / 3  # what a leaf signs ends with it, so a Cred of a year needs a year of it
KEEP_FOR = timedelta(seconds=5)
SIGNS_AFTER = 2 * KEEP_FOR

T = TypeVar("T")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


@dataclass(frozen=True, slots=True)
class Signer:
    """A signing key and its chain: `x5c` is leaf first, without the root, which is the anchor.

    Attributes:
        client_id: of a requester that signs with it and is known by its leaf (OpenID4VP 5.9.3, `x509_hash`).
        since: when it begins to sign: every process has read it by then.
    """

    key: PrivateKey
    leaf: x509.Certificate
    x5c: tuple[str, ...]
    client_id: str
    since: datetime


class Kept(Generic[T]):
    """What belongs to an organisation, by slug or id, read again after ``KEEP_FOR``."""

    def __init__(self, load: Callable[[str], Awaitable[T | None]], now: Callable[[], datetime]) -> None:
        self._load, self._now = load, now
        self._values: dict[str, tuple[datetime, T]] = {}

    async def get(self, name: str) -> T | None:
        """Return the value of *name*; absence is not kept, so that guessing names fills nothing."""
        kept, now = self._values.get(name), self._now()
        if kept and now - kept[0] < KEEP_FOR:
            return kept[1]
        value = await self._load(name)
        if value is not None:
            self._values[name] = (now, value)
        return value

    def at_hand(self, name: str) -> T | None:
        """Return what was last read for *name*, without reading."""
        kept = self._values.get(name)
        return kept[1] if kept else None

    def forget(self, name: str) -> None:
        """Read the value of *name* anew the next time: it was just changed here."""
        self._values.pop(name, None)


def identifier_of(parts: Parts, slug: str) -> str:
    """Return the organisation's credential issuer identifier."""
    return f"{parts.addresses.protocol}/o/{slug}"


def requester_url(parts: Parts, slug: str) -> str:
    """Return the base of the organisation's requester endpoints."""
    return f"{parts.addresses.requester}/o/{slug}"


def try_it_url(parts: Parts, slug: str) -> str:
    """Return where a requester asks for a Cred of its own, anew at each call."""
    return f"{requester_url(parts, slug)}/try-it"


async def add_organisation(parts: Parts, *, slug: str, name: str, settings: OrganisationSettings) -> Organisation:
    """Create an organisation with a root of its own and a leaf for each of its roles.

    Raises:
        Conflict: the slug is taken.
        ConfigurationError: slug or name cannot stand in addresses or certificates.
    """
    if not _SLUG.match(slug):
        raise ConfigurationError("expected a slug of 1 to 63 lower-case letters, digits and hyphens")
    if not name.strip() or not name.isprintable():
        raise ConfigurationError("expected a name that can be printed")
    organisation = Organisation(parts.new_id(), slug, name, settings)
    root = _new_root(parts, name)
    leaves = [_sealed(parts, role, _new_leaf(parts, organisation, role, root)) for role in settings.roles]
    await organisations.add(parts.store, organisation, [_sealed(parts, ROOT, root), *leaves], now=parts.now())
    return organisation


async def signer_of(parts: Parts, organisation_id: str, purpose: str) -> Signer:
    """Open the organisation's key for *purpose* that signs now.

    Raises:
        ConfigurationError: it has none, or another master key sealed it.
    """
    now = parts.now()
    signers = await signers_of(parts, organisation_id, purpose)
    return next((signer for signer in reversed(signers) if signer.since <= now), signers[0])


async def signers_of(parts: Parts, organisation_id: str, purpose: str) -> list[Signer]:
    """Open the organisation's keys for *purpose*, oldest first: a new one and the one before it overlap.

    Raises:
        ConfigurationError: it has none, or another master key sealed them.
    """
    keys = [k for k in await organisations.signing_keys_of(parts.store, organisation_id) if k.purpose == purpose]
    if not keys:
        raise ConfigurationError(f"expected a signing key for {purpose}")
    return [_open(parts, key) for key in keys]


def _open(parts: Parts, key: SigningKey) -> Signer:
    jwk = json_decode_object(parts.master_key.unseal(key.private_key_sealed, _context(key.id)))
    leaf = x509.load_der_x509_certificate(key.certificate)
    x5c = (base64.b64encode(key.certificate).decode(),)
    return Signer(PrivateKey.from_jwk(jwk), leaf, x5c, x509_hash_client_id(leaf), key.created_at + SIGNS_AFTER)


async def renew_leaf(parts: Parts, organisation: Organisation, role: str, act: Act) -> None:
    """Give a role a new key and certificate under the same root; the one before stays for what it began.

    Raises:
        ConfigurationError: the organisation has no root.
    """
    root = (await signers_of(parts, organisation.id, ROOT))[-1]
    identity = _new_leaf(parts, organisation, role, _Identity(root.key, root.leaf))
    record = _sealed(parts, role, identity)
    await organisations.renew_signing_key(parts.store, organisation.id, record, act)


async def renew_leaves(parts: Parts) -> None:
    """Renew every leaf that has a third of its time left, so that nobody has to remember it.

    One that ends with its root stays: a new one would end no later.
    """
    for organisation in await organisations.every(parts.store):
        keys = {key.purpose: key for key in await organisations.newest_keys_of(parts.store, organisation.id)}
        root = keys.pop(ROOT)
        for role, key in keys.items():
            if key.not_after_at - parts.now() < RENEWED_BEFORE and key.not_after_at < root.not_after_at:
                await renew_leaf(parts, organisation, role, parts.act("system"))


async def root_of(parts: Parts, organisation_id: str) -> bytes:
    """Return the organisation's root certificate as DER.

    Raises:
        ConfigurationError: it has none.
    """
    for key in await organisations.signing_keys_of(parts.store, organisation_id):
        if key.purpose == ROOT:
            return key.certificate
    raise ConfigurationError("expected a root certificate")


@dataclass(frozen=True, slots=True)
class _Identity:
    key: PrivateKey
    certificate: x509.Certificate


def _new_key() -> PrivateKey:
    return PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))


def _new_root(parts: Parts, name: str) -> _Identity:
    key, now = _new_key(), to_the_hour(parts.now())
    common_name, organisation = f"{_fitting(name, 59)} root", _fitting(name)
    end = now + ROOT_LIFETIME
    return _Identity(
        key, build_root(common_name, organisation, key, serial=_serial(parts), not_before=now, not_after=end)
    )


def _new_leaf(parts: Parts, organisation: Organisation, role: str, root: _Identity) -> _Identity:
    """Make a leaf: an issuer's carries its identifier as a URI name, since `iss` must equal it."""
    issuing = role == ISSUER
    base = identifier_of(parts, organisation.slug) if issuing else requester_url(parts, organisation.slug)
    key, now = _new_key(), to_the_hour(parts.now())  # no later than the `iat` of what it signs first
    leaf = build_leaf(
        common_name=_fitting(organisation.name),
        organisation=_fitting(organisation.name),
        key=key.public(),
        root=root.certificate,
        root_key=root.key,
        serial=_serial(parts),
        not_before=now,
        not_after=min(now + LEAF_LIFETIME, root.certificate.not_valid_after_utc),
        dns_names=[urlsplit(base).hostname or ""],
        uri_names=[base] if issuing else [],
        eku=BILLFOLD_ISSUER_EKU if issuing else BILLFOLD_REQUESTER_EKU,
    )
    return _Identity(key, leaf)


def _fitting(name: str, most_bytes: int = 64) -> str:
    """Return as much of *name* as a certificate's name may hold (RFC 5280 appendix A.1; the library counts bytes)."""
    return name.encode()[:most_bytes].decode(errors="ignore")


def _serial(parts: Parts) -> int:
    return int.from_bytes(parts.random(19), "big") + 1


def _sealed(parts: Parts, purpose: str, identity: _Identity) -> SigningKey:
    key_id, certificate = parts.new_id(), identity.certificate
    sealed = parts.master_key.seal(json_encode(identity.key.to_jwk()), _context(key_id))
    der = certificate.public_bytes(Encoding.DER)
    return SigningKey(key_id, purpose, sealed, der, certificate.not_valid_after_utc, parts.now())


def _context(key_id: str) -> str:
    return f"signing-key {key_id}"
