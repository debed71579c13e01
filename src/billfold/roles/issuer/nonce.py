"""Nonce: fresh challenges for key proofs and DPoP proofs, and whether one that comes back is still fresh.

Source: OpenID4VCI 1.0 section 7; RFC 9449 sections 8 and 9. Nonces need no store: time, random bytes and an HMAC.
A `c_nonce` is spent with the Credential it was used for; a DPoP nonce may serve until it is too old.
"""

from collections.abc import Callable
from datetime import timedelta

from billfold.core.oauth.dpop import check_dpop_nonce, make_dpop_nonce
from billfold.core.oauth.server_nonce import RANDOM_BYTES
from billfold.core.openid4vci.nonce import check_c_nonce, make_c_nonce
from billfold.roles.parts import Parts

LIFETIME = timedelta(minutes=5)


class Nonces:
    """Makes and checks the nonces of this installation; nodes that share a master key share them."""

    def __init__(self, parts: Parts) -> None:
        self._now, self._random = parts.now, parts.random
        self._key = parts.master_key.derive("nonces")

    def new_c_nonce(self) -> str:
        """Return a fresh `c_nonce`."""
        return make_c_nonce(self._key, now=self._now(), random=self._random(RANDOM_BYTES))

    def new_dpop_nonce(self) -> str:
        """Return a fresh `DPoP-Nonce`."""
        return make_dpop_nonce(self._key, now=self._now(), random=self._random(RANDOM_BYTES))

    def check_c_nonce(self, nonce: str) -> None:
        """Check a proof's nonce.

        Raises:
            RequestRefused: `invalid_nonce`.
        """
        check_c_nonce(self._key, nonce, now=self._now(), lifetime=LIFETIME)

    def dpop_check(self, *, status: int) -> Callable[[str | None], None]:
        """Return the check of a DPoP proof's nonce, refusing with *status*: 400 at the token endpoint, else 401."""

        def check(nonce: str | None) -> None:
            check_dpop_nonce(self._key, nonce, now=self._now(), lifetime=LIFETIME, status=status)

        return check
