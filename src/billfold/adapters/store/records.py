"""Records: what roles get from the store and give to it, frozen.

A record's fields are named as the table's columns, so one function reads any of them: instants become aware
datetimes, and JSON columns the struct that their field names.
"""

import dataclasses
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, Table

from billfold.adapters.store.template_definition import TemplateDefinition
from billfold.adapters.store.type_definition import AttributeValue, ContractClaim, CredentialTypeDefinition, Look
from billfold.adapters.store.unit import Row

R = typing.TypeVar("R")

_CONVERTERS: dict[type, tuple[Callable[[Any], Any], ...]] = {}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(instant: datetime) -> int:
    """Return *instant* as the store keeps it: microseconds since 1970."""
    return (instant - _EPOCH) // timedelta(microseconds=1)


def to_instant(micros: int) -> datetime:
    """Return the aware UTC instant of *micros*."""
    return _EPOCH + timedelta(microseconds=micros)


def to_json(value: object) -> str:
    """Return *value* as the store keeps it: JSON text."""
    return msgspec.json.encode(value).decode()


class Support(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a person reaches an organisation's support (design 2, pairing profile 4)."""

    email: str | None = None
    phone: str | None = None
    url: str | None = None


class OrganisationSettings(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an organisation decides for itself.

    Attributes:
        roles: any of "issuer" and "requester".
        allow_bearer: whether wallets without DPoP may pair (design 2, pairing profile 2).
        time_zone: in which the console tells times, an IANA name.
        try_it: the organisation's own template by which a person tries a new Cred, by its slug.
    """

    roles: tuple[str, ...] = ("issuer",)
    support: Support = Support()
    look: Look = Look()
    allow_bearer: bool = False
    time_zone: str = "UTC"
    try_it: str | None = None


@dataclass(frozen=True, slots=True)
class Organisation:
    """An organisation of this installation."""

    id: str
    slug: str
    name: str
    settings: OrganisationSettings


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A sealed private key and its certificate (DER); *purpose* is "root", "issuer" or "requester"."""

    id: str
    purpose: str
    private_key_sealed: bytes
    certificate: bytes
    not_after_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key, without its secret."""

    id: str
    organisation_id: str
    name: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the directory; attributes by name, each of the kind that Cred types declare for it."""

    id: str
    name: str
    attributes: dict[str, AttributeValue]
    groups: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CredentialType:
    """A Cred type of an organisation in its newest version; *contract* is what all its versions keep."""

    id: str
    slug: str
    version: int
    definition: CredentialTypeDefinition
    contract: tuple[ContractClaim, ...]


@dataclass(frozen=True, slots=True)
class CredentialTypeVersion:
    """One version of a Cred type; who published it and why, as in the audit."""

    version: int
    definition: CredentialTypeDefinition
    created_at: datetime
    actor: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """A Cred type whose holders are to be issued anew; those up to the entitlement *after_id* were."""

    id: str
    organisation_id: str
    credential_type: str
    after_id: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """This person should hold this Cred type."""

    id: str
    person_id: str
    credential_type: str
    state: str
    revision: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PairingCode:
    """A pairing code, without its secrets; *deliver* None: on a screen."""

    id: str
    person_id: str
    state: str
    tx_code_hash: bytes | None
    tx_code_tries: int
    expires_at: datetime
    created_at: datetime
    opened_at: datetime | None
    redeemed_at: datetime | None
    deliver: str | None


@dataclass(frozen=True, slots=True)
class Pairing:
    """A device that is or was paired; *client* is what the wallet said of itself."""

    id: str
    person_id: str
    state: str
    device_jkt: str | None
    device_name: str | None
    push_subscription: dict[str, Any] | None
    client: dict[str, Any] | None
    created_at: datetime
    last_contact_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credential:
    """One issuance of an entitlement to a pairing."""

    id: str
    person_id: str
    entitlement_id: str
    pairing_id: str
    credential_type: str
    revision: int
    state: str
    issued_at: datetime
    expires_at: datetime
    device_event: str | None
    device_event_at: datetime | None


@dataclass(frozen=True, slots=True)
class StatusList:
    """A status list; *version* rises with every change of an entry."""

    id: str
    size: int
    version: int


@dataclass(frozen=True, slots=True)
class PresentationTemplate:
    """What a requester asks, by name."""

    id: str
    slug: str
    definition: TemplateDefinition


@dataclass(frozen=True, slots=True)
class PresentationRequestRecord:
    """A request made from a template, with a copy of it; *fields* lie beside *verification* to be deletable."""

    id: str
    organisation_id: str
    template: TemplateDefinition
    state: str
    nonce: str
    response_key_sealed: bytes | None
    return_to: str | None
    response_code_hash: bytes | None
    verification: dict[str, Any] | None
    fields: list[dict[str, Any]] | None
    fields_expire_at: datetime | None
    expires_at: datetime
    created_at: datetime


def columns_of(record: type, table: Table) -> list[Column[Any]]:
    """Return *table*'s columns in the order of *record*'s fields."""
    return [table.c[field.name] for field in dataclasses.fields(record)]


def read(record: type[R], row: Row) -> R:
    """Build *record* from a row of its `columns_of`."""
    return record(*(convert(value) for convert, value in zip(_converters(record), row, strict=True)))


def read_all(record: type[R], rows: Iterable[Row]) -> list[R]:
    """Build a *record* from each of *rows*."""
    return [read(record, row) for row in rows]


def _converters(record: type) -> tuple[Callable[[Any], Any], ...]:
    found = _CONVERTERS.get(record)
    if found is None:
        hints = typing.get_type_hints(record)
        found = _CONVERTERS[record] = tuple(_converter(hint) for hint in hints.values())
    return found


def _converter(hint: Any) -> Callable[[Any], Any]:
    arguments = [a for a in typing.get_args(hint) if a is not type(None)]
    plain = arguments[0] if type(None) in typing.get_args(hint) else hint
    if plain in (str, int, bytes):
        return _as_it_is
    convert = to_instant if plain is datetime else msgspec.json.Decoder(plain).decode
    return lambda value: None if value is None else convert(value)


def _as_it_is(value: Any) -> Any:
    return value
