"""Credential types of an organisation, their versions, and the renewal of what was issued of an older version.

A new version is one row, a renewal another, however many people hold the type: the worker goes through them in
pages, and each page raises revisions, wakes devices and moves on in one unit.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import delete, func, select, update

from billfold.adapters.store import audit, outbox, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import (
    CredentialType,
    CredentialTypeVersion,
    Renewal,
    to_instant,
    to_json,
    to_micros,
)
from billfold.adapters.store.tables import entitlements, organisations
from billfold.adapters.store.type_definition import CredentialTypeDefinition
from billfold.adapters.store.type_tables import credential_type_versions, credential_types, renewals
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, integer, text

_OF_ORGANISATION = Query(
    select(*records.columns_of(CredentialType, credential_types))
    .where(credential_types.c.organisation_id == text("organisation_id"))
    .order_by(credential_types.c.id)
)
_VERSIONS = Query(
    select(*records.columns_of(CredentialTypeVersion, credential_type_versions))
    .join(credential_types, credential_types.c.id == credential_type_versions.c.credential_type_id)
    .where(credential_types.c.organisation_id == text("organisation_id"), credential_types.c.slug == text("slug"))
    .order_by(credential_type_versions.c.version)
)
_HOLDERS_BY_TYPE = Query(
    select(entitlements.c.credential_type, func.count())
    .where(entitlements.c.organisation_id == text("organisation_id"), entitlements.c.state != states.ENDED)
    .group_by(entitlements.c.credential_type)
)
_LAST_CHANGES = Query(
    select(credential_types.c.slug, func.max(credential_type_versions.c.created_at))
    .join(credential_types, credential_types.c.id == credential_type_versions.c.credential_type_id)
    .where(credential_types.c.organisation_id == text("organisation_id"))
    .group_by(credential_types.c.slug)
)
_DUE = Query(
    select(*records.columns_of(Renewal, renewals)).where(renewals.c.due_at <= integer("now")).order_by(renewals.c.id)
)
_HOLDERS = Query(
    select(entitlements.c.id)
    .where(
        entitlements.c.organisation_id == text("organisation_id"),
        entitlements.c.credential_type == text("credential_type"),
        entitlements.c.state != states.ENDED,
        entitlements.c.id > text("after_id"),
    )
    .order_by(entitlements.c.id)
    .limit(integer("most"))
)


def _while_unchanged(steps: Steps) -> Rows:
    """Return the organisation, if its types are as *seen*: a type is judged beside the others, so they must stay.

    Whoever changes types of one organisation goes one after another.
    """
    ours = organisations.c.id == text("organisation_id")
    steps.do("organisation", select(organisations.c.id).where(ours).with_for_update())
    of_organisation = credential_types.c.organisation_id == text("organisation_id")
    versions = select(func.coalesce(func.sum(credential_types.c.version), 0)).where(of_organisation).scalar_subquery()
    return steps.do("unchanged", select(organisations.c.id).where(ours, versions == integer("seen")))


def _add(steps: Steps) -> None:
    organisation = _while_unchanged(steps)
    made = steps.insert(
        "credential_type",
        credential_types,
        {
            "id": text("id"),
            "organisation_id": organisation.c["id"],
            "slug": text("slug"),
            "version": 1,
            "definition": text("definition"),
            "contract": text("contract"),
            "created_at": integer("now"),
        },
        of=organisation,
    )
    _keep(steps, made)
    audit.record_each(steps, "credential_type.created", made)
    steps.answer(made)


def _publish(*, renews: bool) -> Callable[[Steps], None]:
    def define(steps: Steps) -> None:
        organisation = _while_unchanged(steps)
        changed = steps.do(
            "credential_type",
            update(credential_types)
            .where(
                credential_types.c.organisation_id == organisation.c["id"],
                credential_types.c.slug == text("slug"),
                credential_types.c.version == integer("replaces"),
            )
            .values(version=credential_types.c.version + 1, definition=text("definition"))
            .returning(
                credential_types.c.id,
                credential_types.c.organisation_id,
                credential_types.c.slug,
                credential_types.c.version,
            ),
            organisation,
        )
        _keep(steps, changed)
        if renews:
            values = {
                "id": text("version_id"),
                "organisation_id": changed.c["organisation_id"],
                "credential_type": changed.c["slug"],
                "after_id": "",
                "due_at": integer("due_at"),
                "created_at": integer("now"),
            }
            steps.insert("renewal", renewals, values, of=changed)
        audit.record_each(steps, "credential_type.changed", changed)
        steps.answer(changed)

    return define


def _keep(steps: Steps, of: Rows) -> None:
    values = {
        "id": text("version_id"),
        "credential_type_id": of.c["id"],
        "version": of.c["version"],
        "definition": text("definition"),
        "created_at": integer("now"),
        "actor": text("actor"),
        "reason": text("reason"),
    }
    steps.insert("version", credential_type_versions, values, of=of)


def _renew(steps: Steps) -> None:
    """Renew one page; of two workers that took the same one, the second changes nothing."""
    moved = steps.do(
        "renewal",
        update(renewals)
        .where(renewals.c.id == text("id"), renewals.c.after_id == text("after_id"))
        .values(after_id=text("last_id"))
        .returning(renewals.c.id, renewals.c.organisation_id, renewals.c.credential_type),
    )
    raised = steps.do(
        "raised",
        update(entitlements)
        .where(
            entitlements.c.organisation_id == moved.c["organisation_id"],
            entitlements.c.credential_type == moved.c["credential_type"],
            entitlements.c.state != states.ENDED,
            entitlements.c.id > text("after_id"),
            entitlements.c.id <= text("last_id"),
        )
        .values(revision=entitlements.c.revision + 1)
        .returning(entitlements.c.id, entitlements.c.person_id),
        moved,
    )
    outbox.wake(steps, raised)


def _finish(steps: Steps) -> None:
    steps.do("renewal", delete(renewals).where(renewals.c.id == text("id")))


_ADD, _RENEW, _FINISH = Unit(_add, stepwise=True), Unit(_renew), Unit(_finish)
_PUBLISH, _PUBLISH_AND_RENEW = (Unit(_publish(renews=renews), stepwise=True) for renews in (False, True))


async def add(
    engine: Engine, organisation_id: str, credential_type: CredentialType, *, seen: int, version_id: str, act: Act
) -> bool:
    """Store a new type and its first version; say whether the organisation's types were as *seen*.

    Args:
        seen: the sum of the versions of all its types.

    Raises:
        Conflict: the organisation has a type of this slug.
    """
    rows = await engine.run(
        _ADD,
        seen=seen,
        id=credential_type.id,
        organisation_id=organisation_id,
        slug=credential_type.slug,
        definition=to_json(credential_type.definition),
        contract=to_json(credential_type.contract),
        version_id=version_id,
        **act.parameters(),
    )
    return bool(rows)


async def publish(
    engine: Engine,
    organisation_id: str,
    slug: str,
    definition: CredentialTypeDefinition,
    *,
    replaces: int,
    seen: int,
    version_id: str,
    renew_at: datetime | None,
    act: Act,
) -> bool:
    """Make *definition* the newest version; say whether *replaces* was the newest, and all types were as *seen*.

    Args:
        seen: the sum of the versions of all types of the organisation.
        renew_at: from when on what was issued is to be issued anew; None for never.
    """
    rows = await engine.run(
        _PUBLISH if renew_at is None else _PUBLISH_AND_RENEW,
        organisation_id=organisation_id,
        slug=slug,
        definition=to_json(definition),
        replaces=replaces,
        seen=seen,
        version_id=version_id,
        due_at=None if renew_at is None else to_micros(renew_at),
        **act.parameters(),
    )
    return bool(rows)


async def of_organisation(engine: Engine, organisation_id: str) -> list[CredentialType]:
    """Return the organisation's types in the order they were made."""
    return records.read_all(CredentialType, await engine.fetch(_OF_ORGANISATION, organisation_id=organisation_id))


