"""Credentials: each one issuance of an Entitlement to a pairing, with its signed instances and their status entries."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, or_, select, update

from billfold.adapters.store import audit, records, states
from billfold.adapters.store.audit import Act
from billfold.adapters.store.engine import Engine
from billfold.adapters.store.records import Credential, to_micros
from billfold.adapters.store.tables import credential_instances, credentials, entitlements, pairings
from billfold.adapters.store.unit import Query, Rows, Steps, Unit, Value, binary, integer, text

_COLUMNS = records.columns_of(Credential, credentials)
_OF_PERSON = Query(
    select(*_COLUMNS)
    .where(credentials.c.organisation_id == text("organisation_id"), credentials.c.person_id == text("person_id"))
    .order_by(credentials.c.id)
)
_BY_ID = Query(
    select(*_COLUMNS).where(credentials.c.organisation_id == text("organisation_id"), credentials.c.id == text("id"))
)
_NEWER = credentials.alias("newer")
_REPLACED = Query(
    select(credentials.c.id)
    .where(
        credentials.c.state.in_((states.ACTIVE, states.SUSPENDED)),
        exists().where(
            _NEWER.c.entitlement_id == credentials.c.entitlement_id,
            _NEWER.c.pairing_id == credentials.c.pairing_id,
            _NEWER.c.issued_at > credentials.c.issued_at,
            _NEWER.c.issued_at <= integer("replaced_before"),
        ),
    )
    .order_by(credentials.c.id)
    .limit(integer("most"))
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One signed instance: its status entry and the key it is bound to."""

    id: str
    status_list_id: str
    status_index: int
    key_thumbprint: str


@functools.cache
def _issue(instances: int) -> Unit:
    """Return the unit that records one issuance of so many instances."""

    def define(steps: Steps) -> None:
        credential = _insert_credential(steps, _lock_entitlement(steps, _use_pairing(steps)))
        for number in range(instances):
            _insert_instance(steps, number, credential)
        audit.record_each(steps, "credential.issued", credential)
        steps.answer(credential)

    return Unit(define)


def _use_pairing(steps: Steps) -> Rows:
    """Count the issuance as a use of the pairing: with the first one the pairing counts."""
    return steps.do(
        "pairing",
        update(pairings)
        .where(pairings.c.id == text("pairing_id"), pairings.c.state.in_(states.LIVING_PAIRING))
        .values(state=states.ACTIVE, last_contact_at=integer("now"))
        .returning(pairings.c.id, pairings.c.organisation_id, pairings.c.person_id),
    )


def _lock_entitlement(steps: Steps, pairing: Rows) -> Rows:
    """Hold the entitlement's row: whoever suspends it meanwhile waits, and then sees this Credential too."""
    return steps.do(
        "entitlement",
        select(
            entitlements.c.id,
            entitlements.c.credential_type,
            entitlements.c.revision,
            pairing.c["id"].label("pairing_id"),
            pairing.c["organisation_id"].label("organisation_id"),
            pairing.c["person_id"].label("person_id"),
        )
        .where(
            entitlements.c.id == text("entitlement_id"),
            entitlements.c.person_id == pairing.c["person_id"],
            entitlements.c.state == states.ACTIVE,
        )
        .with_for_update(read=True, of=entitlements),
        pairing,
    )


def _insert_credential(steps: Steps, entitlement: Rows) -> Rows:
    return steps.insert(
        "credential",
        credentials,
        {
            "id": text("id"),
            "organisation_id": entitlement.c["organisation_id"],
            "person_id": entitlement.c["person_id"],
            "entitlement_id": entitlement.c["id"],
            "pairing_id": entitlement.c["pairing_id"],
            "credential_type": entitlement.c["credential_type"],
            "revision": entitlement.c["revision"],
            "state": states.ACTIVE,
            "nonce_hash": binary("nonce_hash"),
            "notification_hash": binary("notification_hash"),
            "issued_at": integer("now"),
            "expires_at": integer("expires_at"),
        },
        of=entitlement,
    )


def _insert_instance(steps: Steps, number: int, credential: Rows) -> None:
    steps.insert(
        f"instance_{number}",
        credential_instances,
        {
            "id": text(f"instance_id_{number}"),
            "credential_id": credential.c["id"],
            "status_list_id": text(f"status_list_id_{number}"),
            "status_index": integer(f"status_index_{number}"),
            "status": states.STATUS_VALID,
            "key_thumbprint": text(f"key_thumbprint_{number}"),
        },
        of=credential,
    )


