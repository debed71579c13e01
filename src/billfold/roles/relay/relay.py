"""Relay: an issuer's encrypted message goes in at an unguessable address, and on to one browser, wrapped once more.

A browser's push subscription has one application server key, while each issuer signs with its own; so the wallet's
host stands between. It cannot read a message; it learns which endpoint is rung, and when.
Source: RFC 8030 sections 5 and 7, RFC 8291, RFC 8292 sections 2 to 4.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.adapters.notices.delivery import Delivery, Outcome
from billfold.adapters.notices.web_push import send
from billfold.adapters.store import relay_endpoints
from billfold.adapters.store.relay_endpoints import RelayEndpoint
from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.pairing import PushSubscription
from billfold.core.webpush.message import MAX_BODY_BYTES, SALT_BYTES, Recipient, encrypt, public_key_from_point
from billfold.core.webpush.vapid import key_text, origin_of, verify_authorization
from billfold.errors import CredentialError, PushError, RequestRefused
from billfold.roles.parts import Parts, sha256

# Where browsers' vendors have their push services; anything else would make the relay a way into somebody's network.
PUSH_HOSTS = (
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.push.apple.com",
    "*.notify.windows.com",
)
TOKEN_BYTES = 32
HANDLE_BYTES = 16
WINDOW = timedelta(hours=1)
MOST_IN_WINDOW = 60


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """What the wallet gets: the address for its issuer, the secret that manages it, the handle its messages carry."""

    endpoint: str
    secret: str
    handle: str


@dataclass(frozen=True, slots=True)
class Relay:
    """The relay of this installation. *push_hosts* are names, or ``*.name`` for all below it."""

    parts: Parts
    push_hosts: Collection[str] = PUSH_HOSTS

    @property
    def public_key(self) -> str:
        """The key that browsers subscribe under (`applicationServerKey`)."""
        return key_text(self._key().public())

    async def register(self, subscription: PushSubscription, sender_key: str) -> NewEndpoint:
        """Make an endpoint at which the holder of *sender_key* may ring *subscription*.

        Raises:
            RequestRefused: `invalid_request`: a host that is no known push service, or an unusable key.
        """
        self._check(subscription)
        try:
            public_key_from_point(b64url_decode(sender_key))
        except CredentialError as exc:
            raise RequestRefused("invalid_request", "expected the issuer's vapid_public_key") from exc
        token, secret = (b64url_encode(self.parts.random(TOKEN_BYTES)) for _ in range(2))
        endpoint = RelayEndpoint(self.parts.new_id(), sender_key, msgspec.json.encode(subscription).decode())
        await relay_endpoints.add(
            self.parts.store, endpoint, token_hash=sha256(token), secret_hash=sha256(secret), now=self.parts.now()
        )
        return NewEndpoint(f"{self.parts.addresses.wallet}/relay/{token}", secret, b64url_encode(handle_of(token)))

    async def move(self, token: str, secret: str, subscription: PushSubscription) -> None:
        """Lead an endpoint to the browser's new subscription.

        Raises:
            RequestRefused: 403, token and secret do not fit; or as `register`.
        """
        self._check(subscription)
        text = msgspec.json.encode(subscription).decode()
        store = self.parts.store
        if not await relay_endpoints.move(
            store, token_hash=sha256(token), secret_hash=sha256(secret), subscription=text
        ):
            raise _not_yours()

    async def remove(self, token: str, secret: str) -> None:
        """Remove an endpoint: whoever rings it from now on is told that it is gone.

        Raises:
            RequestRefused: 403, token and secret do not fit.
        """
        store = self.parts.store
        if not await relay_endpoints.remove(store, token_hash=sha256(token), secret_hash=sha256(secret)):
            raise _not_yours()

    async def ring(self, token: str, body: bytes, authorization: str) -> Delivery:
        """Pass an issuer's message on.

        Raises:
            RequestRefused: 410 gone, 403 another sender's key, 413 too large, 429 too often.
        """
        found = await relay_endpoints.by_token(self.parts.store, sha256(token))
        if found is None:
            raise RequestRefused("gone", "expected an endpoint that is there, forget this one", status=410)
        try:
            own = {origin_of(self.parts.addresses.wallet)}
            verify_authorization(authorization, audiences=own, expected_key=found.sender_key, now=self.parts.now())
        except PushError as exc:
            raise RequestRefused("forbidden", str(exc), status=403) from exc
        if len(body) > MAX_BODY_BYTES:
            raise RequestRefused("too_large", f"expected a message of at most {MAX_BODY_BYTES} bytes", status=413)
        if (
            await relay_endpoints.count(self.parts.store, found.id, window=WINDOW, now=self.parts.now())
            > MOST_IN_WINDOW
        ):
            raise RequestRefused("too_many", f"expected at most {MOST_IN_WINDOW} messages an hour", status=429)
        delivery = await self._pass_on(found, handle_of(token) + body)
        if delivery.outcome is Outcome.GONE:
            await relay_endpoints.gone(self.parts.store, found)
        return delivery

    async def _pass_on(self, endpoint: RelayEndpoint, plaintext: bytes) -> Delivery:
        subscription = msgspec.json.decode(endpoint.subscription, type=PushSubscription)
        body = encrypt(
            plaintext,
            Recipient.parse(subscription.keys.p256dh, subscription.keys.auth),
            ephemeral=PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1())),
            salt=self.parts.random(SALT_BYTES),
        )
        return await send(
            self.parts.client,
            subscription.endpoint,
            body,
            key=self._key(),
            subject="mailto:postmaster@localhost",
            now=self.parts.now(),
        )

    def _key(self) -> PrivateKey:
        return self.parts.master_key.signing_key("relay")

    def _check(self, subscription: PushSubscription) -> None:
        parts = urlsplit(subscription.endpoint)
        secure = parts.scheme == "https" or (parts.scheme == "http" and self.parts.allow_loopback_http)
        if not secure or not any(_fits(parts.hostname or "", pattern) for pattern in self.push_hosts):
            raise RequestRefused("invalid_request", "expected a subscription at a push service that is listed here")
        try:
            Recipient.parse(subscription.keys.p256dh, subscription.keys.auth)
        except PushError as exc:
            raise RequestRefused("invalid_request", str(exc)) from exc


def handle_of(token: str) -> bytes:
    """Return what tells the wallet which of its issuers rang: it knows its tokens, and nobody else does."""
    return hashlib.sha256(token.encode()).digest()[:HANDLE_BYTES]


def _fits(host: str, pattern: str) -> bool:
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return host == pattern


def _not_yours() -> RequestRefused:
    return RequestRefused("forbidden", "expected the secret that came with this endpoint", status=403)
