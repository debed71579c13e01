"""Peers: the servers of issuers and requesters. Every request of the holder goes out here.

Source: RFC 9449 sections 4.2, 7.1, 8, 8.2 and 9 (DPoP proofs and nonces), RFC 6749 5.2 and RFC 6750 3 (errors).
One nonce is kept for each server, newest first come; so is how far its clock is from ours, since proofs follow it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

from billfold.adapters.http.client import Answer, GuardedClient
from billfold.core.encoding import b64url_encode
from billfold.core.jose.jws import attach
from billfold.core.keys import PrivateKey
from billfold.core.oauth import form
from billfold.core.oauth.dpop import dpop_signing_input
from billfold.core.oauth.error_response import ErrorResponse, parse_error_response
from billfold.errors import ResponseError, TransportError

REFERENCE_HEADER: Final = "billfold-reference"
PAIRING_ENDED: Final = "ended"
TOLERATED_SKEW: Final = timedelta(seconds=2)  # Date counts whole seconds, and the answer took its time

_MAX_TEXT_CHARACTERS: Final = 300
_BUSY: Final = 429


class PeerRefusal(ResponseError):
    """The other side answered with an error of its standard.

    Args:
        code: the error code on the wire.
        description: the other side's own words, fit to be shown.
        status: the HTTP status.
        reference: by which the other side finds this refusal again, where it gave one.
        pairing_ended: whether the pairing is over (pairing profile, item 7).
    """

    def __init__(  # as the class says
        self,
        message: str,
        *,
        code: str,
        description: str | None,
        status: int,
        reference: str | None,
        pairing_ended: bool,
    ) -> None:
        super().__init__(message, code=code)
        self.description, self.status, self.reference = description, status, reference
        self.pairing_ended = pairing_ended


@dataclass(frozen=True, slots=True)
class SignedCall:
    """A request under a DPoP proof by *device_key*; *access_token* is None at the token endpoint."""

    method: str
    url: str
    device_key: PrivateKey
    access_token: str | None = None
    token_type: str = "DPoP"  # noqa: S105  # a scheme's name
    content: bytes | None = None
    content_type: str = "application/json"


@dataclass(slots=True)
class _Server:
    dpop_nonce: str | None = None
    skew: timedelta = timedelta()


class Peers:
    """Sends requests, and remembers each server's nonce and clock."""

    def __init__(self, client: GuardedClient, *, now: Callable[[], datetime], random: Callable[[int], bytes]) -> None:
        self._client, self._now, self._random = client, now, random
        self._servers: dict[str, _Server] = {}

    async def get(self, url: str, *, accept: str, max_redirects: int = 0) -> Answer:
        """GET *url*.

        Raises:
            TransportError: no usable answer came.
        """
        return self._learn(url, await self._client.get(url, headers={"accept": accept}, max_redirects=max_redirects))

    async def post(self, url: str, content: bytes, *, content_type: str, accept: str = "application/json") -> Answer:
        """POST *content* without a token.

        Raises:
            TransportError: no usable answer came.
        """
        headers = {"accept": accept}
        answer = await self._client.post(url, content=content, content_type=content_type, headers=headers)
        return self._learn(url, answer)

    async def post_form(self, url: str, fields: dict[str, str], *, accept: str = "application/json") -> Answer:
        """POST *fields* as a form without a token.

        Raises:
            TransportError: no usable answer came.
        """
        return await self.post(url, form.encode_form(fields), content_type=form.MEDIA_TYPE, accept=accept)

    async def send(self, call: SignedCall) -> Answer:
        """Send *call*, and once more where the server asks for a nonce (RFC 9449 8, 9).

        Raises:
            TransportError: no usable answer came.
        """
        answer = await self._send_once(call)
        return await self._send_once(call) if _asks_for_nonce(answer) else answer

    def time_at(self, url: str) -> datetime:
        """Return what the clock of the server behind *url* shows now, as far as is known."""
        return self._now() + self._server(url).skew

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def _send_once(self, call: SignedCall) -> Answer:
        headers = {"accept": "application/json", "dpop": self._proof(call)}
        if call.access_token is not None:
            headers["authorization"] = f"{call.token_type} {call.access_token}"
        if call.token_type == "Bearer":  # noqa: S105  # a scheme's name
            del headers["dpop"]
        if call.content is not None:
            headers["content-type"] = call.content_type
        answer = await self._client.send(call.method, call.url, content=call.content, headers=headers)
        return self._learn(call.url, answer)

    def _proof(self, call: SignedCall) -> str:
        text = dpop_signing_input(
            call.device_key.public().to_jwk(),
            htm=call.method,
            htu=call.url,
            jti=b64url_encode(self._random(16)),
            now=self.time_at(call.url),
            access_token=call.access_token,
            nonce=self._server(call.url).dpop_nonce,
        )
        return attach(text, call.device_key.sign(text))

    def _learn(self, url: str, answer: Answer) -> Answer:
        server = self._server(url)
        server.dpop_nonce = answer.headers.get("dpop-nonce") or server.dpop_nonce
        try:
            skew = parsedate_to_datetime(answer.headers["date"]) - self._now()
            server.skew = skew if abs(skew) > TOLERATED_SKEW else timedelta()
        except (KeyError, ValueError, TypeError):  # no date, or not a date: our own clock has to do
            server.skew = timedelta()
        return answer

    def _server(self, url: str) -> _Server:
        parts = urlsplit(url)
        return self._servers.setdefault(f"{parts.scheme}://{parts.netloc}", _Server())


def require_success(answer: Answer, what: str, *statuses: int) -> Answer:
    """Return *answer* when its status is one of *statuses*.

    Raises:
        PeerRefusal: the other side refused.
        TransportError: it is busy or has failed; trying again may help.
        ResponseError: it sent us elsewhere, or something that no standard knows.
    """
    if answer.status in statuses:
        return answer
    if answer.status == _BUSY or answer.status >= 500:
        raise TransportError(f"expected {what}, got HTTP status {answer.status}", code="peer_failed")
    if answer.status >= 400:
        raise _refusal(answer, what)
    raise ResponseError(f"expected {what}, got HTTP status {answer.status}")


def reference_of(answer: Answer) -> str | None:
    """Return the reference that the other side gave, if it is one."""
    value = answer.headers.get(REFERENCE_HEADER, "")
    return value if 0 < len(value) <= 64 and value.isascii() and value.isprintable() else None


def error_of(answer: Answer) -> ErrorResponse:
    """Return what an error answer says, and code `refused` where it says nothing that can be read."""
    try:
        return parse_error_response(answer.body)
    except ResponseError:
        return ErrorResponse("refused")


def _refusal(answer: Answer, what: str) -> PeerRefusal:
    error = error_of(answer)
    said = "".join(c for c in error.error_description or "" if c.isprintable())[:_MAX_TEXT_CHARACTERS] or None
    return PeerRefusal(
        f"expected {what}, got {error.error[:64]!r} with HTTP status {answer.status}",
        code=error.error[:64],
        description=said,
        status=answer.status,
        reference=reference_of(answer),
        pairing_ended=error.billfold_pairing == PAIRING_ENDED,
    )


def _asks_for_nonce(answer: Answer) -> bool:
    if answer.status not in (400, 401) or "dpop-nonce" not in answer.headers:
        return False
    challenge = answer.headers.get("www-authenticate", "")
    return "use_dpop_nonce" in challenge or error_of(answer).error == "use_dpop_nonce"
