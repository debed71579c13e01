"""API keys: made once, shown once, stored as hashes; each for one organisation and some scopes.

The scope ``settings`` is an owner's: such a key may change the organisation, its staff and its keys, so whoever holds
it can reach everything.
"""

from datetime import datetime, timedelta

from billfold.adapters.store import organisations
from billfold.adapters.store.audit import Act
from billfold.adapters.store.records import ApiKey
from billfold.core.encoding import b64url_encode
from billfold.errors import StateError
from billfold.roles.operator.permission import Authority
from billfold.roles.parts import NotFound, Parts, sha256

PREFIX = "bf_"
SCOPES = ("people", "types", "entitlements", "pairings", "credentials", "requests", "audit", "settings")
LONGEST_NAME = 60
KEEP_FOR = timedelta(seconds=5)


class BadApiKey(StateError):
    """A key cannot be made as it was described."""

    code = "bad_api_key"


async def create(
    parts: Parts, organisation_id: str, *, name: str, scopes: tuple[str, ...] = SCOPES, act: Act | None = None
) -> str:
    """Make a key for the organisation and return its secret, which nobody can show again.

    Args:
        act: who does it; the installation itself, unless said otherwise.
    """
    key = ApiKey(parts.new_id(), organisation_id, name, scopes)
    return await _keep(parts, key, act or parts.act("system"))


async def make(parts: Parts, by: Authority, *, name: str, scopes: tuple[str, ...]) -> tuple[ApiKey, str]:
    """Make a key for the organisation; return it and its secret, which nobody can show again.

    Raises:
        NotPermitted: this is for owners.
        BadApiKey: the name cannot be shown, or there is nothing that the key may reach.
    """
    by.require("settings")
    called = name.strip()
    if not 0 < len(called) <= LONGEST_NAME or not called.isprintable():
        raise BadApiKey(f"expected a name of 1 to {LONGEST_NAME} printable characters")
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadApiKey(f"expected some of the scopes {', '.join(SCOPES)}")
    key = ApiKey(parts.new_id(), by.organisation_id, called, tuple(each for each in SCOPES if each in scopes))
    return key, await _keep(parts, key, by.act)


async def end(parts: Parts, by: Authority, key_id: str) -> None:
    """End a key for good.

    Raises:
        NotPermitted: this is for owners.
        NotFound: no such key is in use here.
    """
    by.require("settings")
    if not await organisations.revoke_api_key(parts.store, by.organisation_id, key_id, by.act):
        raise NotFound("expected an API key that is in use")


async def _keep(parts: Parts, key: ApiKey, act: Act) -> str:
    secret = PREFIX + b64url_encode(parts.random(32))
    await organisations.add_api_key(parts.store, key, key_hash=sha256(secret), act=act)
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
