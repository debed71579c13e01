"""Which device speaks: the DPoP proof of a request, checked and remembered against replay.

Source: RFC 9449 sections 4.3, 7 and 11.1. Each process remembers what it saw; a proof that changes something is
remembered by the store too, in the same unit, so that it is of no use at another node.
"""

import hashlib
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from billfold.adapters.store.used_proofs import UsedProof
from billfold.core.oauth.dpop import DpopProof, verify_dpop
from billfold.core.oauth.server_nonce import MAX_AHEAD
from billfold.errors import RequestRefused
from billfold.roles.issuer.nonce import LIFETIME, Nonces
from billfold.roles.parts import Parts

WINDOW = timedelta(minutes=5)
REMEMBERED_FOR = LIFETIME + MAX_AHEAD + timedelta(seconds=1)  # its nonce is too old then, at any node
MAX_REMEMBERED = 200_000


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a DPoP proof is about: the headers that came, the method, and this endpoint's public URL."""

    dpop: Sequence[str]
    method: str
    url: str


class DeviceProofs:
    """Checks DPoP proofs, each good for one request."""

    def __init__(self, parts: Parts, nonces: Nonces) -> None:
        self._now, self._nonces = parts.now, nonces
        self._seen: set[tuple[str, str]] = set()
        self._order: deque[tuple[datetime, tuple[str, str]]] = deque()

    def check(self, request: SignedRequest, *, access_token: str | None = None) -> DpopProof:
        """Return the proof of *request*.

        Raises:
            RequestRefused: `invalid_dpop_proof`, `invalid_token`, or `use_dpop_nonce`; 401 with an access token.
        """
        status = 400 if access_token is None else 401
        now = self._now()
        proof = verify_dpop(
            request.dpop,
            htm=request.method,
            htu=request.url,
            now=now,
            window=WINDOW,
            access_token=access_token,
            check_nonce=self._nonces.dpop_check(status=status),
        )
        self._remember(proof, now, status)
        return proof

    def _remember(self, proof: DpopProof, now: datetime, status: int) -> None:
        while self._order and (self._order[0][0] <= now or len(self._order) >= MAX_REMEMBERED):
            self._seen.discard(self._order.popleft()[1])
        seen = (proof.jkt, proof.jti)
        if seen in self._seen:
            raise proof_used_before(status=status)
        self._seen.add(seen)
        self._order.append((now + REMEMBERED_FOR, seen))


def used(proof: DpopProof, now: datetime) -> UsedProof:
    """Return what the store keeps of a proof that changes something."""
    return UsedProof(hashlib.sha256(f"{proof.jkt} {proof.jti}".encode()).digest(), now + REMEMBERED_FOR)


def proof_used_before(*, status: int) -> RequestRefused:
    """Return the refusal of a proof that came before: 400 at the token endpoint, else 401."""
    return RequestRefused("invalid_dpop_proof", "expected a new jti in every proof", status=status)
