"""Status: what the issuers' lists say now. Asked anew at every verification; a list that did not change costs a 304.

Source: Token Status List draft 20, sections 8.1 to 8.3, 11.4 and 13.7.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from billfold.adapters.http.client import Answer
from billfold.core.openid4vp.presentation import Accepted
from billfold.core.openid4vp.verification import StatusQuestion
from billfold.core.status.status_token import (
    STATUS_LIST_MEDIA_TYPE,
    StatusToken,
    require_content_type,
    verify_status_token,
)
from billfold.core.trust.chain import Anchor
from billfold.errors import BillfoldError, TransportError
from billfold.roles.parts import Parts

MAX_REDIRECTS = 3
MAX_KEPT = 256


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str
    text: str


class StatusTokens:
    """Fetches and verifies Status List Tokens, keeping each one's text for its entity tag."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: dict[str, _Kept] = {}

    async def answer(
        self, questions: Sequence[StatusQuestion], accepted: Collection[Accepted]
    ) -> dict[StatusQuestion, StatusToken | BillfoldError]:
        """Return, for each question, the verified token or what went wrong."""
        anchors = [anchor for entry in accepted for anchor in entry.anchors]
        answers = await asyncio.gather(*(self._ask(question, anchors) for question in questions))
        return dict(zip(questions, answers, strict=True))

    async def _ask(self, question: StatusQuestion, anchors: Sequence[Anchor]) -> StatusToken | BillfoldError:
        uri = question.reference.uri
        try:
            return verify_status_token(
                await self._fetch(uri),
                uri=uri,
                anchors=anchors,
                credential_chain=question.chain,
                now=self._parts.now(),
            )
        except BillfoldError as exc:
            return exc

    async def _fetch(self, uri: str) -> str:
        kept = self._kept.get(uri)
        headers = {"accept": STATUS_LIST_MEDIA_TYPE}
        if kept:
            headers["if-none-match"] = kept.etag
        answer = await self._parts.client.get(uri, headers=headers, max_redirects=MAX_REDIRECTS)
        if kept and answer.status == 304:
            return kept.text
        return self._keep(uri, answer)

    def _keep(self, uri: str, answer: Answer) -> str:
        if answer.status != 200:
            raise TransportError(
                f"expected the status list, got HTTP status {answer.status}", code="status_unreachable"
            )
        require_content_type(answer.headers.get("content-type", ""))
        text, etag = answer.body.decode("ascii", "replace"), answer.headers.get("etag")
        if etag:
            if len(self._kept) >= MAX_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[uri] = _Kept(etag, text)
        return text
