"""What a wallet keeps: pairings, Creds with their keys, and the history of shares. All of it lies inside the vault.

The version rises with every change that an older release could not read; a newer one is refused, never guessed at.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.openid4vci.metadata import CredentialConfiguration
from billfold.core.openid4vci.pairing import PushSubscription
from billfold.core.sdjwt.type_metadata import TypeMetadata
from billfold.errors import ConfigurationError, EncodingError

VERSION: Final = 2  # 2: instances in store, Creds that come later, Type Metadata, the wallet's host
MAX_CONTENTS_BYTES: Final = 256 * 1024 * 1024
RENEW_AFTER: Final = timedelta(days=1)  # an issuer that gives no later end is asked once a day, not at every sync

Outcome = Literal["unknown", "accepted", "not_accepted", "declined"]


class Wanted(msgspec.Struct, frozen=True, omit_defaults=True):
    """A Cred that an issuer has for this wallet; without an identifier it is asked for by its configuration."""

    configuration_id: str
    credential_identifier: str | None = None
    revision: int | None = None


class StoredPairing(msgspec.Struct, frozen=True, omit_defaults=True):
    """One issuer that this wallet is paired with.

    Attributes:
        issuer: the credential issuer identifier.
        proven: whether signed metadata proved the issuer when it was paired; it must do so ever after.
        device_key: private JWK that the tokens are bound to.
        wanted: what the token was given for, where the issuer does not speak the pairing profile.
        pinned: the certificate its Creds must lead to, base64 of DER, where no anchor is listed for it.
        state: `cannot_update` once a refresh was refused without the pairing having ended.
        push: where this wallet is rung when there is news; None: it is not.
        described: whether the issuer has been told the device's name, and where to ring.
    """

    issuer: str
    issuer_name: str
    proven: bool
    paired_at: datetime
    device_key: dict[str, str]
    device_name: str
    token_type: Literal["DPoP", "Bearer"]
    access_token: str
    access_expires_at: datetime | None = None
    refresh_token: str | None = None
    authorization_server: str | None = None
    wanted: tuple[Wanted, ...] = ()
    pinned: str | None = None
    state: Literal["active", "cannot_update"] = "active"
    push: PushSubscription | None = None
    described: bool = False
    checked_at: datetime | None = None

    def __repr__(self) -> str:
        return f"StoredPairing({self.issuer!r})"


class StoredInstance(msgspec.Struct, frozen=True):
    """One signed instance of a Cred, and the private JWK it is bound to."""

    sd_jwt: str
    key: dict[str, str] | None

    def __repr__(self) -> str:
        return "StoredInstance()"


class StoredDeferred(msgspec.Struct, frozen=True):
    """A Cred that its issuer prepares: what to ask with, the private JWKs that were sent, and when to ask again."""

    issuer: str
    wanted: Wanted
    transaction_id: str
    keys: tuple[dict[str, str], ...]
    ask_at: datetime

    def __repr__(self) -> str:
        return f"StoredDeferred({self.issuer!r})"


class StoredCred(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Cred as it was issued, and the private JWK it is bound to.

    Attributes:
        sd_jwt: the instance that is shown next, bound to *key*; *spares* are those that follow it.
        used: whether that instance was shown to anybody.
        batch: how many instances came together.
        filled_at: when they came; `received_at` is older where they only took the place of others.
        type_metadata: what the type says of itself, with all that it inherits, where it says anything.
        state: as the status list or the issuer's view last said; expiry is told by `expires_at`.
        checked_at: when its status list was last read.
        notified: whether the issuer knows that it was accepted.
    """

    id: str
    issuer: str
    configuration_id: str
    configuration: CredentialConfiguration
    sd_jwt: str
    key: dict[str, str] | None
    received_at: datetime
    credential_identifier: str | None = None
    revision: int | None = None
    state: Literal["active", "suspended", "revoked"] = "active"
    expires_at: datetime | None = None
    first_opened_at: datetime | None = None
    checked_at: datetime | None = None
    notification_id: str | None = None
    notified: bool = False
    spares: tuple[StoredInstance, ...] = ()
    used: bool = False
    batch: int = 1
    filled_at: datetime | None = None
    type_metadata: TypeMetadata | None = None

    def __repr__(self) -> str:
        return f"StoredCred({self.id!r})"

    @property
    def fresh(self) -> int:
        """How many instances nobody has seen yet."""
        return len(self.spares) + (not self.used)

    def ends_soon(self, now: datetime) -> bool:
        """Say whether nine tenths of its time are over, or all of it."""
        filled_at = self.filled_at or self.received_at
        if self.expires_at is None or now - filled_at <= RENEW_AFTER:
            return False
        return (self.expires_at - now) * 10 < self.expires_at - filled_at

    def shown(self) -> "StoredCred":
        """Return this Cred after its instance was shown: the next one takes its place, as long as there is one."""
        if not self.spares:
            return msgspec.structs.replace(self, used=True)
        first, *rest = self.spares
        return msgspec.structs.replace(self, sd_jwt=first.sd_jwt, key=first.key, spares=tuple(rest))

    def answers(self, issuer: str, wanted: Wanted) -> bool:
        """Say whether this is the Cred that *issuer* means by *wanted*."""
        ours = (self.issuer, self.configuration_id, self.credential_identifier)
        return ours == (issuer, wanted.configuration_id, wanted.credential_identifier)


