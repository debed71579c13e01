"""Who calls: the API key, its organisation, and what it may do. The organisation comes from the key, never the body."""

import hashlib
from dataclasses import dataclass
from typing import Annotated

import msgspec
from litestar.params import HeaderParameter

from billfold.adapters.store import organisations
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import ApiKey, Organisation
from billfold.apps.api.problems import ApiRequest, Refused
from billfold.roles.issuer.issuer import Issuer, load_issuer
from billfold.roles.operator.api_key import ApiKeys
from billfold.roles.operator.permission import OWNER, Authority, permissions_of
from billfold.roles.organisation import Kept
from billfold.roles.parts import Parts
from billfold.roles.verifier.verifier import Verifier, load_verifier

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="The same key with the same body makes one thing, however often it is sent.",
        min_length=1,
        max_length=255,
        required=False,
    ),
]

OWNERS = permissions_of(OWNER)


@dataclass(frozen=True, slots=True)
class Office:
    """What the API's handlers share, put together once."""

    parts: Parts
    api_keys: ApiKeys
    organisations: Kept[Organisation]
    issuers: Kept[Issuer]
    verifiers: Kept[Verifier]

    @classmethod
    def of(cls, parts: Parts) -> "Office":
        """Put the API's parts together."""
        by_id: Kept[Organisation] = Kept(lambda each: organisations.by_id(parts.store, each), parts.now)
        issuers: Kept[Issuer] = Kept(lambda slug: load_issuer(parts, slug), parts.now)
        verifiers: Kept[Verifier] = Kept(lambda slug: load_verifier(parts, slug), parts.now)
        return cls(parts, ApiKeys(parts), by_id, issuers, verifiers)


@dataclass(frozen=True, slots=True)
class Caller:
    """The API key of this call and its organisation, as it was at most a few seconds ago."""

    office: Office
    key: ApiKey
    organisation: Organisation
    reference: str

    @property
    def parts(self) -> Parts:
        """The installation's parts."""
        return self.office.parts

    async def issuer(self) -> Issuer:
        """Return the caller's organisation as an issuer.

        Raises:
            Refused: 403, it does not issue.
        """
        issuer = await self.office.issuers.get(self.organisation.slug)
        if issuer is None:
            raise Refused(403, "not_an_issuer", "expected a key of an organisation that issues")
        return issuer

    async def verifier(self) -> Verifier:
        """Return the caller's organisation as a requester.

        Raises:
            Refused: 403, it does not request.
        """
        verifier = await self.office.verifiers.get(self.organisation.slug)
        if verifier is None:
            raise Refused(403, "not_a_requester", "expected a key of an organisation that requests")
        return verifier

    def act(self, reason: str | None = None) -> Act:
        """Return an act of this caller, for the audit."""
        return self.parts.act(f"api:{self.key.name}", reference=self.reference, reason=reason)

    def authority(self, reason: str | None = None) -> Authority:
        """Return what this caller may do, with the act for the audit: a scope is a permission where names are equal."""
        return Authority(self.organisation.id, OWNERS & frozenset(self.key.scopes), self.act(reason))

    def forget(self) -> None:
        """Read the organisation anew the next time: it was just changed here."""
        self.office.organisations.forget(self.organisation.id)
        self.office.issuers.forget(self.organisation.slug)
        self.office.verifiers.forget(self.organisation.slug)

    def once(self, key: str | None, data: msgspec.Struct) -> Once | None:
        """Return what makes a creation idempotent, where the caller sent a key."""
        if key is None:
            return None
        asked = type(data).__name__.encode() + msgspec.json.encode(data, order="sorted")
        return Once(key, hashlib.sha256(asked).digest())


async def recognise(office: Office, request: ApiRequest, scope: str) -> Caller:
    """Return who calls.

    Raises:
        Refused: 401 for a missing or unknown key, 403 for one without *scope*.
    """
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    key = await office.api_keys.recognise(secret.strip()) if scheme.lower() == "bearer" and secret else None
    if key is None:
        raise Refused(401, "unauthorized", "expected Authorization: Bearer and an API key that is in use")
    if scope not in key.scopes:
        raise Refused(403, "insufficient_scope", f"expected an API key with the scope {scope}")
    organisation = await office.organisations.get(key.organisation_id)
    if organisation is None:
        raise Refused(401, "unauthorized", "expected an API key of an organisation that is there")
    return Caller(office, key, organisation, request.state.reference)
