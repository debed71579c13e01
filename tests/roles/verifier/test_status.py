"""The status lists that a requester keeps: asked about every time, verified anew when anything may have changed."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from billfold.core.jose.jws import attach
from billfold.core.openid4vp.verification import StatusQuestion
from billfold.core.status.status_list import StatusList, pack
from billfold.core.status.status_token import (
    STATUS_LIST_MEDIA_TYPE,
    Status,
    StatusReference,
    StatusToken,
    status_token_signing_input,
)
from billfold.core.trust.chain import Purpose, verify_chain
from billfold.errors import StatusListError
from billfold.roles.verifier import status
from billfold.roles.verifier.status import StatusTokens
from tests.support.organisations import NOW, Organisation, organisation
from tests.support.ports import free_port
from tests.support.wire import Wire, served

EXP = timedelta(hours=24)


@dataclass
class Publisher:
    """An issuer's lists, by path; each answer's status is written down."""

    signer: Organisation = field(default_factory=organisation)
    port: int = field(default_factory=free_port)
    values: dict[int, int] = field(default_factory=dict)
    etag: str = '"1"'
    answered: list[int] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def uri(self, path: str = "/1") -> str:
        return f"http://localhost:{self.port}{path}"

    def token(self, path: str) -> bytes:
        claim = StatusList(2, pack(2, 4096, self.values)).to_claim()
        header: dict[str, Any] = {"alg": "ES256", "x5c": self.signer.x5c}
        text = status_token_signing_input(header, sub=self.uri(path), iat=NOW, exp=NOW + EXP, ttl_s=60, claim=claim)
        return attach(text, self.signer.leaf_key.sign(text)).encode()

    async def __call__(self, scope: Any, _receive: object, send: Any) -> None:  # noqa: ANN401  # ASGI
        known = dict(scope["headers"]).get(b"if-none-match", b"").decode() == self.etag
        self.answered.append(304 if known else 200)
        token, etag = self.token(scope["path"]), self.etag
        await self.gate.wait()
        headers = [(b"content-type", STATUS_LIST_MEDIA_TYPE.encode()), (b"etag", etag.encode())]
        await send({"type": "http.response.start", "status": self.answered[-1], "headers": headers})
        await send({"type": "http.response.body", "body": b"" if known else token})

    def question(self, path: str = "/1", *, idx: int = 5) -> StatusQuestion:
        """Return the question for a Cred of this issuer."""
        chain = verify_chain(self.signer.x5c, self.signer.anchors, now=NOW, purpose=Purpose.ISSUER)
        return StatusQuestion(StatusReference(self.uri(path), idx), chain)


@dataclass
class Desk:
    """A requester's side, and its clock."""

    tokens: StatusTokens
    clock: list[datetime]

    async def ask(self, question: StatusQuestion) -> Status | str:
        """Return the status, or the code of what went wrong."""
        found = (await self.tokens.answer([question]))[question]
        return found.status_of(question.reference) if isinstance(found, StatusToken) else found.code


@asynccontextmanager
async def asking(wire: Wire, publisher: Publisher) -> AsyncIterator[Desk]:
    clock = [NOW]
    async with served(publisher, publisher.port):
        yield Desk(StatusTokens(dataclasses.replace(wire.parts, now=lambda: clock[0])), clock)


async def test_a_list_that_did_not_change_is_asked_about_and_not_sent(wire: Wire) -> None:
    publisher = Publisher(values={5: 2})
    async with asking(wire, publisher) as desk:
        assert [await desk.ask(publisher.question()) for _ in range(3)] == [Status.SUSPENDED] * 3
        assert publisher.answered == [200, 304, 304]


async def test_a_list_that_changed_counts_at_once(wire: Wire) -> None:
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        assert await desk.ask(publisher.question()) is Status.VALID
        publisher.values, publisher.etag = {5: 1}, '"2"'
        assert await desk.ask(publisher.question()) is Status.INVALID