def _notify(steps: Steps) -> Rows:
    told = steps.do(
        "told",
        update(credentials)
        .where(
            credentials.c.pairing_id == text("pairing_id"),
            credentials.c.notification_hash == binary("notification_hash"),
            or_(credentials.c.device_event.is_(None), credentials.c.device_event != text("event")),
        )
        .values(device_event=text("event"), device_event_at=integer("now"))
        .returning(
            credentials.c.id,
            credentials.c.organisation_id,
            credentials.c.person_id,
            credentials.c.entitlement_id,
            credentials.c.pairing_id,
            credentials.c.issued_at,
        ),
    )
    audit.record_each(steps, "credential.device_event", told)
    steps.answer(told)
    return told


_NOTIFIED = Query(
    select(credentials.c.id).where(
        credentials.c.pairing_id == text("pairing_id"), credentials.c.notification_hash == binary("notification_hash")
    )
)


def _tell(steps: Steps) -> None:
    _notify(steps)


def _accept(steps: Steps) -> None:
    """Keep that the device accepted a Credential; what it had of the same Entitlement before turns invalid."""
    told = _notify(steps)
    states.spread(
        steps,
        and_(
            credentials.c.entitlement_id == told.c["entitlement_id"],
            credentials.c.pairing_id == told.c["pairing_id"],
            credentials.c.issued_at < told.c["issued_at"],
        ),
        told,
        before=(states.ACTIVE, states.SUSPENDED),
        after=states.SUPERSEDED,
        status=states.STATUS_INVALID,
    )


def _supersede(steps: Steps) -> None:
    """End one Credential; of two workers that found it, the second changes nothing."""
    live = (states.ACTIVE, states.SUSPENDED)
    replaced = steps.do(
        "replaced",
        select(credentials.c.id, credentials.c.organisation_id, credentials.c.person_id)
        .where(credentials.c.id == text("id"), credentials.c.state.in_(live))
        .with_for_update(),
    )
    states.spread(
        steps,
        credentials.c.id == replaced.c["id"],
        replaced,
        before=live,
        after=states.SUPERSEDED,
        status=states.STATUS_INVALID,
    )
    audit.record_each(steps, "credential.superseded", replaced)


_NOTIFY, _ACCEPT, _SUPERSEDE = Unit(_tell), Unit(_accept), Unit(_supersede, stepwise=True)


async def issue(
    engine: Engine,
    *,
    credential_id: str,
    pairing_id: str,
    entitlement_id: str,
    nonce_hash: bytes,
    notification_hash: bytes,
    expires_at: datetime,
    instances: Sequence[Instance],
    act: Act,
) -> bool:
    """Record one issuance; say whether pairing and entitlement were still good for it.

    Raises:
        Conflict: the nonce was spent, or a status entry is taken.
    """
    given: dict[str, Value] = {}
    for number, instance in enumerate(instances):
        given[f"instance_id_{number}"] = instance.id
        given[f"status_list_id_{number}"] = instance.status_list_id
        given[f"status_index_{number}"] = instance.status_index
        given[f"key_thumbprint_{number}"] = instance.key_thumbprint
    rows = await engine.run(
        _issue(len(instances)),
        id=credential_id,
        pairing_id=pairing_id,
        entitlement_id=entitlement_id,
        nonce_hash=nonce_hash,
        notification_hash=notification_hash,
        expires_at=to_micros(expires_at),
        **given,
        **act.parameters(),
    )
    return bool(rows)


async def notify(engine: Engine, pairing_id: str, notification_hash: bytes, event: str, act: Act) -> bool:
    """Keep what the device said became of a Credential; say whether the pairing has such a one.

    The same said again is known, and neither kept nor in the audit a second time.
    """
    unit = _ACCEPT if event == "credential_accepted" else _NOTIFY
    which: dict[str, Value] = {"pairing_id": pairing_id, "notification_hash": notification_hash}
    rows = await engine.run(unit, event=event, **which, **act.parameters())
    return bool(rows) or bool(await engine.fetch(_NOTIFIED, **which))


async def replaced(engine: Engine, *, replaced_before: datetime, most: int) -> list[str]:
    """Return Credentials that hold though a successor was issued before that instant, up to *most* of them."""
    rows = await engine.fetch(_REPLACED, replaced_before=to_micros(replaced_before), most=most)
    return [str(credential_id) for (credential_id,) in rows]


async def supersede(engine: Engine, credential_id: str, act: Act) -> None:
    """End a Credential whose successor took its place."""
    await engine.run(_SUPERSEDE, id=credential_id, **act.parameters())


async def of_person(engine: Engine, organisation_id: str, person_id: str) -> list[Credential]:
    """Return a person's Credentials, oldest first."""
    rows = await engine.fetch(_OF_PERSON, organisation_id=organisation_id, person_id=person_id)
    return records.read_all(Credential, rows)


async def get(engine: Engine, organisation_id: str, credential_id: str) -> Credential | None:
    """Return one Credential of the organisation."""
    rows = await engine.fetch(_BY_ID, organisation_id=organisation_id, id=credential_id)
    return records.read(Credential, rows[0]) if rows else None
