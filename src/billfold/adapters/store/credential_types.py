"""Credential types of an organisation."""

from datetime import datetime

from sqlalchemy import select

from billfold.adapters.store import records
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import CredentialType, to_json, to_micros
from billfold.adapters.store.tables import credential_types
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text

_OF_ORGANISATION = Query(
    select(*records.columns_of(CredentialType, credential_types))
    .where(credential_types.c.organisation_id == text("organisation_id"))
    .order_by(credential_types.c.id)
)


def _add(steps: Steps) -> None:
    steps.insert(
        "credential_type",
        credential_types,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "slug": text("slug"),
            "version": integer("version"),
            "definition": text("definition"),
            "created_at": integer("now"),
        },
    )


_ADD = Unit(_add)


async def add(engine: Engine, organisation_id: str, credential_type: CredentialType, *, now: datetime) -> None:
    """Store a new type.

    Raises:
        Conflict: the organisation has a type of this slug.
    """
    await engine.run(
        _ADD,
        id=credential_type.id,
        organisation_id=organisation_id,
        slug=credential_type.slug,
        version=credential_type.version,
        definition=to_json(credential_type.definition),
        now=to_micros(now),
    )


async def of_organisation(engine: Engine, organisation_id: str) -> list[CredentialType]:
    """Return the organisation's types in the order they were made."""
    return records.read_all(CredentialType, await engine.fetch(_OF_ORGANISATION, organisation_id=organisation_id))
