"""Drafts of Cred types: what somebody of the staff has changed and not published yet, one per person and type."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from billfold.adapters.store import records
from billfold.adapters.store.engine import Conflict, Engine
from billfold.adapters.store.records import to_json, to_micros
from billfold.adapters.store.type_definition import CredentialTypeDefinition
from billfold.adapters.store.type_tables import credential_type_drafts as drafts
from billfold.adapters.store.unit import Query, Steps, Unit, integer, text


@dataclass(frozen=True, slots=True)
class CredentialTypeDraft:
    """A version to come. It may break every rule; *replaces* is the version it was begun from, 0 for none."""

    slug: str
    replaces: int
    definition: CredentialTypeDefinition
    changed_at: datetime


_OWN = (drafts.c.organisation_id == text("organisation_id"), drafts.c.staff_id == text("staff_id"))
_OF_STAFF = Query(select(*records.columns_of(CredentialTypeDraft, drafts)).where(*_OWN).order_by(drafts.c.slug))


def _change(steps: Steps) -> None:
    changed = (
        update(drafts)
        .where(*_OWN, drafts.c.slug == text("slug"))
        .values(replaces=integer("replaces"), definition=text("definition"), changed_at=integer("now"))
        .returning(drafts.c.id)
    )
    steps.answer(steps.do("draft", changed))


def _add(steps: Steps) -> None:
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "staff_id": text("staff_id"),
        "slug": text("slug"),
        "replaces": integer("replaces"),
        "definition": text("definition"),
        "changed_at": integer("now"),
    }
    steps.insert("draft", drafts, values)


def _remove(steps: Steps) -> None:
    steps.do("draft", delete(drafts).where(*_OWN, drafts.c.slug == text("slug")))


_CHANGE, _ADD, _REMOVE = Unit(_change), Unit(_add), Unit(_remove)


async def of_staff(engine: Engine, organisation_id: str, staff_id: str) -> dict[str, CredentialTypeDraft]:
    """Return somebody's drafts by slug."""
    rows = await engine.fetch(_OF_STAFF, organisation_id=organisation_id, staff_id=staff_id)
    return {each.slug: each for each in records.read_all(CredentialTypeDraft, rows)}


async def save(
    engine: Engine, organisation_id: str, staff_id: str, draft: CredentialTypeDraft, *, draft_id: str
) -> None:
    """Store a draft in the place of the one before it.

    Args:
        draft_id: for a draft that is not there yet.
    """
    values: dict[str, str | int] = {
        "organisation_id": organisation_id,
        "staff_id": staff_id,
        "slug": draft.slug,
        "replaces": draft.replaces,
        "definition": to_json(draft.definition),
        "now": to_micros(draft.changed_at),
    }
    if await engine.run(_CHANGE, **values):
        return
    try:
        await engine.run(_ADD, id=draft_id, **values)
    except Conflict:  # another tab of the same person was first
        await engine.run(_CHANGE, **values)


async def remove(engine: Engine, organisation_id: str, staff_id: str, slug: str) -> None:
    """Remove a draft, if it is there."""
    await engine.run(_REMOVE, organisation_id=organisation_id, staff_id=staff_id, slug=slug)
