"""The messages of the organisation's own affairs: its settings, staff, API keys and signing keys."""

from datetime import datetime
from typing import Literal

import msgspec

from billfold.adapters.store.records import Support

Role = Literal["owner", "support"]


class OrganisationView(msgspec.Struct, frozen=True):
    """The organisation of this key. *logo* is a data URI; *try_it* the template by which people try new Creds."""

    slug: str
    name: str
    roles: list[str]
    support: Support
    time_zone: str
    logo: str | None
    try_it: str | None


class OrganisationChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is given changes, the rest stays. An empty `logo` or `try_it` removes it; a new name takes new certificates.

    `try_it` is the slug of a presentation template that asks for the organisation's own Creds.
    """

    name: str | None = None
    support: Support | None = None
    time_zone: str | None = None
    logo: str | None = None
    try_it: str | None = None


class RequestsTodayView(msgspec.Struct, frozen=True):
    """How many requests were made since midnight in the organisation's zone; `waiting` may still be answered."""

    asked: int
    answered: int
    declined: int
    waiting: int


class OverviewView(msgspec.Struct, frozen=True):
    """How many there are of what; `wakes_wait_since` is when the oldest message to a device was due that waits."""

    people: int
    new_people: int
    paired_devices: int
    reachable_devices: int
    silent_devices: int
    active_creds: int
    suspended: int
    uncollected: int
    failed_creds: int
    wakes_wait_since: datetime | None
    requests_today: RequestsTodayView


class NewStaff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is to sign in; the answer holds the link by which they choose how."""

    email: str
    name: str
    role: Role = "support"


class StaffChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role."""

    role: Role


class StaffView(msgspec.Struct, frozen=True):
    """A member of staff. `invited_until_at` is set while an invitation waits."""

    id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    invited_until_at: datetime | None


class InvitationView(msgspec.Struct, frozen=True):
    """An invitation: its link works once, and nobody can show it again."""

    staff_id: str
    link: str
    expires_at: datetime


class NewApiKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A key to make. The scope `settings` is an owner's."""

    name: str
    scopes: list[str]


class ApiKeyView(msgspec.Struct, frozen=True):
    """A key in use, without its secret."""

    id: str
    name: str
    scopes: list[str]


class MadeApiKeyView(msgspec.Struct, frozen=True):
    """A key with its secret, which nobody can show again."""

    id: str
    name: str
    scopes: list[str]
    secret: str


class MailServerView(msgspec.Struct, frozen=True):
    """The mail server of the installation, which its settings file names; no secret."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: str


class UnsentMailView(msgspec.Struct, frozen=True):
    """A mail that was refused, or that waits after the mail server did not take it; `due_at` is when it is tried."""

    pairing_code_id: str
    kind: Literal["pairing", "pin"]
    state: Literal["waiting", "refused"]
    tries: int
    due_at: datetime


class MailSetupView(msgspec.Struct, frozen=True):
    """How mail goes out. `server` is null where none is set up; `unsent` are those of the last two weeks."""

    server: MailServerView | None
    unsent: list[UnsentMailView]


class MailTrial(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A test mail to a member of staff."""

    staff_id: str
    language: Literal["en", "de"] = "en"


class MailTrialView(msgspec.Struct, frozen=True):
    """What the mail server made of a test mail; `status` is its SMTP code, where it gave one."""

    outcome: Literal["delivered", "refused", "later"]
    status: int | None


class SigningKeyView(msgspec.Struct, frozen=True):
    """A certificate in use; of one purpose the last one signs. `certificate` is base64 of DER."""

    purpose: Literal["root", "issuer", "requester"]
    certificate: str
    not_after_at: datetime
    created_at: datetime
