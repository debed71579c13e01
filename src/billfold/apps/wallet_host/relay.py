"""The relay's endpoints: wallets make, move and remove an address; issuers ring it (RFC 8030 section 5)."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.params import FromPath, JSONBody

from billfold.adapters.notices.delivery import Outcome
from billfold.core.openid4vci.pairing import PushSubscription
from billfold.core.webpush.message import CONTENT_ENCODING
from billfold.errors import RequestRefused
from billfold.roles.relay.relay import Relay

REGISTRATIONS_A_MINUTE = 60
_STATUS = {Outcome.DELIVERED: 201, Outcome.GONE: 410, Outcome.LATER: 503, Outcome.REFUSED: 502}
_NO_STORE = {"cache-control": "no-store"}
AnyRequest = Request[Any, Any, Any]


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The browser's subscription, and the VAPID key of the one issuer that may ring it."""

    subscription: PushSubscription
    vapid_public_key: str


class Move(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The subscription that takes the old one's place."""

    subscription: PushSubscription


def relay_router(relay: Relay) -> Router:
    """Return the relay's routes."""

    @get("/")
    async def about() -> dict[str, str]:
        return {"vapid_public_key": relay.public_key}

    @post("/", middleware=[RateLimitConfig(rate_limit=("minute", REGISTRATIONS_A_MINUTE)).middleware])
    async def register(data: JSONBody[Registration]) -> Response[dict[str, str]]:
        made = await relay.register(data.subscription, data.vapid_public_key)
        answer = {"endpoint": made.endpoint, "secret": made.secret, "handle": made.handle}
        return Response(answer, status_code=201, headers=_NO_STORE)

    @put("/{token:str}", status_code=204)
    async def move(token: FromPath[str], data: JSONBody[Move], request: AnyRequest) -> None:
        await relay.move(token, _secret(request), data.subscription)

    @delete("/{token:str}")
    async def remove(token: FromPath[str], request: AnyRequest) -> None:
        await relay.remove(token, _secret(request))

    @post("/{token:str}")
    async def ring(token: FromPath[str], request: AnyRequest) -> Response[None]:
        _check(request)
        delivery = await relay.ring(token, await request.body(), request.headers.get("authorization", ""))
        headers = {"retry-after": str(int(delivery.pause.total_seconds()))} if delivery.outcome is Outcome.LATER else {}
        return Response(None, status_code=_STATUS[delivery.outcome], headers=headers)

    return Router("/relay", route_handlers=[about, register, move, remove, ring])


def _check(request: AnyRequest) -> None:
    """Check what RFC 8030 5.2 and RFC 8291 4 demand of a push request."""
    if not request.headers.get("ttl", "").isdecimal():
        raise RequestRefused("invalid_request", "expected TTL in seconds")
    if request.headers.get("content-encoding") != CONTENT_ENCODING:
        raise RequestRefused("invalid_request", f"expected Content-Encoding {CONTENT_ENCODING}", status=415)


def _secret(request: AnyRequest) -> str:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""
