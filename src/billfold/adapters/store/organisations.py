"""Organisations, their signing keys and their API keys."""

import functools
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update

from billfold.adapters.store import audit, records
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import ApiKey, Organisation, SigningKey, to_json, to_micros
from billfold.adapters.store.tables import api_keys, organisations, signing_keys
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text

_ORGANISATIONS = select(*records.columns_of(Organisation, organisations))
_ALL = Query(_ORGANISATIONS.order_by(organisations.c.id))
_BY_SLUG = Query(_ORGANISATIONS.where(organisations.c.slug == text("slug")))
_BY_ID = Query(_ORGANISATIONS.where(organisations.c.id == text("id")))
_KEYS = Query(
    select(*records.columns_of(SigningKey, signing_keys))
    .where(signing_keys.c.organisation_id == text("organisation_id"), signing_keys.c.retired_at.is_(None))
    .order_by(signing_keys.c.id)
)
_API_KEYS = Query(
    select(*records.columns_of(ApiKey, api_keys))
    .where(api_keys.c.organisation_id == text("organisation_id"), api_keys.c.revoked_at.is_(None))
    .order_by(api_keys.c.id)
)
# The very texts of a row: who changes it says what was there, so that nobody writes over what another one changed.
Seen = tuple[Value, Value]
_TO_CHANGE = Query(
    select(
        *records.columns_of(Organisation, organisations),
        organisations.c.name.label("seen_name"),
        organisations.c.settings.label("seen_settings"),
    ).where(organisations.c.id == text("id"))
)
_API_KEY = Query(
    select(*records.columns_of(ApiKey, api_keys)).where(
        api_keys.c.key_hash == binary("key_hash"), api_keys.c.revoked_at.is_(None)
    )
)


@functools.cache
def _add(keys: int) -> Unit:
    """Return the unit that makes an organisation with so many signing keys."""

    def define(steps: Steps) -> None:
        organisation = steps.insert(
            "organisation",
            organisations,
            {
                "id": text("id"),
                "slug": text("slug"),
                "name": text("name"),
                "settings": text("settings"),
                "created_at": integer("now"),
            },
        )
        for number in range(keys):
            _add_key(steps, organisation, number)

    return Unit(define)


def _add_key(steps: Steps, organisation: Rows, number: int) -> None:
    steps.insert(
        f"signing_key_{number}",
        signing_keys,
        {
            "id": text(f"id_{number}"),
            "organisation_id": organisation.c["id"],
            "purpose": text(f"purpose_{number}"),
            "private_key_sealed": binary(f"private_key_sealed_{number}"),
            "certificate": binary(f"certificate_{number}"),
            "not_after_at": integer(f"not_after_at_{number}"),
            "created_at": integer("now"),
        },
        of=organisation,
    )


def _renew_key(steps: Steps) -> None:
    of_purpose = (
        signing_keys.c.organisation_id == text("organisation_id"),
        signing_keys.c.purpose == text("purpose"),
        signing_keys.c.retired_at.is_(None),
    )
    older = signing_keys.c.id < text("kept_id")
    steps.do("retired", update(signing_keys).where(*of_purpose, older).values(retired_at=integer("now")))
    values = {
        "id": text("id"),
        "organisation_id": text("organisation_id"),
        "purpose": text("purpose"),
        "private_key_sealed": binary("private_key_sealed"),
        "certificate": binary("certificate"),
        "not_after_at": integer("not_after_at"),
        "created_at": integer("now"),
    }
    audit.record_each(steps, "signing_key.renewed", steps.insert("signing_key", signing_keys, values))


def _add_api_key(steps: Steps) -> None:
    made = steps.insert(
        "api_key",
        api_keys,
        {
            "id": text("id"),
            "organisation_id": text("organisation_id"),
            "name": text("name"),
            "key_hash": binary("key_hash"),
            "scopes": text("scopes"),
            "created_at": integer("now"),
        },
    )
    audit.record_each(steps, "api_key.created", made)


def _revoke_api_key(steps: Steps) -> None:
    revoked = steps.do(
        "api_key",
        update(api_keys)
        .where(
            api_keys.c.organisation_id == text("organisation_id"),
            api_keys.c.id == text("id"),
            api_keys.c.revoked_at.is_(None),
        )
        .values(revoked_at=integer("now"))
        .returning(api_keys.c.id, api_keys.c.organisation_id),
    )
    audit.record_each(steps, "api_key.revoked", revoked)
    steps.answer(revoked)


def _change(steps: Steps) -> None:
    changed = steps.do(
        "organisation",
        update(organisations)
        .where(
            organisations.c.id == text("id"),
            organisations.c.name == text("seen_name"),
            organisations.c.settings == text("seen_settings"),
        )
        .values(name=text("name"), settings=text("settings"))
        .returning(organisations.c.id, organisations.c.id.label("organisation_id")),
    )
    audit.record_each(steps, "organisation.changed", changed)
    steps.answer(changed)


