"""API keys: made once, shown once, stored as hashes; each for one organisation and some scopes."""

from datetime import datetime, timedelta

from billfold.adapters.store import organisations
from billfold.adapters.store.audit import Act
from billfold.adapters.store.records import ApiKey
from billfold.core.encoding import b64url_encode
from billfold.roles.parts import Parts, sha256

PREFIX = "bf_"
SCOPES = ("people", "types", "entitlements", "pairings", "credentials", "requests", "audit")
KEEP_FOR = timedelta(seconds=5)


async def create(
    parts: Parts, organisation_id: str, *, name: str, scopes: tuple[str, ...] = SCOPES, act: Act | None = None
) -> str:
    """Make a key for the organisation and return its secret, which nobody can show again.

    Args:
        act: who does it; the installation itself, unless said otherwise.
    """
    secret = PREFIX + b64url_encode(parts.random(32))
    key = ApiKey(parts.new_id(), organisation_id, name, scopes)
    await organisations.add_api_key(parts.store, key, key_hash=sha256(secret), act=act or parts.act("system"))
    return secret


class ApiKeys:
    """Recognises API keys; one that was recognised is not looked up again for a few seconds."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._kept: dict[bytes, tuple[datetime, ApiKey]] = {}

    async def recognise(self, secret: str) -> ApiKey | None:
        """Return the key with this secret, unless it is unknown or revoked."""
        key_hash, now = sha256(secret), self._parts.now()
        kept = self._kept.get(key_hash)
        if kept and now - kept[0] < KEEP_FOR:
            return kept[1]
        key = await organisations.api_key_by_hash(self._parts.store, key_hash)
        if key is None:
            self._kept.pop(key_hash, None)
            return None
        self._kept[key_hash] = (now, key)
        return key
