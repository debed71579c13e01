"""People: added and changed with checked attributes; when a field changed, the Cred with it is to be issued anew.

Source: Billfold's pairing profile, item 4 (`revision`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from billfold.adapters.store import entitlements, people
from billfold.adapters.store.audit import Act
from billfold.adapters.store.once import Once
from billfold.adapters.store.records import Person
from billfold.adapters.store.type_definition import AttributeValue
from billfold.errors import StateError
from billfold.roles.issuer.attribute import Attribute, attributes_of, checked
from billfold.roles.issuer.dataset import dataset_of
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import CHANGE_TRIES, ChangedMeanwhile, NotFound, Parts

MAX_NAME_CHARACTERS: Final = 200
MAX_GROUPS: Final = 100


class BadPerson(StateError):
    """A name or group that cannot be; the code says which."""


async def add(
    parts: Parts,
    issuer: Issuer | None,
    organisation_id: str,
    *,
    name: str,
    attributes: Mapping[str, AttributeValue],
    groups: Sequence[str],
    act: Act,
    asked_once: Once | None,
) -> Person:
    """Add a person to the directory.

    Args:
        issuer: the organisation as an issuer, where it is one; its Cred types declare the attributes.

    Raises:
        BadPerson, BadAttribute, WrongKind: what is given cannot be stored.
        KeyReused: the idempotency key came before with another request.
    """
    _check(name, groups)
    found = await checked(attributes, _declared(issuer), kept={})
    person = Person(parts.new_id(), name, found, tuple(groups), act.at)
    made = await people.create(parts.store, organisation_id, person, act=act, asked_once=asked_once)
    if made == person.id:
        return person
    return await find(parts, organisation_id, made)


async def find(parts: Parts, organisation_id: str, person_id: str) -> Person:
    """Return one person of the organisation.

    Raises:
        NotFound: no such person here.
    """
    person = await people.get(parts.store, organisation_id, person_id)
    if person is None:
        raise NotFound("expected a person of this organisation")
    return person


async def change(
    parts: Parts,
    issuer: Issuer | None,
    organisation_id: str,
    person_id: str,
    *,
    name: str | None,
    attributes: Mapping[str, AttributeValue | None] | None,
    groups: Sequence[str] | None,
    act: Act,
) -> Person:
    """Change what is given; an attribute of None is removed. Raise the revision of the Creds whose fields change.

    Args:
        issuer: the organisation as an issuer, where it is one.

    Raises:
        NotFound: no such person here.
        BadPerson, BadAttribute, WrongKind: what is given cannot be stored.
        ChangedMeanwhile: others change this person all the time.
    """
    _check(name, groups or ())
    for _ in range(CHANGE_TRIES):
        read = await people.see(parts.store, organisation_id, person_id)
        if read is None:
            raise NotFound("expected a person of this organisation")
        before, seen = read
        after = await _with(before, issuer, name=name, attributes=attributes or {}, groups=groups)
        changed = await _changed(parts, issuer, before, after, act.at)
        if await people.update_person(parts.store, organisation_id, after, seen=seen, changed=changed, act=act):
            return after
    raise ChangedMeanwhile("expected nobody else to change this person at once: try again")


async def _with(
    before: Person,
    issuer: Issuer | None,
    *,
    name: str | None,
    attributes: Mapping[str, AttributeValue | None],
    groups: Sequence[str] | None,
) -> Person:
    """Return *before* with what is given, checked."""
    given = {key: value for key, value in attributes.items() if value is not None}
    found = await checked(given, _declared(issuer), kept=before.attributes)
    rest = {key: value for key, value in before.attributes.items() if key not in attributes}
    return replace(
        before,
        name=before.name if name is None else name,
        attributes={**rest, **found},
        groups=before.groups if groups is None else tuple(groups),
    )


def _declared(issuer: Issuer | None) -> dict[str, Attribute]:
    return attributes_of(issuer.types.values()) if issuer else {}


def _check(name: str | None, groups: Sequence[str]) -> None:
    if name is not None and (not 0 < len(name.strip()) <= MAX_NAME_CHARACTERS or not name.isprintable()):
        raise BadPerson(f"expected a name of 1 to {MAX_NAME_CHARACTERS} printable characters", code="bad_name")
    if len(groups) > MAX_GROUPS or not all(0 < len(g) <= MAX_NAME_CHARACTERS and g.isprintable() for g in groups):
        raise BadPerson(f"expected up to {MAX_GROUPS} groups with short, printable names", code="bad_group")


async def _changed(parts: Parts, issuer: Issuer | None, before: Person, after: Person, now: datetime) -> list[str]:
    """Return the entitlements whose Credential Dataset differs now."""
    if issuer is None:
        return []
    zone = issuer.organisation.settings.time_zone
    differ = {
        slug
        for slug, credential_type in issuer.types.items()
        if dataset_of(credential_type.definition, before, issued_at=now, time_zone=zone)
        != dataset_of(credential_type.definition, after, issued_at=now, time_zone=zone)
    }
    return [e.id for e in await entitlements.held_by(parts.store, before.id) if e.credential_type in differ]
