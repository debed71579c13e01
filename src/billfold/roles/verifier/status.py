"""Status: what the issuers' lists say now. Asked anew at every verification; a list that did not change costs a 304.

Source: Token Status List draft 20, sections 8.1 to 8.3, 11.4 and 13.7.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from billfold.adapters.http.client import Answer
from billfold.core.openid4vp.verification import StatusQuestion
from billfold.core.status.status_token import (
    STATUS_LIST_MEDIA_TYPE,
    StatusToken,
    require_content_type,
    verify_status_token,
)
from billfold.core.trust.chain import Anchor, Chain
from billfold.errors import BillfoldError, StatusListError, TransportError
from billfold.roles.parts import Parts

MAX_REDIRECTS: Final = 3
MAX_KEPT: Final = 256
MAX_KEPT_BYTES: Final = 32 * 1024 * 1024  # of inflated lists

_Place = tuple[str, Anchor]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A token as it was verified. While its issuer says that *etag* stands, only the passing of time can end it."""

    etag: str
    token: StatusToken
    verified_at: datetime

    def stands(self, now: datetime) -> bool:
        return self.verified_at <= now < self.token.verified_until


class StatusTokens:
    """Fetches and verifies Status List Tokens, keeping each by its entity tag: unchanged is neither sent nor verified.

    A list is kept for the anchor that it was verified under, which is all that its verification hangs on. Of each list
    one request is under way at a time, so that an issuer who does not answer holds up nobody else's.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: dict[_Place, _Kept] = {}  # the one used last at the end
        self._kept_bytes = 0
        self._unsent: dict[_Place, asyncio.Task[StatusToken | BillfoldError]] = {}
        self._sent: dict[_Place, asyncio.Task[StatusToken | BillfoldError]] = {}

    async def answer(self, questions: Sequence[StatusQuestion]) -> dict[StatusQuestion, StatusToken | BillfoldError]:
        """Return, for each question, the verified token or what went wrong."""
        answers = await asyncio.gather(*map(self._ask, questions))
        return dict(zip(questions, answers, strict=True))

    async def _ask(self, question: StatusQuestion) -> StatusToken | BillfoldError:
        """Share one request with all who ask the same before it is sent: no answer is older than its question."""
        if question.chain is None:
            return StatusListError("expected a Cred with a chain", code="untrusted")
        place = (question.reference.uri, question.chain.anchor)
        shared = self._unsent.get(place)
        if shared is None:
            shared = self._unsent[place] = asyncio.create_task(self._send(place, question.chain))
        return await asyncio.shield(shared)

    async def _send(self, place: _Place, chain: Chain) -> StatusToken | BillfoldError:
        """Ask the issuer once the request before this one has come back."""
        if before := self._sent.get(place):
            await asyncio.wait([before])
        mine = self._sent[place] = self._unsent.pop(place)
        try:
            return await self._current(place, chain)
        except BillfoldError as exc:
            return exc
        finally:
            if self._sent[place] is mine:
                del self._sent[place]

    async def _current(self, place: _Place, chain: Chain) -> StatusToken:
        uri, headers = place[0], {"accept": STATUS_LIST_MEDIA_TYPE}
        kept = self._kept.get(place)
        if kept and kept.stands(self._parts.now()):
            headers["if-none-match"] = kept.etag
        answer = await self._parts.client.get(uri, headers=headers, max_redirects=MAX_REDIRECTS)
        now = self._parts.now()
        if kept and answer.status == 304 and kept.stands(now):
            self._keep(place, kept)
            return kept.token
        token = verify_status_token(_text_of(answer), uri=uri, anchors=[chain.anchor], credential_chain=chain, now=now)
        if etag := answer.headers.get("etag"):
            self._keep(place, _Kept(etag, token, now))
        return token

    def _keep(self, place: _Place, kept: _Kept) -> None:
        """Keep this one, and of the others those that were used last."""
        self._drop(place)
        self._kept[place] = kept
        self._kept_bytes += len(kept.token.status_list.packed)
        while len(self._kept) > MAX_KEPT or self._kept_bytes > MAX_KEPT_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, place: _Place) -> None:
        dropped = self._kept.pop(place, None)
        self._kept_bytes -= len(dropped.token.status_list.packed) if dropped else 0


def _text_of(answer: Answer) -> str:
    if answer.status != 200:
        raise TransportError(f"expected the status list, got HTTP status {answer.status}", code="status_unreachable")
    require_content_type(answer.headers.get("content-type", ""))
    return answer.body.decode("ascii", "replace")
