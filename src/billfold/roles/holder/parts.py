"""What the holder's use cases are given: the vault, the way to other servers, whom to trust, clock and entropy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.adapters.vault.records import StoredCred, StoredPairing, StoredShare
from billfold.adapters.vault.vault import Vault
from billfold.core.encoding import b64url_encode
from billfold.core.keys import PrivateKey
from billfold.core.trust.trust_list import TrustList
from billfold.roles.holder.peer import Peers
from billfold.roles.holder.status import StatusTokens
from billfold.roles.holder.type_metadata import TypeDocuments


@dataclass(frozen=True, slots=True)
class HolderParts:
    """The effects that the holder's use cases need.

    Attributes:
        peers: sends to issuers, requesters and the wallet's host.
        statuses: the status lists that were fetched lately.
        types: the Type Metadata of Creds.
        wallet_url: the wallet's host, where short codes are looked up; None without one.
        random: gives so many random bytes.
        allow_loopback_http: development only: http to loopback is let through.
    """

    vault: Vault
    peers: Peers
    statuses: StatusTokens
    types: TypeDocuments
    trust: TrustList
    wallet_url: str | None
    now: Callable[[], datetime]
    random: Callable[[int], bytes]
    allow_loopback_http: bool

    def new_id(self) -> str:
        """Return a fresh id, short enough to type; without a hyphen first, which a command line takes for an option."""
        text = b64url_encode(self.random(9))
        return "0" + text[1:] if text.startswith("-") else text

    def new_key(self) -> PrivateKey:
        """Return a fresh P-256 key."""
        return PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))

    def keep_cred(self, cred: StoredCred) -> None:
        """Write *cred* in place of the one with its id."""
        self.vault.change(lambda contents: contents.with_cred(cred))

    def keep_share(self, share: StoredShare) -> None:
        """Write *share* in place of the one with its id."""
        self.vault.change(lambda contents: contents.with_share(share))

    def keep_pairing(self, pairing: StoredPairing) -> None:
        """Write *pairing* in place of the one with its issuer."""
        self.vault.change(lambda contents: contents.with_pairing(pairing))

    def change_pairing(self, issuer: str, **changes: object) -> None:
        """Write *changes* to the pairing with *issuer* as it is now; nothing where there is none any more."""
        pairing = self.vault.contents.pairing_of(issuer)
        if pairing is not None:
            self.keep_pairing(msgspec.structs.replace(pairing, **changes))
