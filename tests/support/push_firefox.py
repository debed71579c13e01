"""The push service that Firefox speaks with, on loopback: takes subscriptions, hands on what senders bring, unread.

Source: Mozilla's autopush, its WebSocket protocol (`hello`, `register`, `notification`, `ack`, `unregister`).
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from billfold.core.encoding import b64url_encode
from tests.support.program import WAIT_S
from tests.support.push_service import PushService

DELIVERED = 100  # autopush's code; 101: could not be decrypted, 102: nobody took it


@dataclass
class FirefoxPushService(PushService):
    """A push service for one browser, which reaches it at `address`."""

    keys: dict[str, str] = field(default_factory=dict)
    acks: "asyncio.Queue[dict[str, Any]]" = field(default_factory=asyncio.Queue)
    _send: Any = None

    @property
    def preferences(self) -> dict[str, object]:
        """What Firefox has to be told to use it, and to show notifications with no desktop around and no question."""
        return {
            "alerts.useSystemBackend": False,
            "dom.push.connection.enabled": True,
            "dom.push.serverURL": f"ws://127.0.0.1:{self.port}/",
            "dom.push.testing.allowInsecureServerURL": True,
            "permissions.default.desktop-notification": 1,
        }

    async def next_ack(self) -> dict[str, Any]:
        """Return what the browser says of the next message: whether it could open it, and somebody took it.

        Raises:
            TimeoutError: it did not.
        """
        return await asyncio.wait_for(self.acks.get(), WAIT_S)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401  # bare ASGI
        if scope["type"] == "websocket":
            await self._converse(receive, send)
            return
        number = len(self.bodies)
        await super().__call__(scope, receive, send)
        await self._hand_on(scope["path"].rpartition("/")[2], self.bodies[number])

    async def _converse(self, receive: Any, send: Any) -> None:  # noqa: ANN401  # bare ASGI
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "push-notification"})
        self._send = send
        while (event := await receive())["type"] == "websocket.receive":
            said = json.loads(event["text"])
            answer = self._answer(said)
            if answer is not None:
                await self._say(answer)

    def _answer(self, said: Mapping[str, Any]) -> dict[str, Any] | None:
        match said.get("messageType"):
            case "hello":
                return {"messageType": "hello", "status": 200, "uaid": secrets.token_hex(16), "use_webpush": True}
            case "register":
                channel = said["channelID"]
                self.keys[channel] = said["key"].rstrip("=")
                endpoint = self.subscriber(channel).endpoint
                return {"messageType": "register", "channelID": channel, "status": 200, "pushEndpoint": endpoint}
            case "unregister":
                return {"messageType": "unregister", "channelID": said["channelID"], "status": 200}
            case "ack":
                for update in said["updates"]:
                    self.acks.put_nowait(update)
                return None
            case _:
                return None

    async def _hand_on(self, channel: str, body: bytes) -> None:
        message = {"channelID": channel, "version": secrets.token_hex(8), "data": b64url_encode(body)}
        await self._say({"messageType": "notification", **message, "headers": {"encoding": "aes128gcm"}})

    async def _say(self, message: Mapping[str, Any]) -> None:
        await self._send({"type": "websocket.send", "text": json.dumps(message)})