async def versions_of(engine: Engine, organisation_id: str, slug: str) -> list[CredentialTypeVersion]:
    """Return all versions of a type, oldest first; none says that there is no such type."""
    rows = await engine.fetch(_VERSIONS, organisation_id=organisation_id, slug=slug)
    return records.read_all(CredentialTypeVersion, rows)


async def holders_of(engine: Engine, organisation_id: str) -> dict[str, int]:
    """Return by slug how many people should hold a type; one that nobody should is left out."""
    return dict(await engine.fetch(_HOLDERS_BY_TYPE, organisation_id=organisation_id))


async def last_changes(engine: Engine, organisation_id: str) -> dict[str, datetime]:
    """Return by slug when the newest version was published."""
    rows = await engine.fetch(_LAST_CHANGES, organisation_id=organisation_id)
    return {slug: to_instant(at) for slug, at in rows}


async def due_renewals(engine: Engine, *, now: datetime) -> list[Renewal]:
    """Return the renewals that may go on, oldest first."""
    return records.read_all(Renewal, await engine.fetch(_DUE, now=to_micros(now)))


async def renew(engine: Engine, renewal: Renewal, *, most: int, act: Act) -> int:
    """Raise the revisions of the next holders and wake their devices; return of how many, 0 when all were."""
    rows = await engine.fetch(
        _HOLDERS,
        organisation_id=renewal.organisation_id,
        credential_type=renewal.credential_type,
        after_id=renewal.after_id,
        most=most,
    )
    if not rows:
        await engine.run(_FINISH, id=renewal.id)
        return 0
    await engine.run(_RENEW, id=renewal.id, after_id=renewal.after_id, last_id=rows[-1][0], **act.parameters())
    return len(rows)
