"""The headless holder: a wallet for programs, and for people at a command line.

Source: OpenID4VCI 1.0, OpenID4VP 1.0 and HAIP 1.0 in the wallet's role; Billfold's pairing profile.
Pairing and sharing go in steps, and each takes the value of the step before, so that none can be skipped::

    async with await Wallet.connect(path, passphrase) as wallet:
        review = await wallet.look_at(link)       # nothing is accepted yet
        result = await wallet.pair(review, tx_code="123456")
        asked = await wallet.review(other_link)   # nothing is sent yet
        shared = await wallet.share(asked, optional=["email"])

One process at a time has a vault open. Within it, calls that write wait for each other.
"""

import asyncio
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.vault.records import SharedFrom, StoredShare
from billfold.adapters.vault.vault import Vault
from billfold.core.openid4vci.pairing import PushKeys, PushSubscription
from billfold.core.trust.trust_list import TrustEntry, TrustList
from billfold.errors import BillfoldError
from billfold.roles.holder import response, sync, wallet
from billfold.roles.holder import review as review_step
from billfold.roles.holder.cred import Field, HeldCred
from billfold.roles.holder.link import LinkUnknown, Target, resolve
from billfold.roles.holder.offer import OfferedCred, PairingReview, look_at
from billfold.roles.holder.parts import HolderParts
from billfold.roles.holder.peer import PeerRefusal, Peers
from billfold.roles.holder.response import Declined, Shared
from billfold.roles.holder.review import OptionalChoice, Review, ReviewCard, ReviewCred, Unfit
from billfold.roles.holder.status import StatusTokens
from billfold.roles.holder.sync import SyncedIssuer
from billfold.roles.holder.trust import check_wallet_url, fetch_trust_list, is_development, known_host
from billfold.roles.holder.type_metadata import TypeDocuments
from billfold.roles.holder.wallet import NotReceived, PairedIssuer, PairingResult

__all__ = [
    "BillfoldError",
    "Declined",
    "Field",
    "HeldCred",
    "LinkUnknown",
    "NotReceived",
    "OfferedCred",
    "OptionalChoice",
    "PairedIssuer",
    "PairingResult",
    "PairingReview",
    "PeerRefusal",
    "PushKeys",
    "PushSubscription",
    "Review",
    "ReviewCard",
    "ReviewCred",
    "Shared",
    "SharedFrom",
    "StoredShare",
    "SyncedIssuer",
    "Target",
    "TrustEntry",
    "TrustList",
    "Unfit",
    "Wallet",
    "is_development",
    "load_trust",
]

DEFAULT_DEVICE_NAME = "Billfold command line"


