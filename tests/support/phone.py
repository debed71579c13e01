"""A paired device that may be woken: registered at the relay, and known to its issuer by the endpoint there."""

import os
from dataclasses import dataclass

import httpx
import msgspec

from billfold.adapters.store import pairings
from billfold.adapters.store.used_proofs import UsedProof
from billfold.core.encoding import b64url_decode
from billfold.core.webpush.vapid import key_text
from billfold.roles.issuer import news
from tests.support.installation import RunningInstallation
from tests.support.push_service import PushService, Subscriber


@dataclass
class Phone:
    """A paired device: the browser's subscription, and the wallet's own for its issuer."""

    running: RunningInstallation
    browser: Subscriber
    wallet: Subscriber
    relay: dict[str, str]
    pairing_id: str

    def opened(self, push: PushService) -> list[dict[str, str]]:
        """Return what the phone shows: each message unwrapped by the browser, then by the wallet."""
        shown = []
        for body in push.bodies:
            inner = self.browser.open(body)
            assert inner[:16] == b64url_decode(self.relay["handle"])
            shown.append(msgspec.json.decode(self.wallet.open(inner[16:])))
        return shown

    async def describe(self) -> None:
        """Tell the issuer where this device is rung."""
        await pairings.describe(
            self.running.parts.store,
            self.pairing_id,
            device_name="phone",
            push_subscription=self.wallet.subscription,
            client={},
            proof=UsedProof(os.urandom(32), self.running.parts.now()),
            now=self.running.parts.now(),
        )


async def issuer_key(running: RunningInstallation) -> str:
    """Return the key by which push services know the issuer."""
    organisation = await running.organisation("northwind")
    return key_text(news.sender_key(running.parts, organisation.id).public())


async def register_phone(running: RunningInstallation, push: PushService, person_id: str) -> Phone:
    """Let the person's paired device be rung through the relay and *push*."""
    organisation = await running.organisation("northwind")
    found = await pairings.of_person(running.parts.store, organisation.id, person_id)
    browser = push.subscriber("browser")
    registration = {
        "subscription": msgspec.to_builtins(browser.subscription),
        "vapid_public_key": await issuer_key(running),
    }
    async with httpx.AsyncClient() as client:
        answer = await client.post(f"{running.wallet_url}/relay", json=registration)
    assert answer.status_code == 201
    relay = answer.json()
    phone = Phone(running, browser, Subscriber(relay["endpoint"]), relay, found[-1].id)
    await phone.describe()
    return phone
