"""Creds as the person sees them: names, fields in their order, state.

Source: OpenID4VCI 1.0 appendix B (names and order of claims); design: New until opened, at most 24 hours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from billfold.adapters.vault.records import StoredCred
from billfold.core.dcql.match import HeldCredential
from billfold.core.dcql.path import ClaimPath, field_name, select
from billfold.core.dcql.query import FORMAT_SD_JWT_VC
from billfold.core.encoding import Json
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.trust.certificate import authority_key_ids, parse_x5c
from billfold.errors import ClaimPathError
from billfold.roles.holder.metadata import in_english, type_name

NEW_FOR: Final = timedelta(hours=24)
_OF_INSTANCE: Final = frozenset({"iat", "nbf", "exp", "cnf", "status"})  # differs between instances of one Cred
# What makes the Cred work, not what it says of the person.
_TECHNICAL: Final = _OF_INSTANCE | {"iss", "vct", "vct#integrity", "aka_vcts"}

CredState = Literal["active", "suspended", "revoked", "expired"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its claim's dotted path as *name*, and what people call it."""

    name: str
    label: str
    value: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class HeldCred:
    """A Cred in this wallet.

    Attributes:
        type_name: what the issuer calls this type of Cred.
        state: as last checked, at *checked_at* (None: it names no status list).
        is_new: until opened, and at most 24 hours after receipt.
    """

    id: str
    issuer: str
    issuer_name: str
    configuration_id: str
    type_name: str
    vct: str
    fields: tuple[Field, ...]
    state: CredState
    received_at: datetime
    first_opened_at: datetime | None
    expires_at: datetime | None
    checked_at: datetime | None
    is_new: bool


def held_cred(stored: StoredCred, issuer_name: str, *, now: datetime) -> HeldCred:
    """Return *stored* as the person sees it at *now*."""
    return HeldCred(
        id=stored.id,
        issuer=stored.issuer,
        issuer_name=issuer_name,
        configuration_id=stored.configuration_id,
        type_name=cred_name(stored),
        vct=stored.configuration.vct or "",
        fields=fields_of(stored),
        state=state_at(stored, now),
        received_at=stored.received_at,
        first_opened_at=stored.first_opened_at,
        expires_at=stored.expires_at,
        checked_at=stored.checked_at,
        is_new=stored.first_opened_at is None and now < stored.received_at + NEW_FOR,
    )


def state_at(stored: StoredCred, now: datetime) -> CredState:
    """Return the state at *now*; expired stays expired, whatever the list said."""
    return "expired" if stored.expires_at is not None and now >= stored.expires_at else stored.state


def fields_of(stored: StoredCred) -> tuple[Field, ...]:
    """Return the fields in the order of the type's or the issuer's descriptions, then those that are not described."""
    claims = SdJwt.parse(stored.sd_jwt).process().claims
    described = [
        Field(field_name(path), label_of(stored, path), value)
        for path in _described(stored)
        if (value := _value(claims, path)) is not None
    ]
    known = {entry.name.partition(".")[0] for entry in described} | _TECHNICAL
    rest = (Field(name, name, value) for name, value in claims.items() if name not in known)
    return (*described, *rest)


def cred_name(stored: StoredCred) -> str:
    """Return what to call the type of *stored*: in its type's own words, else in its issuer's."""
    display = None if stored.type_metadata is None else in_english(stored.type_metadata.display)
    return type_name(stored.configuration, stored.configuration_id) if display is None else display.name


def same_to_the_person(one: HeldCredential, other: HeldCredential) -> bool:
    """Say whether two instances show the same: what was agreed to for one holds for the other."""
    return _without_instance(one) == _without_instance(other)


def _without_instance(credential: HeldCredential) -> HeldCredential:
    return replace(credential, claims={n: v for n, v in credential.claims.items() if n not in _OF_INSTANCE})


def label_of(stored: StoredCred, path: ClaimPath) -> str:
    """Return what people call the claim at *path* in English: by its type, else by its issuer, else its own name."""
    for entry in () if stored.type_metadata is None else stored.type_metadata.claims:
        known = in_english(entry.display) if entry.path == path else None
        if known is not None:
            return known.label
    look = stored.configuration.credential_metadata
    for claim in () if look is None else look.claims:
        if claim.path == path:
            display = in_english(claim.display)
            return (None if display is None else display.name) or field_name(path)
    return field_name(path)


def for_matching(stored: StoredCred, *, now: datetime) -> HeldCredential:
    """Return what matching needs of *stored*; it was verified when it was received."""
    sd_jwt = SdJwt.parse(stored.sd_jwt)
    processed = sd_jwt.process()
    state = state_at(stored, now)
    return HeldCredential(
        id=stored.id,
        format=FORMAT_SD_JWT_VC,
        types=(str(processed.claims["vct"]),),
        claims=processed.claims,
        disclosable=frozenset(processed.disclosed),
        holder_bound=stored.key is not None,
        authority_key_ids=authority_key_ids(parse_x5c(sd_jwt.jws.header.get("x5c"))),
        unusable=None if state == "active" else state,
    )


def _described(stored: StoredCred) -> tuple[ClaimPath, ...]:
    if stored.type_metadata is not None and stored.type_metadata.claims:
        return tuple(claim.path for claim in stored.type_metadata.claims)
    look = stored.configuration.credential_metadata
    return () if look is None else tuple(claim.path for claim in look.claims)


def _value(claims: Mapping[str, Json], path: ClaimPath) -> Json:
    try:
        places = select(claims, path)
    except ClaimPathError:
        return None
    return places[0].value if None not in path else [place.value for place in places]
