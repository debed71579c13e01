"""Status: which entry a Credential gets, and the signed list that tells everybody its state.

Source: Token Status List draft 20, sections 4.2, 5.1, 8.2 and 13; HAIP 1.0 section 6.1.
"""

import gzip
from dataclasses import dataclass
from datetime import datetime, timedelta

from billfold.adapters.store import status_lists
from billfold.core.jose.jws import attach
from billfold.core.status.allotment import entry_at
from billfold.core.status.status_list import StatusList, pack
from billfold.core.status.status_token import StatusReference, status_token_signing_input
from billfold.errors import ConfigurationError
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import Parts

LIST_SIZE = 2**20
BLOCK_SIZE = 256
BITS = 2
TTL_S = 60
TOKEN_LIFETIME = timedelta(hours=24)
GZIP_LEVEL = 1  # takes back what base64 added, and there is no more to win: the list in it is compressed already
RESIGN_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StatusEntry:
    """One entry of a list, given out once and never again."""

    status_list_id: str
    index: int
    reference: StatusReference


@dataclass(slots=True)
class _Block:
    status_list_id: str
    size: int
    next_position: int
    end: int


class StatusEntries:
    """Gives out entries from blocks that this process reserved; a crash wastes at most the rest of one block."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._blocks: dict[str, _Block] = {}

    async def take(self, issuer: Issuer) -> StatusEntry:
        """Return an entry that nobody had before."""
        block = self._blocks.get(issuer.id)
        if block is None or block.next_position >= block.end:
            fresh = await self._reserve(issuer.id)
            block = self._blocks.get(issuer.id)
            if block is None or block.next_position >= block.end:  # nobody else brought one meanwhile
                block = self._blocks[issuer.id] = fresh
        position = block.next_position
        block.next_position += 1
        key = self._parts.master_key.code("status_list", block.status_list_id)
        index = entry_at(key, size=block.size, position=position)
        reference = StatusReference(status_list_url(issuer.identifier, block.status_list_id), index)
        return StatusEntry(block.status_list_id, index, reference)

    async def _reserve(self, organisation_id: str) -> _Block:
        for _ in range(2):
            taken = await status_lists.take_block(self._parts.store, organisation_id, block_size=BLOCK_SIZE)
            if taken is not None:
                status_list_id, size, number = taken
                return _Block(status_list_id, size, number * BLOCK_SIZE, (number + 1) * BLOCK_SIZE)
            now = self._parts.now()
            await status_lists.add(
                self._parts.store, organisation_id, status_list_id=self._parts.new_id(), size=LIST_SIZE, now=now
            )
        raise ConfigurationError("expected a status list with room")


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A Status List Token as it is served, plain and compressed."""

    token: bytes
    gzipped: bytes
    version: int
    issued_at: datetime

    @property
    def etag(self) -> str:
        """Return the entity tag of this very token, whichever way it is encoded: a weak one (RFC 9110 8.8.1)."""
        return f'W/"{self.version}-{int(self.issued_at.timestamp())}"'


class StatusTokens:
    """Signs lists: anew when one changed, and every hour, so that a token is always fresh."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._published: dict[str, PublishedList] = {}

    async def current(self, issuer: Issuer, status_list_id: str) -> PublishedList | None:
        """Return the list's token, or None when the issuer has no such list."""
        record = await status_lists.get(self._parts.store, issuer.id, status_list_id)
        if record is None:
            return None
        now = self._parts.now()
        published = self._published.get(record.id)
        if published and published.version == record.version and now - published.issued_at < RESIGN_AFTER:
            return published
        statuses = await status_lists.not_valid(self._parts.store, record.id)
        claim = StatusList(BITS, pack(BITS, record.size, statuses)).to_claim()
        signing_input = status_token_signing_input(
            {"alg": "ES256", "x5c": list(issuer.signer.x5c)},
            sub=status_list_url(issuer.identifier, record.id),
            iat=now,
            exp=now + TOKEN_LIFETIME,
            ttl_s=TTL_S,
            claim=claim,
        )
        token = attach(signing_input, issuer.signer.key.sign(signing_input)).encode()
        gzipped = gzip.compress(token, GZIP_LEVEL, mtime=0)
        published = self._published[record.id] = PublishedList(token, gzipped, record.version, now)
        return published


def status_list_url(issuer_identifier: str, status_list_id: str) -> str:
    """Return where the list's token is fetched."""
    return f"{issuer_identifier}/status/{status_list_id}"