_REVOKE_API_KEY, _CHANGE = Unit(_revoke_api_key), Unit(_change)
_ADD_API_KEY, _RENEW_KEY = Unit(_add_api_key), Unit(_renew_key)


async def add(engine: Engine, organisation: Organisation, keys: Sequence[SigningKey] = (), *, now: datetime) -> None:
    """Store a new organisation with its sealed keys and their certificates.

    Raises:
        Conflict: its slug is taken.
    """
    given: dict[str, Value] = {}
    for number, key in enumerate(keys):
        given |= {
            f"id_{number}": key.id,
            f"purpose_{number}": key.purpose,
            f"private_key_sealed_{number}": key.private_key_sealed,
            f"certificate_{number}": key.certificate,
            f"not_after_at_{number}": to_micros(key.not_after_at),
        }
    await engine.run(
        _add(len(keys)),
        id=organisation.id,
        slug=organisation.slug,
        name=organisation.name,
        settings=to_json(organisation.settings),
        now=to_micros(now),
        **given,
    )


async def every(engine: Engine) -> list[Organisation]:
    """Return all organisations in the order they were made."""
    return records.read_all(Organisation, await engine.fetch(_ALL))


async def by_slug(engine: Engine, slug: str) -> Organisation | None:
    """Return the organisation with *slug*."""
    rows = await engine.fetch(_BY_SLUG, slug=slug)
    return records.read(Organisation, rows[0]) if rows else None


async def by_id(engine: Engine, organisation_id: str) -> Organisation | None:
    """Return the organisation with this id."""
    rows = await engine.fetch(_BY_ID, id=organisation_id)
    return records.read(Organisation, rows[0]) if rows else None


async def renew_signing_key(engine: Engine, organisation_id: str, key: SigningKey, act: Act) -> None:
    """Store a new key for a purpose: the newest one before stays beside it, any older one is retired."""
    known = [each for each in await signing_keys_of(engine, organisation_id) if each.purpose == key.purpose]
    await engine.run(
        _RENEW_KEY,
        organisation_id=organisation_id,
        kept_id=known[-1].id if known else "",
        id=key.id,
        purpose=key.purpose,
        private_key_sealed=key.private_key_sealed,
        certificate=key.certificate,
        not_after_at=to_micros(key.not_after_at),
        **act.parameters(),
    )


async def signing_keys_of(engine: Engine, organisation_id: str) -> list[SigningKey]:
    """Return the keys in use, oldest first."""
    return records.read_all(SigningKey, await engine.fetch(_KEYS, organisation_id=organisation_id))


async def newest_keys_of(engine: Engine, organisation_id: str) -> list[SigningKey]:
    """Return the newest key of each purpose: the one that signs, or is about to."""
    return list({key.purpose: key for key in await signing_keys_of(engine, organisation_id)}.values())


async def see(engine: Engine, organisation_id: str) -> tuple[Organisation, Seen] | None:
    """Return the organisation with this id, and what `change` must still find there."""
    rows = await engine.fetch(_TO_CHANGE, id=organisation_id)
    return (records.read(Organisation, rows[0][:-2]), rows[0][-2:]) if rows else None


async def change(engine: Engine, organisation: Organisation, *, seen: Seen, act: Act) -> bool:
    """Store an organisation's name and what it decided for itself; say whether it was as it was *seen*."""
    rows = await engine.run(
        _CHANGE,
        id=organisation.id,
        name=organisation.name,
        settings=to_json(organisation.settings),
        seen_name=seen[0],
        seen_settings=seen[1],
        **act.parameters(),
    )
    return bool(rows)


async def add_api_key(engine: Engine, key: ApiKey, *, key_hash: bytes, act: Act) -> None:
    """Store an API key by its hash."""
    await engine.run(
        _ADD_API_KEY,
        id=key.id,
        organisation_id=key.organisation_id,
        name=key.name,
        key_hash=key_hash,
        scopes=to_json(key.scopes),
        **act.parameters(),
    )


async def revoke_api_key(engine: Engine, organisation_id: str, key_id: str, act: Act) -> bool:
    """End an API key for good; say whether it was in use."""
    return bool(await engine.run(_REVOKE_API_KEY, organisation_id=organisation_id, id=key_id, **act.parameters()))


async def api_keys_of(engine: Engine, organisation_id: str) -> list[ApiKey]:
    """Return the organisation's keys that are in use, oldest first."""
    return records.read_all(ApiKey, await engine.fetch(_API_KEYS, organisation_id=organisation_id))


async def api_key_by_hash(engine: Engine, key_hash: bytes) -> ApiKey | None:
    """Return the API key with this hash, unless it was revoked."""
    rows = await engine.fetch(_API_KEY, key_hash=key_hash)
    return records.read(ApiKey, rows[0]) if rows else None
