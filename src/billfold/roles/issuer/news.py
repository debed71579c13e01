"""News: wake the devices of people for whom something is new, changed or withdrawn. Nothing personal is said.

Source: Billfold's pairing profile, item 5; RFC 8030, 8291 and 8292.
"""

import asyncio
import json
from datetime import timedelta

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric import ec

from billfold.adapters.notices.delivery import Delivery, Outcome
from billfold.adapters.notices.web_push import send
from billfold.adapters.store import organisations, outbox, pairings, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.outbox import Wake
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.pairing import PushSubscription
from billfold.core.webpush.message import MAX_BODY_BYTES, SALT_BYTES, Recipient, encrypt
from billfold.errors import PushError, StateError
from billfold.roles.parts import NotFound, Parts

BATCH = 50
LEASE = timedelta(minutes=2)
MOST_TRIES = 50  # about eight days, with the longest pause

log = structlog.get_logger("billfold.news")


class Unreachable(StateError):
    """The device takes no notifications, so nothing can be sent to it."""

    code = "unreachable"


def sender_key(parts: Parts, organisation_id: str) -> PrivateKey:
    """Return the organisation's VAPID key, by which push services tell it from others."""
    return parts.master_key.signing_key(f"vapid {organisation_id}")


async def deliver(parts: Parts) -> int:
    """Wake devices that are due; return how many rows were taken, so that the caller goes on while there are some."""
    now = parts.now()
    wakes = await outbox.lease(parts.store, most=BATCH, now=now, until=now + LEASE)
    by_device: dict[str, list[Wake]] = {}
    for wake in wakes:
        by_device.setdefault(wake.pairing_id, []).append(wake)
    await asyncio.gather(*(_wake(parts, group) for group in by_device.values()))
    return len(wakes)


async def send_again(parts: Parts, issuer_id: str, pairing_id: str, act: Act) -> None:
    """Wake a device once more, so that it asks for what is new.

    Raises:
        NotFound: no such device of this organisation is paired.
        Unreachable: it takes no notifications.
    """
    found = await pairings.get(parts.store, issuer_id, pairing_id)
    if found is None or found.state != states.ACTIVE:
        raise NotFound("expected a paired device of this organisation")
    if not await outbox.send_again(parts.store, issuer_id, pairing_id, act):
        raise Unreachable("expected a device that takes notifications: ask the person to open the wallet")


async def _wake(parts: Parts, wakes: list[Wake]) -> None:
    """Send one message for all the news of one device, and settle its rows."""
    first = wakes[0]
    if first.push_subscription is None:
        delivery = Delivery(Outcome.GONE)
    else:
        delivery = await _send(parts, first, first.push_subscription)
    log.info("woken", pairing=first.pairing_id, outcome=delivery.outcome.value, status=delivery.status)
    if delivery.outcome is Outcome.GONE and first.push_subscription is not None:
        await outbox.forget(parts.store, first.pairing_id, first.push_subscription)
        return
    for wake in wakes:
        if delivery.outcome is Outcome.LATER and wake.tries < MOST_TRIES:
            await outbox.later(parts.store, wake.id, due_at=parts.now() + delivery.pause_after(wake.tries))
        elif delivery.outcome is Outcome.DELIVERED:
            await outbox.woken(parts.store, wake.id, parts.act("system"))
        else:
            await outbox.give_up(parts.store, wake.id)


async def _send(parts: Parts, wake: Wake, push_subscription: str) -> Delivery:
    organisation = await organisations.by_id(parts.store, wake.organisation_id)
    if organisation is None:
        return Delivery(Outcome.REFUSED)
    subscription = msgspec.json.decode(push_subscription, type=PushSubscription)
    try:
        recipient = Recipient.parse(subscription.keys.p256dh, subscription.keys.auth)
    except PushError:
        return Delivery(Outcome.GONE)
    body = encrypt(
        json.dumps({"issuer": organisation.name}).encode(),
        recipient,
        ephemeral=PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1())),
        salt=parts.random(SALT_BYTES),
        size_bytes=MAX_BODY_BYTES,
    )
    return await send(
        parts.client,
        subscription.endpoint,
        body,
        key=sender_key(parts, organisation.id),
        subject=_subject(organisation.settings.support.email),
        now=parts.now(),
    )


def _subject(email: str | None) -> str:
    return f"mailto:{email or 'postmaster@localhost'}"