async def test_a_kept_list_ends_when_its_token_does_though_its_issuer_says_unchanged(wire: Wire) -> None:
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        assert await desk.ask(publisher.question()) is Status.VALID
        desk.clock[0] = NOW + EXP
        assert await desk.ask(publisher.question()) == "expired"
        assert publisher.answered == [200, 200], "a list that has ended is fetched whole"


async def test_a_clock_that_was_set_back_trusts_nothing_kept(wire: Wire) -> None:
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        assert await desk.ask(publisher.question()) is Status.VALID
        desk.clock[0] = NOW - timedelta(days=1)
        assert await desk.ask(publisher.question()) == "issued_in_future"


async def test_a_kept_list_counts_under_its_own_anchor_only(wire: Wire) -> None:
    """Section 11.3: another issuer's Cred may name the same list; its signer does not speak for that issuer."""
    publisher, other = Publisher(), organisation()
    async with asking(wire, publisher) as desk:
        assert await desk.ask(publisher.question()) is Status.VALID
        foreign = verify_chain(other.x5c, other.anchors, now=NOW, purpose=Purpose.ISSUER)
        assert await desk.ask(dataclasses.replace(publisher.question(), chain=foreign)) == "untrusted"
        assert await desk.ask(dataclasses.replace(publisher.question(), chain=None)) == "untrusted"
        assert publisher.answered == [200, 200]


@pytest.mark.parametrize("limit", ["MAX_KEPT", "MAX_KEPT_BYTES"])
async def test_of_many_lists_those_used_last_are_kept(wire: Wire, monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setattr(status, limit, {"MAX_KEPT": 2, "MAX_KEPT_BYTES": 2 * 1024}[limit])
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        for path in ("/1", "/2", "/1", "/3", "/1", "/2"):
            assert await desk.ask(publisher.question(path)) is Status.VALID
    assert publisher.answered == [200, 200, 304, 200, 304, 200]


async def test_an_answer_that_is_no_list_is_an_error_and_not_kept(wire: Wire) -> None:
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        elsewhere = dataclasses.replace(publisher.question(), reference=StatusReference(publisher.uri("/1?x"), 5))
        found = (await desk.tokens.answer([elsewhere]))[elsewhere]
        assert isinstance(found, StatusListError)
        assert "sub as the address" in str(found)
        await desk.tokens.answer([elsewhere])
        assert publisher.answered == [200, 200]


async def test_those_who_ask_at_once_share_one_request(wire: Wire) -> None:
    publisher = Publisher(values={6: 1})
    async with asking(wire, publisher) as desk:
        found = await asyncio.gather(*(desk.ask(publisher.question(idx=idx)) for idx in (5, 6, 7) * 4))
        assert found == [Status.VALID, Status.INVALID, Status.VALID] * 4
        assert publisher.answered == [200]


async def test_nobody_shares_an_answer_that_was_on_its_way_before_they_asked(wire: Wire) -> None:
    """A Cred that was revoked before the question is revoked in the answer."""
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        publisher.gate.clear()
        first = asyncio.create_task(desk.ask(publisher.question()))
        while not publisher.answered:  # noqa: ASYNC110  # the server sets no event
            await asyncio.sleep(0.002)
        publisher.values, publisher.etag = {5: 1}, '"2"'
        later = [asyncio.create_task(desk.ask(publisher.question())) for _ in range(3)]
        await asyncio.sleep(0.02)
        publisher.gate.set()
        assert await first is Status.VALID
        assert await asyncio.gather(*later) == [Status.INVALID] * 3
        assert publisher.answered == [200, 200]


async def test_one_who_leaves_takes_the_answer_from_nobody(wire: Wire) -> None:
    publisher = Publisher()
    async with asking(wire, publisher) as desk:
        publisher.gate.clear()
        leaving, staying = (asyncio.create_task(desk.ask(publisher.question())) for _ in range(2))
        await asyncio.sleep(0.02)
        leaving.cancel()
        publisher.gate.set()
        assert await staying is Status.VALID
