"""A person's page put together: Creds with their time lines, devices, and the latest of the audit."""

from dataclasses import dataclass
from datetime import datetime

from billfold.adapters.store import audit, credentials, entitlements, pairing_codes, pairings, people, states
from billfold.adapters.store.audit import AuditEntry
from billfold.adapters.store.records import Credential, CredentialType, Entitlement, Pairing, PairingCode, Person
from billfold.apps.console.visit import Visit
from billfold.roles.issuer.issuer import Issuer
from billfold.roles.parts import NotFound

AUDIT_ENTRIES = 200
_KINDS = {
    "entitlement.suspended": "warn",
    "entitlement.resumed": "good",
    "entitlement.ended": "bad",
    "credential.issued": "",
    "entitlement.created": "",
    "device.woken": "",
    "device.replaced": "bad",
    "pairing.ended": "bad",
}
_OF_THE_DEVICE = ("device.replaced", "pairing.ended")  # they end every copy that was on it
DEVICE_EVENTS = {
    "credential_accepted": "good",
    "credential_failure": "bad",
    "credential_deleted": "warn",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """One point of a time line; *what* is the key of its words."""

    at: datetime
    what: str
    kind: str
    by: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HeldCred:
    """What a person should hold, with what was issued of it last and everything that happened to it."""

    entitlement: Entitlement
    credential_type: CredentialType | None
    newest: Credential | None
    timeline: list[Happening]


@dataclass(frozen=True, slots=True)
class PersonView:
    """All that the page of a person shows."""

    person: Person
    held: list[HeldCred]
    issuable: list[CredentialType]
    device: Pairing | None
    earlier_devices: list[Pairing]
    code: PairingCode | None
    audit: list[AuditEntry]

    @property
    def state(self) -> str:
        """The word that stands beside the name."""
        if any(each.entitlement.state == states.SUSPENDED for each in self.held):
            return "suspended"
        if self.device is not None:
            return "active"
        return "waiting" if self.code is not None else "no_device"

    def can(self, verb: str) -> bool:
        """Say whether there is anything to suspend or resume."""
        wanted = states.ACTIVE if verb == "suspend" else states.SUSPENDED
        return any(each.entitlement.state == wanted for each in self.held)


async def find_person(visit: Visit, person_id: str) -> Person:
    """Return a person of the organisation.

    Raises:
        NotFound: no such person here.
    """
    person = await people.get(visit.parts.store, visit.organisation.id, person_id)
    if person is None:
        raise NotFound("expected a person of this organisation")
    return person


async def view_person(visit: Visit, issuer: Issuer, person_id: str) -> PersonView:
    """Put the page of a person together.

    Raises:
        NotFound: no such person here.
    """
    store = visit.parts.store
    person = await find_person(visit, person_id)
    entries = await audit.newest(store, issuer.id, most=AUDIT_ENTRIES, person_id=person_id)
    issued = await credentials.of_person(store, issuer.id, person_id)
    devices = await pairings.of_person(store, issuer.id, person_id)
    entitled = await entitlements.held_by(store, person_id)
    held = [_held(each, issuer, issued, entries) for each in entitled]
    types = {each.credential_type for each in entitled}
    alive = [each for each in devices if each.state == states.ACTIVE]
    return PersonView(
        person,
        held,
        [each for slug, each in issuer.types.items() if slug not in types],
        alive[-1] if alive else None,
        [each for each in reversed(devices) if each.state == states.ENDED],
        await pairing_codes.live_of_person(store, issuer.id, person_id, now=visit.parts.now()),
        entries,
    )


def _held(each: Entitlement, issuer: Issuer, issued: list[Credential], entries: list[AuditEntry]) -> HeldCred:
    own = [credential for credential in issued if credential.entitlement_id == each.id]
    about = {each.id, *(credential.id for credential in own)}
    about |= {entry.id for entry in entries if entry.subject_id in about}  # a wake is about the act that caused it
    first = min((credential.issued_at for credential in own), default=None)
    timeline = [
        Happening(entry.at, entry.action, _KINDS[entry.action], entry.actor, entry.reason)
        for entry in entries
        if entry.action in _KINDS
        and (entry.subject_id in about or (entry.action in _OF_THE_DEVICE and first and entry.at >= first))
    ]
    timeline += [
        Happening(credential.device_event_at, credential.device_event, DEVICE_EVENTS.get(credential.device_event, ""))
        for credential in own
        if credential.device_event and credential.device_event_at
    ]
    timeline.sort(key=lambda happening: happening.at, reverse=True)
    return HeldCred(each, issuer.types.get(each.credential_type), own[-1] if own else None, timeline)