class SharedFrom(msgspec.Struct, frozen=True):
    """What was shared from one Cred: names of fields, never their values."""

    cred_id: str
    issuer: str
    type_name: str
    fields: tuple[str, ...]


class StoredShare(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer to a requester; `unknown` while nobody knows whether it arrived."""

    id: str
    at: datetime
    requester: str
    address: str
    proven: bool
    outcome: Outcome
    shared: tuple[SharedFrom, ...] = ()
    purpose: str | None = None
    reference: str | None = None


class Contents(msgspec.Struct, frozen=True):
    """All of it. Every change makes a new value."""

    version: int = VERSION
    pairings: tuple[StoredPairing, ...] = ()
    creds: tuple[StoredCred, ...] = ()
    history: tuple[StoredShare, ...] = ()
    deferred: tuple[StoredDeferred, ...] = ()
    wallet_url: str | None = None

    def deferred_of(self, issuer: str, wanted: Wanted) -> StoredDeferred | None:
        """Return what *issuer* prepares for *wanted*, if anything; a later revision comes out of it too."""
        sought = (issuer, wanted.configuration_id, wanted.credential_identifier)
        return next((entry for entry in self.deferred if _which(entry) == sought), None)

    def with_deferred(self, entry: StoredDeferred) -> "Contents":
        """Return these contents with *entry* in place of the one for the same Cred."""
        return msgspec.structs.replace(self, deferred=(*self._deferred_but(entry), entry))

    def without_deferred(self, entry: StoredDeferred) -> "Contents":
        """Return these contents without what is prepared for the Cred of *entry*."""
        return msgspec.structs.replace(self, deferred=self._deferred_but(entry))

    def _deferred_but(self, entry: StoredDeferred) -> tuple[StoredDeferred, ...]:
        return tuple(other for other in self.deferred if _which(other) != _which(entry))

    def pairing_of(self, issuer: str) -> StoredPairing | None:
        """Return the pairing with *issuer*, if there is one."""
        return next((pairing for pairing in self.pairings if pairing.issuer == issuer), None)

    def creds_of(self, issuer: str) -> tuple[StoredCred, ...]:
        """Return the Creds of *issuer*."""
        return tuple(cred for cred in self.creds if cred.issuer == issuer)

    def cred(self, cred_id: str) -> StoredCred | None:
        """Return the Cred *cred_id*, if it is there."""
        return next((cred for cred in self.creds if cred.id == cred_id), None)

    def with_pairing(self, pairing: StoredPairing) -> "Contents":
        """Return these contents with *pairing* in place of the one with the same issuer."""
        others = tuple(other for other in self.pairings if other.issuer != pairing.issuer)
        return msgspec.structs.replace(self, pairings=(*others, pairing))

    def with_cred(self, cred: StoredCred) -> "Contents":
        """Return these contents with *cred* in place of the one with its id."""
        if self.cred(cred.id) is None:
            return msgspec.structs.replace(self, creds=(*self.creds, cred))
        creds = tuple(cred if other.id == cred.id else other for other in self.creds)
        return msgspec.structs.replace(self, creds=creds)

    def with_share(self, share: StoredShare) -> "Contents":
        """Return these contents with *share* in place of the one with its id."""
        others = tuple(other for other in self.history if other.id != share.id)
        return msgspec.structs.replace(self, history=(*others, share))

    def without_issuer(self, issuer: str) -> "Contents":
        """Return these contents without *issuer* and its Creds; what was shared stays in the history."""
        pairings = tuple(pairing for pairing in self.pairings if pairing.issuer != issuer)
        creds = tuple(cred for cred in self.creds if cred.issuer != issuer)
        deferred = tuple(entry for entry in self.deferred if entry.issuer != issuer)
        return msgspec.structs.replace(self, pairings=pairings, creds=creds, deferred=deferred)


def _which(entry: StoredDeferred) -> tuple[str, str, str | None]:
    return entry.issuer, entry.wanted.configuration_id, entry.wanted.credential_identifier


def encode(contents: Contents) -> bytes:
    """Return *contents* as JSON."""
    return json_encode(contents)


def decode(data: bytes) -> Contents:
    """Read contents.

    Raises:
        ConfigurationError: of a newer version, or not contents at all.
    """
    try:
        document = json_decode_object(data, max_bytes=MAX_CONTENTS_BYTES)
    except EncodingError as exc:
        raise ConfigurationError("expected the contents of a vault") from exc
    version = document.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        raise ConfigurationError(f"expected a vault of version {VERSION} or older: update Billfold to open this one")
    try:
        return msgspec.structs.replace(msgspec.convert(document, Contents), version=VERSION)
    except msgspec.ValidationError as exc:
        raise ConfigurationError("expected the contents of a vault") from exc
