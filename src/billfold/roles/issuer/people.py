"""People: when a person changes, what was issued of the changed fields is to be issued anew.

Source: Billfold's pairing profile, item 4 (`revision`).
"""

from dataclasses import replace

from billfold.adapters.store import entitlements, people
from billfold.adapters.store.audit import Act
from billfold.adapters.store.records import Person
from billfold.roles.issuer.credential import dataset_of
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import NotFound, Parts


async def change(
    parts: Parts,
    issuer: Issuer | None,
    organisation_id: str,
    person_id: str,
    *,
    name: str | None,
    attributes: dict[str, str | None] | None,
    groups: list[str] | None,
    act: Act,
) -> Person:
    """Change what is given; an attribute of None is removed. Raise the revision of the Creds whose fields change.

    Args:
        issuer: the organisation as an issuer, where it is one.

    Raises:
        NotFound: no such person here.
    """
    before = await people.get(parts.store, organisation_id, person_id)
    if before is None:
        raise NotFound("expected a person of this organisation")
    merged = {**before.attributes, **(attributes or {})}
    after = replace(
        before,
        name=before.name if name is None else name,
        attributes={key: value for key, value in merged.items() if value is not None},
        groups=before.groups if groups is None else tuple(groups),
    )
    changed = await _changed(parts, issuer, before, after)
    if not await people.update_person(parts.store, organisation_id, after, changed=changed, act=act):
        raise NotFound("expected a person of this organisation")
    return after


async def _changed(parts: Parts, issuer: Issuer | None, before: Person, after: Person) -> list[str]:
    """Return the entitlements whose Credential Dataset differs now."""
    if issuer is None:
        return []
    differ = {
        slug
        for slug, credential_type in issuer.types.items()
        if dataset_of(credential_type, before) != dataset_of(credential_type, after)
    }
    return [e.id for e in await entitlements.held_by(parts.store, before.id) if e.credential_type in differ]