class Wallet:
    """A wallet over one vault. Use it as an async context manager, or call `close`."""

    def __init__(self, parts: HolderParts) -> None:
        self._parts = parts
        self._writing = asyncio.Lock()

    @classmethod
    def create(
        cls,
        path: Path | None,
        passphrase: str | None = None,
        *,
        trust: TrustList,
        wallet_url: str | None = None,
        development: bool = False,
    ) -> Self:
        """Make a new wallet.

        Args:
            path: where its vault is to lie; None keeps everything in memory, and *passphrase* is not needed.
            trust: whom it believes; see `load_trust`.
            wallet_url: the wallet's host, where short codes are looked up.
            development: let http and loopback through, and nothing else; *wallet_url* must be http on loopback.

        Raises:
            ConfigurationError: there is a vault already, it cannot be written, or *wallet_url* does not fit.
        """
        check_wallet_url(wallet_url, development=development)
        vault = Vault.in_memory() if path is None else Vault.create(path, passphrase or "")
        return cls._over(vault, trust, wallet_url, development=development)

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        trust: TrustList,
        wallet_url: str | None = None,
        development: bool = False,
    ) -> Self:
        """Open the wallet whose vault lies at *path*; the arguments are those of `create`.

        Args:
            wallet_url: the one that the vault remembers where it is not given.

        Raises:
            ConfigurationError: there is none, another process has it open, the passphrase is wrong, the file was
                changed, a newer release wrote it, or *wallet_url* does not fit.
        """
        check_wallet_url(wallet_url, development=development)
        return cls._over(Vault.open(path, passphrase), trust, wallet_url, development=development)

    @classmethod
    async def connect(
        cls, path: Path, passphrase: str, *, wallet_url: str | None = None, fallback: str | None = None
    ) -> Self:
        """Open the wallet whose vault lies at *path*, believing whom its host lists now.

        Args:
            wallet_url: the wallet's host from now on; the one that the vault remembers where it is not given.
            fallback: the host of a vault that remembers none.

        Raises:
            ConfigurationError: as `open`, or no host is known.
            TrustError, ResponseError: the host serves no such list.
            TransportError: the host did not answer.
        """
        vault = Vault.open(path, passphrase)
        try:
            host = known_host(wallet_url, vault.contents.wallet_url, fallback)
            trust = await load_trust(host, development=is_development(host))
            return cls._over(vault, trust, host, development=is_development(host))
        except BaseException:
            vault.close()
            raise

    @classmethod
    def _over(cls, vault: Vault, trust: TrustList, wallet_url: str | None, *, development: bool) -> Self:
        """Return the wallet over *vault*, which remembers its host."""
        if wallet_url not in (None, vault.contents.wallet_url):
            vault.change(lambda contents: msgspec.structs.replace(contents, wallet_url=wallet_url))
        return cls(_parts(vault, trust, vault.contents.wallet_url, development=development))

    async def resolve(self, link: str) -> Target:
        """Say whether *link*, or a short code, leads to an offer (`look_at`) or to a request (`review`).

        Raises:
            LinkUnknown: neither.
            PeerRefusal: the wallet's host knows no such code, or no longer.
            TransportError: the host did not answer.
        """
        return await resolve(self._parts, link)

    async def look_at(self, link: str | Target) -> PairingReview:
        """Look at what an issuer offers; nothing is accepted or kept.

        Raises:
            LinkUnknown: *link* leads to no offer.
            CredentialError: offer or metadata cannot be used, or a signature fails; there is no way on.
            PeerRefusal: the code is used, run out or was never made.
            TransportError: the other side did not answer.
        """
        target = link if isinstance(link, Target) else await self.resolve(link)
        return await look_at(self._parts, target)

    async def pair(
        self, review: PairingReview, tx_code: str | None = None, device_name: str = DEFAULT_DEVICE_NAME
    ) -> PairingResult:
        """Pair with the issuer of *review* and receive its Creds.

        Args:
            tx_code: the PIN, where `review.needs_tx_code`.
            device_name: what the issuer's support is to see.

        Raises:
            StateError: the issuer is paired already, or the PIN is missing or was not asked for.
            PeerRefusal: the code is spent or run out, or the PIN is wrong; `description` says what to do.
            CredentialError: the tokens cannot be used.
            TransportError: the issuer did not answer.
        """
        async with self._writing:
            await sync.drop_ended(self._parts, review.issuer)
            return await wallet.pair(self._parts, review, tx_code, device_name)

    def issuers(self) -> tuple[PairedIssuer, ...]:
        """Return the issuers that this wallet is paired with."""
        return tuple(wallet.issuer_of(pairing) for pairing in self._parts.vault.contents.pairings)

    def creds(self) -> tuple[HeldCred, ...]:
        """Return the Creds held, in the order in which they came."""
        return wallet.creds(self._parts)

    def opened(self, cred_id: str) -> HeldCred:
        """Return one Cred and note that it was opened: it is New no longer.

        Raises:
            StateError: there is no such Cred.
        """
        return wallet.opened(self._parts, cred_id)

    async def review(self, link: str | Target) -> Review:
        """Look at what a requester asks, beside what this wallet holds; nothing is sent.

        Raises:
            LinkUnknown: *link* leads to no request.
            RequestRefused: the request breaks a rule, or its signature proves nothing; there is no way on.
            PeerRefusal: the request is answered, run out or was never made.
            TransportError: the other side did not answer.
        """
        target = link if isinstance(link, Target) else await self.resolve(link)
        return await review_step.review(self._parts, target)

    async def share(self, review: Review, optional: Collection[str] = (), cred: str | None = None) -> Shared:
        """Share what *review* requires, and the *optional* fields named, from the Cred named or else the first.

        Raises:
            StateError: the request cannot be answered, a name is not in the review, or a Cred changed since it.
            ResponseError: the requester's answer cannot be read; what was sent has reached it.
            TransportError: no answer came; whether anything arrived is unknown, and the history says so.
        """
        choice = review_step.choose(review, optional, cred)
        async with self._writing:
            return await response.share(self._parts, review, choice)

    async def decline(self, review: Review) -> Declined:
        """Tell the requester that nothing is shared, and return where the person goes on, where it says so.

        An answer that is missing or broken is no failure: the person has declined, and the history says so.
        """
        async with self._writing:
            return await response.decline(self._parts, review)

    async def ring_at(self, issuer: str, subscription: PushSubscription | None) -> None:
        """Let *issuer* ring when there is news (RFC 8030, RFC 8291); None ends that. `sync` is what to do when it rang.

        Args:
            issuer: its credential issuer identifier.
            subscription: an endpoint and key of whoever keeps this wallet; the message holds no personal data.

        Raises:
            StateError: there is no such pairing.
            CredentialError, TransportError: the issuer's metadata did not come; nothing has changed.
        """
        async with self._writing:
            await sync.ring_at(self._parts, issuer, subscription)

    async def sync(self) -> tuple[SyncedIssuer, ...]:
        """Ask every issuer for news, and its status lists; what one of them does not answer waits for the next time."""
        async with self._writing:
            return await sync.sync(self._parts)

    async def unpair(self, issuer: str, *, anyway: bool = False) -> None:
        """End the pairing with *issuer*, and remove its Creds; other issuers are not touched.

        Args:
            issuer: its credential issuer identifier.
            anyway: remove its Creds even where it cannot be told.

        Raises:
            StateError: there is no such pairing.
            CredentialError, TransportError: the issuer was not told; nothing was removed.
        """
        async with self._writing:
            await sync.unpair(self._parts, issuer, anyway=anyway)

    def history(self) -> tuple[StoredShare, ...]:
        """Return with whom what was shared, and when, oldest first; names of fields, never values."""
        return self._parts.vault.contents.history

    async def close(self) -> None:
        """Close connections and vault."""
        await self._parts.peers.close()
        self._parts.vault.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def load_trust(wallet_url: str, *, development: bool = False) -> TrustList:
    """Return the list of anchors that the wallet's host at *wallet_url* serves.

    Raises:
        ConfigurationError: *wallet_url* does not fit.
        TrustError, ResponseError: there is no such list.
        TransportError: the host did not answer.
    """
    check_wallet_url(wallet_url, development=development)
    peers = _peers(development=development)
    try:
        return await fetch_trust_list(peers, wallet_url)
    finally:
        await peers.close()


def _parts(vault: Vault, trust: TrustList, wallet_url: str | None, *, development: bool) -> HolderParts:
    peers = _peers(development=development)
    return HolderParts(
        vault=vault,
        peers=peers,
        statuses=StatusTokens(peers, now=_now, allow_loopback_http=development),
        types=TypeDocuments(peers, allow_loopback_http=development),
        trust=trust,
        wallet_url=wallet_url,
        now=_now,
        random=_random,
        allow_loopback_http=development,
    )


def _peers(*, development: bool) -> Peers:
    return Peers(GuardedClient(allow_loopback=development), now=_now, random=_random)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251  # the public face is an edge, as apps are


_random: Callable[[int], bytes] = os.urandom  # noqa: TID251  # as _now
