"""The API's messages. Instants are RFC 3339 in UTC; ids are opaque text."""

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

import msgspec

from billfold.adapters.store.pairing_codes import Deliver
from billfold.adapters.store.type_definition import AttributeValue, CredentialTypeDefinition, Kind

T = TypeVar("T")
Language = Literal["en", "de"]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list; `next` is what to send as `after` for the one that follows, null at the end."""

    items: list[T]
    next: str | None = None


class Problem(msgspec.Struct, frozen=True):
    """What went wrong (RFC 9457): `detail` says what to do, `code` is stable, `reference` finds it in the log."""

    title: str
    status: int
    detail: str
    code: str
    reference: str
    type: str = "about:blank"


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person to add. Cred types declare the kinds of attributes; a date is YYYY-MM-DD, a picture a data URI."""

    name: str
    attributes: dict[str, AttributeValue] = {}
    groups: list[str] = []


class PersonView(msgspec.Struct, frozen=True):
    """A person in the directory."""

    id: str
    name: str
    attributes: dict[str, AttributeValue]
    groups: list[str]
    created_at: datetime


class PersonChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is given changes, the rest stays; an attribute of null is removed. Creds of changed fields are renewed."""

    name: str | None = None
    attributes: dict[str, AttributeValue | None] | None = None
    groups: list[str] | None = None


class AttributeView(msgspec.Struct, frozen=True):
    """What Cred types declare of an attribute: its kind, whether it has many values, and its names."""

    name: str
    kind: Kind
    many: bool
    labels: dict[str, str]


class NewCredentialType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A Cred type to publish; its slug is part of its address and never changes."""

    slug: str
    definition: CredentialTypeDefinition


class CredentialTypeChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The next version of a Cred type; `replaces` is the version that was read and changed. The audit keeps why."""

    replaces: int
    definition: CredentialTypeDefinition
    reason: str | None = None


class CredentialTypeView(msgspec.Struct, frozen=True):
    """A Cred type in its newest version; `vct` is its type on the wire."""

    slug: str
    vct: str
    version: int
    definition: CredentialTypeDefinition


class CredentialTypeVersionView(msgspec.Struct, frozen=True):
    """One version of a Cred type; who published it and why."""

    version: int
    definition: CredentialTypeDefinition
    created_at: datetime
    actor: str | None = None
    reason: str | None = None


class FoundPeople(msgspec.Struct, frozen=True):
    """A page of people in the order of their names. `tolerant`: nobody was found as typed, these are nearly so."""

    items: list[PersonView]
    counts: dict[str, int]
    tolerant: bool


class DeviceReplacement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a device is replaced, and how the person was checked: both stand in the audit."""

    reason: Literal["lost", "stolen", "new_device", "data_gone"]
    checked_how: str
    tx_code: bool = True
    expires_in_s: int | None = None
    deliver: Deliver = "screen"
    language: Language = "en"


class AuditEntryView(msgspec.Struct, frozen=True):
    """Who did what to whom, when and why; `reference` is what the other side was shown."""

    id: str
    at: datetime
    actor: str
    action: str
    person_id: str | None
    subject_id: str | None
    reason: str | None
    reference: str | None


class NewEntitlement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who should hold which Cred type; `credential_type` is its slug."""

    person_id: str
    credential_type: str


class EntitlementView(msgspec.Struct, frozen=True):
    """An entitlement; everything signed for it follows its state."""

    id: str
    person_id: str
    credential_type: str
    state: Literal["active", "suspended", "ended"]
    revision: int
    created_at: datetime


class NewPairingCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pairing code to make. `tx_code`: whether it goes with a PIN; a letter's must.

    `deliver`: "mail" sends it to the `email` of the directory, "letter" makes a PDF to print. `language`: of the mail.
    `expires_in_s`: 60 s to 14 days; unless given 30 minutes on a screen, 1 day by mail, 14 days by letter.
    """

    person_id: str
    tx_code: bool = True
    expires_in_s: int | None = None
    deliver: Deliver = "screen"
    language: Language = "en"


class MailView(msgspec.Struct, frozen=True):
    """A mail about a code or its PIN: waiting, sent, refused by the other side, or overtaken by what became of it."""

    kind: Literal["pairing", "pin"]
    state: Literal["waiting", "sent", "refused", "overtaken"]
    created_at: datetime
    settled_at: datetime | None


class PinMail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail that brings a code's PIN, apart from the code."""

    language: Language = "en"


class PairingCodeView(msgspec.Struct, frozen=True):
    """A pairing code. Links, short code and PIN (`tx_code`) are secrets of the person it was made for.

    `offer` says where the offer is; `offer_by_value` carries it, for wallets that fetch nothing before they ask, and
    is null once the code is over. It names the Cred types of this moment, and shows in no state that it was opened.
    """

    id: str
    state: str
    person_id: str
    deliver: Deliver
    offer: str
    offer_by_value: str | None
    wallet_link: str
    short_code: str
    tx_code: str | None
    expires_at: datetime


class PairingView(msgspec.Struct, frozen=True):
    """A device that is or was paired."""

    id: str
    person_id: str
    state: Literal["pending", "active", "ended"]
    device_name: str | None
    created_at: datetime
    last_contact_at: datetime
    ended_at: datetime | None


class CredentialView(msgspec.Struct, frozen=True):
    """One issuance of an entitlement to a pairing. `device_event` is what the device last said of it."""

    id: str
    person_id: str
    entitlement_id: str
    pairing_id: str
    credential_type: str
    revision: int
    state: Literal["active", "suspended", "revoked", "superseded"]
    issued_at: datetime
    expires_at: datetime
    device_event: str | None


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is done; it stands in the audit."""

    reason: str


class NewPresentationRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request to make from a template. `return_to`: where a person on the same device goes on afterwards."""

    template: str
    return_to: str | None = None


class CheckView(msgspec.Struct, frozen=True):
    """One check of a verification; `reason` is a stable word, `detail` a sentence, null where all went well."""

    check: str
    outcome: Literal["passed", "failed", "skipped"]
    reason: str | None
    detail: str | None


class VerifiedCredView(msgspec.Struct, frozen=True):
    """What one Cred showed. `fields` is null once its time is over, or before the person came back."""

    credential_type: str
    issuer: str
    fields: dict[str, Any] | None


class VerificationView(msgspec.Struct, frozen=True):
    """The result. `session_bound`: whether the answer came back to the browser that asked."""

    accepted: bool
    session_bound: bool
    checks: list[CheckView]
    creds: list[VerifiedCredView]


class PresentationRequestView(msgspec.Struct, frozen=True):
    """A presentation request, and its verification once it was answered.

    `request` is the link for any wallet; where the template asks by `redirect_uri` it carries the whole request, and is
    too long for a small QR code. `wallet_link` opens this installation's own wallet, `short_code` may be typed there.
    """

    id: str
    state: Literal["waiting", "opened", "answered", "declined", "expired"]
    request: str
    wallet_link: str
    short_code: str
    expires_at: datetime
    verification: VerificationView | None
