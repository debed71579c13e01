"""A push service as browsers' vendors run them, on loopback: checks the sender, and opens what came.

What it opens it opens with `http_ece` and checks with `joserfc`: implementations that are not ours.
"""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import http_ece
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from billfold.core.encoding import b64url_encode
from billfold.core.keys import PrivateKey
from billfold.core.openid4vci.pairing import PushKeys, PushSubscription
from billfold.core.webpush.message import point_of, public_key_from_point
from tests.support.ports import free_port
from tests.support.program import WAIT_S


@dataclass
class Subscriber:
    """One end of Web Push: a key pair and a secret, and the subscription that goes to senders."""

    endpoint: str
    key: PrivateKey = field(default_factory=lambda: PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1())))
    auth: bytes = b"sixteen bytes ok"

    @property
    def subscription(self) -> PushSubscription:
        p256dh = b64url_encode(point_of(self.key.public()))
        return PushSubscription(self.endpoint, PushKeys(p256dh, b64url_encode(self.auth)))

    def open(self, body: bytes) -> bytes:
        opened: bytes = http_ece.decrypt(body, private_key=self.key.key, auth_secret=self.auth)
        return opened


@dataclass
class PushService:
    """What a push service got, and what it answers with."""

    port: int
    status: int = 201
    retry_after: str | None = None
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    def subscriber(self, name: str) -> Subscriber:
        return Subscriber(f"{self.origin}/push/{name}")

    def sender_of(self, number: int, application_server_key: str) -> dict[str, Any]:
        """Return the claims of a message's VAPID token, verified under the key that the browser subscribed with."""
        scheme, _, rest = self.headers[number]["authorization"].partition(" ")
        parameters = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme, parameters["k"]) == ("vapid", application_server_key)
        jwk = public_key_from_point(_decode(application_server_key)).to_jwk()
        token = jwt.decode(parameters["t"], ECKey.import_key(jwk), algorithms=["ES256"])
        return dict(token.claims)

    async def body(self, number: int) -> bytes:
        """Return the message *number*, counted from 0, once it is there.

        Raises:
            TimeoutError: it did not come.
        """
        async with asyncio.timeout(WAIT_S):
            while len(self.bodies) <= number:
                self.came.clear()
                await self.came.wait()
        return self.bodies[number]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # bare ASGI
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        self.headers.append({name.decode(): value.decode() for name, value in scope["headers"]})
        self.came.set()
        headers = [(b"retry-after", self.retry_after.encode())] if self.retry_after else []
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@contextlib.asynccontextmanager
async def running_push_service() -> AsyncIterator[PushService]:
    """Run a push service on a free port."""
    service = PushService(free_port())
    async with serving(service):
        yield service


@contextlib.asynccontextmanager
async def serving(service: PushService) -> AsyncIterator[None]:
    """Run *service* on its port."""
    config = uvicorn.Config(
        service, host="127.0.0.1", port=service.port, log_config=None, lifespan="off", ws="websockets-sansio"
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110  # uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        await running
