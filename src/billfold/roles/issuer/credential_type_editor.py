"""Cred types are made and changed: checked whole, pictures made to fit, each change a version of its own.

A change of what a Cred says renews what was issued: one row now, which the worker follows through all holders.
"""

import re
from datetime import timedelta
from typing import Final

import msgspec

from billfold.adapters.pictures.picture import fitting
from billfold.adapters.store import credential_types
from billfold.adapters.store.audit import Act
from billfold.adapters.store.records import CredentialType, CredentialTypeVersion
from billfold.adapters.store.type_definition import (
    CredentialTypeDefinition,
    FieldDefinition,
    Look,
    contract_of,
)
from billfold.errors import EncodingError, StateError
from billfold.roles.issuer.credential_type_rules import (
    BadCredentialType,
    check_attributes,
    check_contract,
    check_definition,
)
from billfold.roles.organisation import KEEP_FOR
from billfold.roles.parts import NotFound, Parts

# Every locale's display carries both pictures, and a whole Type Metadata document holds at most 256 KB.
LOGO_BYTES, LOGO_SIDE = 10 * 1024, 256
ART_BYTES, ART_SIDE = 20 * 1024, 640
# A device that is woken must not be issued what another process still holds as the newest version.
RENEW_AFTER: Final[timedelta] = 2 * KEEP_FOR
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


class StaleVersion(StateError):
    """Somebody else changed the Cred type meanwhile."""

    code = "stale_version"


async def create(
    parts: Parts, organisation_id: str, slug: str, definition: CredentialTypeDefinition, *, act: Act
) -> CredentialType:
    """Publish the first version of a Cred type.

    Raises:
        BadCredentialType: it cannot be published.
        Conflict: the organisation has a type of this slug.
    """
    if not _SLUG.match(slug):
        raise BadCredentialType("expected a slug of 1 to 63 lower-case letters, digits and hyphens")
    check_definition(definition)
    check_attributes(slug, definition, await _types(parts, organisation_id))
    fitted = await _fitted(definition, Look())
    made = CredentialType(parts.new_id(), slug, 1, fitted, contract_of(fitted))
    await credential_types.add(parts.store, organisation_id, made, version_id=parts.new_id(), act=act)
    return made


async def change(
    parts: Parts, organisation_id: str, slug: str, definition: CredentialTypeDefinition, *, replaces: int, act: Act
) -> CredentialType:
    """Publish the next version; nothing happens where *definition* is the newest one already.

    Args:
        replaces: the version that the caller has read and changed.

    Raises:
        NotFound: no such Cred type here.
        StaleVersion: *replaces* is not the newest version.
        BadCredentialType: it cannot be published.
    """
    types = await _types(parts, organisation_id)
    before = types.get(slug)
    if before is None:
        raise NotFound("expected a Cred type of this organisation")
    if before.version != replaces:
        raise StaleVersion(f"expected replaces {before.version}, got {replaces}: read the newest version first")
    check_definition(definition)
    check_attributes(slug, definition, types)
    check_contract(before.contract, definition)
    fitted = await _fitted(definition, before.definition.look)
    if fitted == before.definition:
        return before
    published = await credential_types.publish(
        parts.store,
        organisation_id,
        slug,
        fitted,
        replaces=replaces,
        version_id=parts.new_id(),
        renew_at=parts.now() + RENEW_AFTER if _says_otherwise(before.definition, fitted) else None,
        act=act,
    )
    if not published:
        raise StaleVersion(f"expected the newest version, got {replaces}: read it first")
    return CredentialType(before.id, slug, replaces + 1, fitted, before.contract)


async def find(parts: Parts, organisation_id: str, slug: str) -> CredentialType:
    """Return one Cred type in its newest version.

    Raises:
        NotFound: no such Cred type here.
    """
    found = (await _types(parts, organisation_id)).get(slug)
    if found is None:
        raise NotFound("expected a Cred type of this organisation")
    return found


async def versions(parts: Parts, organisation_id: str, slug: str) -> list[CredentialTypeVersion]:
    """Return all versions of a Cred type, oldest first.

    Raises:
        NotFound: no such Cred type here.
    """
    found = await credential_types.versions_of(parts.store, organisation_id, slug)
    if not found:
        raise NotFound("expected a Cred type of this organisation")
    return found


async def _types(parts: Parts, organisation_id: str) -> dict[str, CredentialType]:
    return {t.slug: t for t in await credential_types.of_organisation(parts.store, organisation_id)}


def _says_otherwise(before: CredentialTypeDefinition, after: CredentialTypeDefinition) -> bool:
    """Say whether Creds of *after* hold other claims; order, names, texts and look are no part of a Cred."""
    return _content(before) != _content(after)


def _content(definition: CredentialTypeDefinition) -> dict[str, FieldDefinition]:
    return {f.claim: msgspec.structs.replace(f, labels={}, required=False) for f in definition.fields}


async def _fitted(definition: CredentialTypeDefinition, before: Look) -> CredentialTypeDefinition:
    """Return *definition* with pictures that fit; those of *before* do so already."""
    look = definition.look
    try:
        logo, art = look.logo, look.background_image
        if logo is not None and logo != before.logo:
            logo = await fitting(logo, most_bytes=LOGO_BYTES, longest_side=LOGO_SIDE)
        if art is not None and art != before.background_image:
            art = await fitting(art, most_bytes=ART_BYTES, longest_side=ART_SIDE)
    except EncodingError as exc:
        raise BadCredentialType(f"look: {exc}") from exc
    return msgspec.structs.replace(definition, look=msgspec.structs.replace(look, logo=logo, background_image=art))
