"""Cred types are made and changed: checked whole, pictures made to fit, each change a version of its own.

A change of what a Cred says renews what was issued: one row now, which the worker follows through all holders.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from billfold.adapters.pictures.picture import fitting, least_contrast
from billfold.adapters.store import credential_types
from billfold.adapters.store.records import CredentialType, CredentialTypeVersion
from billfold.adapters.store.type_definition import (
    CredentialTypeDefinition,
    FieldDefinition,
    Look,
    contract_of,
)
from billfold.core.contrast import contrast
from billfold.errors import EncodingError, StateError
from billfold.roles.issuer.credential_type_rules import BadCredentialType, Flaw, contrast_flaws, flaws_of
from billfold.roles.operator.permission import Authority
from billfold.roles.organisation import KEEP_FOR
from billfold.roles.parts import CHANGE_TRIES, ChangedMeanwhile, NotFound, Parts

# Every locale's display carries both pictures, and a whole Type Metadata document holds at most 256 KB.
LOGO_BYTES, LOGO_SIDE = 10 * 1024, 256
ART_BYTES, ART_SIDE = 20 * 1024, 640
# A device that is woken must not be issued what another process still holds as the newest version.
RENEW_AFTER: Final[timedelta] = 2 * KEEP_FOR
NO_COLOUR, WHITE = "#33404a", "#ffffff"  # what a card wears whose issuer gives it no colours
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\Z")


class StaleVersion(StateError):
    """Somebody else changed the Cred type meanwhile."""

    code = "stale_version"


async def create(parts: Parts, by: Authority, slug: str, definition: CredentialTypeDefinition) -> CredentialType:
    """Publish the first version of a Cred type.

    Raises:
        NotPermitted: this is for owners.
        BadCredentialType: it cannot be published.
        Conflict: the organisation has a type of this slug.
        ChangedMeanwhile: others publish all the time.
    """
    by.require("types")
    check_slug(slug)
    fitted = await fitted_type(definition, Look())
    made = CredentialType(parts.new_id(), slug, 1, fitted, contract_of(fitted))
    for _ in range(CHANGE_TRIES):
        types = await types_of(parts, by.organisation_id)
        await _check(slug, fitted, {name: each for name, each in types.items() if name != slug})
        if await credential_types.add(
            parts.store, by.organisation_id, made, seen=_versions(types), version_id=parts.new_id(), act=by.act
        ):
            return made
    raise _crowded()


async def change(
    parts: Parts, by: Authority, slug: str, definition: CredentialTypeDefinition, *, replaces: int
) -> CredentialType:
    """Publish the next version; nothing happens where *definition* is the newest one already.

    Args:
        replaces: the version that the caller has read and changed.

    Raises:
        NotPermitted: this is for owners.
        NotFound: no such Cred type here.
        StaleVersion: *replaces* is not the newest version.
        BadCredentialType: it cannot be published.
        ChangedMeanwhile: others publish all the time.
    """
    by.require("types")
    for _ in range(CHANGE_TRIES):
        types = await types_of(parts, by.organisation_id)
        before = types.get(slug)
        if before is None:
            raise NotFound("expected a Cred type of this organisation")
        if before.version != replaces:
            raise StaleVersion(f"expected replaces {before.version}, got {replaces}: read the newest version first")
        fitted = await fitted_type(definition, before.definition.look)
        await _check(slug, fitted, types)
        if fitted == before.definition:
            return before
        if await credential_types.publish(
            parts.store,
            by.organisation_id,
            slug,
            fitted,
            replaces=replaces,
            seen=_versions(types),
            version_id=parts.new_id(),
            renew_at=parts.now() + RENEW_AFTER if says_otherwise(before.definition, fitted) else None,
            act=by.act,
        ):
            return CredentialType(before.id, slug, replaces + 1, fitted, before.contract)
    raise _crowded()


def check_slug(slug: str) -> None:
    """Check that *slug* can stand in an address.

    Raises:
        BadCredentialType: it cannot.
    """
    if not _SLUG.match(slug):
        raise BadCredentialType("expected a slug of 1 to 63 lower-case letters, digits and hyphens")


async def flaws(parts: Parts, organisation_id: str, slug: str, definition: CredentialTypeDefinition) -> list[Flaw]:
    """Return what stands against publishing *definition* as the Cred type *slug*, its pictures fitted already."""
    return await _flaws(slug, definition, await types_of(parts, organisation_id))


async def find(parts: Parts, organisation_id: str, slug: str) -> CredentialType:
    """Return one Cred type in its newest version.

    Raises:
        NotFound: no such Cred type here.
    """
    found = (await types_of(parts, organisation_id)).get(slug)
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


async def types_of(parts: Parts, organisation_id: str) -> dict[str, CredentialType]:
    """Return the organisation's Cred types in their newest versions, by slug."""
    return {t.slug: t for t in await credential_types.of_organisation(parts.store, organisation_id)}


