"""Status: what the issuers' lists say of the Creds held. Asked at receipt and at sync, never at a share.

Source: Token Status List draft 20 sections 8.1 to 8.3, 11.4, 11.5 and 13.7; HAIP 1.0 section 6.1.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from billfold.core.oauth.urls import check_url
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc
from billfold.core.status.status_token import (
    MIN_TTL,
    STATUS_LIST_MEDIA_TYPE,
    Status,
    require_content_type,
    verify_status_token,
)
from billfold.core.trust.chain import Anchor
from billfold.errors import MetadataError, StatusListError, TransportError
from billfold.roles.holder.peer import Peers

MAX_REDIRECTS: Final = 3
MAX_KEPT: Final = 64


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    until: datetime


class StatusTokens:
    """Fetches status lists, and keeps each for as long as it says: many Creds share one."""

    def __init__(self, peers: Peers, *, now: Callable[[], datetime], allow_loopback_http: bool) -> None:
        self._peers, self._now, self._allow_loopback_http = peers, now, allow_loopback_http
        self._kept: dict[str, _Kept] = {}

    async def status_of(self, verified: VerifiedSdJwtVc, *, anchors: Collection[Anchor], haip: bool) -> Status | None:
        """Return the status of a Cred whose signature and validity were checked; None where it names no list.

        Args:
            anchors: those that count for its issuer.
            haip: whether the signer's chain must keep to HAIP; not so where a certificate of the chain is pinned.

        Raises:
            StatusListError: nothing can be said: the list is malformed, not the issuer's, or out of date.
            TransportError: the list did not come.
        """
        reference = verified.status
        if reference is None:
            return None
        kept, now = self._kept.get(reference.uri), self._now()
        text = kept.text if kept and now < kept.until else await self._fetch(reference.uri)
        token = verify_status_token(
            text, uri=reference.uri, anchors=anchors, credential_chain=verified.chain, now=now, haip=haip
        )
        self._keep(reference.uri, text, now + (token.ttl or MIN_TTL))
        return token.status_of(reference)

    def forget(self) -> None:
        """Drop what was kept, so that the next question is answered anew."""
        self._kept.clear()

    async def _fetch(self, uri: str) -> str:
        try:
            check_url(uri, what="the status list's uri", allow_loopback_http=self._allow_loopback_http)
        except MetadataError as exc:
            raise StatusListError(str(exc)) from exc
        answer = await self._peers.get(uri, accept=STATUS_LIST_MEDIA_TYPE, max_redirects=MAX_REDIRECTS)
        if answer.status != 200:
            raise TransportError(f"expected a status list, got HTTP status {answer.status}", code="status_unreachable")
        require_content_type(answer.headers.get("content-type", ""))
        return answer.body.decode("ascii", "replace")

    def _keep(self, uri: str, text: str, until: datetime) -> None:
        if uri in self._kept and self._kept[uri].text == text:
            return
        if len(self._kept) >= MAX_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[uri] = _Kept(text, min(until, self._now() + timedelta(days=1)))
