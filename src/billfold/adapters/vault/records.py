"""What a wallet keeps: pairings, Creds with their keys, and the history of shares. All of it lies inside the vault.

The version rises with every change that an older release could not read; a newer one is refused, never guessed at.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

from billfold.core.encoding import json_decode_object, json_encode
from billfold.core.openid4vci.metadata import CredentialConfiguration
from billfold.errors import ConfigurationError, EncodingError

VERSION: Final = 1
MAX_CONTENTS_BYTES: Final = 256 * 1024 * 1024

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
        described: whether the issuer has been told the device's name.
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
    described: bool = False
    checked_at: datetime | None = None

    def __repr__(self) -> str:
        return f"StoredPairing({self.issuer!r})"


class StoredCred(msgspec.Struct, frozen=True, omit_defaults=True):
    """One Cred as it was issued, and the private JWK it is bound to.

    Attributes:
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

    def __repr__(self) -> str:
        return f"StoredCred({self.id!r})"

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
        return msgspec.structs.replace(self, pairings=pairings, creds=creds)


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
        return msgspec.convert(document, Contents)
    except msgspec.ValidationError as exc:
        raise ConfigurationError("expected the contents of a vault") from exc