def _versions(types: Mapping[str, CredentialType]) -> int:
    """Return the sum of all versions, which rises with each publication: a type is judged beside the others."""
    return sum(each.version for each in types.values())


def _crowded() -> ChangedMeanwhile:
    return ChangedMeanwhile("expected nobody else to publish a Cred type at once: try again")


async def _flaws(slug: str, definition: CredentialTypeDefinition, types: Mapping[str, CredentialType]) -> list[Flaw]:
    found = list(flaws_of(slug, definition, types))
    look = definition.look
    others = [flaw for flaw in found if flaw.rule != "contrast"]
    if look.background_image and not any(flaw.where.startswith("look.") for flaw in others):
        plain = contrast(look.background_color or NO_COLOUR, look.text_color or WHITE)
        where = "look.background_image" if len(others) == len(found) else "look.text_color"
        found = [*others, *contrast_flaws(min(plain, await readable_by(look)), where)]  # one figure: the worst
    return found


async def _check(slug: str, definition: CredentialTypeDefinition, types: Mapping[str, CredentialType]) -> None:
    found = await _flaws(slug, definition, types)
    if found:
        raise BadCredentialType(found[0].said, found)


async def readable_by(look: Look) -> float:
    """Return the lowest contrast ratio of a card's text to what lies below it, from its colours and its art.

    Raises:
        EncodingError: the art is no whole picture.
    """
    ground, ink = look.background_color or NO_COLOUR, look.text_color or WHITE
    if look.background_image is None:
        return contrast(ground, ink)
    return await least_contrast(look.background_image, ground=ground, ink=ink)


def says_otherwise(before: CredentialTypeDefinition, after: CredentialTypeDefinition) -> bool:
    """Say whether Creds of *after* hold other claims; order, names, texts and look are no part of a Cred."""
    return _content(before) != _content(after)


def _content(definition: CredentialTypeDefinition) -> dict[str, FieldDefinition]:
    return {f.claim: msgspec.structs.replace(f, labels={}, required=False) for f in definition.fields}


async def fitted_type(definition: CredentialTypeDefinition, before: Look) -> CredentialTypeDefinition:
    """Return *definition* with pictures that fit; those of *before* do so already.

    Raises:
        BadCredentialType: one is no picture.
    """
    look = definition.look
    logo = await _fitted("logo", look.logo, before.logo, most_bytes=LOGO_BYTES, longest_side=LOGO_SIDE)
    art = await _fitted(
        "background_image", look.background_image, before.background_image, most_bytes=ART_BYTES, longest_side=ART_SIDE
    )
    return msgspec.structs.replace(definition, look=msgspec.structs.replace(look, logo=logo, background_image=art))


async def _fitted(
    what: str, picture: str | None, before: str | None, *, most_bytes: int, longest_side: int
) -> str | None:
    if picture is None or picture == before:
        return picture
    try:
        return await fitting(picture, most_bytes=most_bytes, longest_side=longest_side)
    except EncodingError as exc:
        said = f"look: {exc}"
        raise BadCredentialType(said, [Flaw(f"look.{what}", "picture", said)]) from exc
