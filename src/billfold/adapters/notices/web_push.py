"""Web Push: one message to one push service, and what its answer means.

Source: RFC 8030 sections 5 to 7 (request and answers), RFC 8291, RFC 8292.
"""

from datetime import datetime, timedelta
from typing import Final

from billfold.adapters.http.client import Answer, GuardedClient
from billfold.adapters.notices.delivery import DEFAULT_PAUSE, LONGEST_PAUSE, Delivery, Outcome
from billfold.core.keys import PrivateKey
from billfold.core.webpush.message import CONTENT_ENCODING
from billfold.core.webpush.vapid import authorization
from billfold.errors import TransportError

TTL: Final = timedelta(days=14)
TOPIC: Final = "news"  # a newer message takes the place of one that still waits (RFC 8030 5.4)


async def send(
    client: GuardedClient, endpoint: str, body: bytes, *, key: PrivateKey, subject: str, now: datetime
) -> Delivery:
    """Send an encrypted *body* to *endpoint*, signed with the sender's VAPID *key*."""
    headers = {
        "authorization": authorization(endpoint, key=key, subject=subject, now=now),
        "content-encoding": CONTENT_ENCODING,
        "ttl": str(int(TTL.total_seconds())),
        "urgency": "normal",
        "topic": TOPIC,
    }
    try:
        answer = await client.post(endpoint, content=body, content_type="application/octet-stream", headers=headers)
    except TransportError as exc:
        return Delivery(Outcome.REFUSED if exc.code == "address_refused" else Outcome.LATER)
    return Delivery(_outcome(answer.status), _pause(answer), answer.status)


def _outcome(status: int) -> Outcome:
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status in (404, 410):  # the subscription is over (RFC 8030 7.3)
        return Outcome.GONE
    return Outcome.LATER if status == 429 or status >= 500 else Outcome.REFUSED  # RFC 8030 8.4


def _pause(answer: Answer) -> timedelta:
    """Return `Retry-After` where it counts seconds; a date is as rare as it is hard to trust."""
    stated = answer.headers.get("retry-after", "")
    return min(timedelta(seconds=int(stated)), LONGEST_PAUSE) if stated.isdecimal() and stated else DEFAULT_PAUSE
