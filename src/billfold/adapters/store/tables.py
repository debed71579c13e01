"""The schema.

Foreign keys point to the nearer parent; the rows that every insert would share (organisation, status list) are
referenced without one, since PostgreSQL locks a referenced parent row in every inserting transaction.
`docs/decisions/0002-store.md` tells what that was measured to cost. What requesters keep stands in `requester_tables`.
"""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint, text

from billfold.adapters.store import requester_tables
from billfold.adapters.store import staff_tables as _staff_tables  # noqa: F401  # they stand in the same metadata
from billfold.adapters.store import type_tables as _type_tables  # noqa: F401  # as above
from billfold.adapters.store.columns import bytes_column as _bytes
from billfold.adapters.store.columns import id_column as _id
from billfold.adapters.store.columns import integer_column as _int
from billfold.adapters.store.columns import once_columns as _once
from billfold.adapters.store.columns import organisation_column as _organisation
from billfold.adapters.store.columns import text_column as _text

metadata = requester_tables.metadata  # theirs too, so that it is whole

organisations = Table(
    "organisations",
    metadata,
    _id(),
    _text("slug"),
    _text("name"),
    _text("settings"),
    _int("created_at"),
    UniqueConstraint("slug"),
)

signing_keys = Table(
    "signing_keys",
    metadata,
    _id(),
    _organisation(),
    _text("purpose"),
    _bytes("private_key_sealed"),
    _bytes("certificate"),
    _int("not_after_at"),
    _int("created_at"),
    _int("retired_at", null=True),
    Index(None, "organisation_id"),
)

api_keys = Table(
    "api_keys",
    metadata,
    _id(),
    _organisation(),
    _text("name"),
    _bytes("key_hash"),
    _text("scopes"),
    _int("created_at"),
    _int("revoked_at", null=True),
    UniqueConstraint("key_hash"),
)

people = Table(
    "people",
    metadata,
    _id(),
    _organisation(),
    _text("name"),
    _text("attributes"),
    _text("groups"),
    _text("folded", null=True),
    _int("created_at"),
    *_once(),
    UniqueConstraint("organisation_id", "idempotency_key"),
)

entitlements = Table(
    "entitlements",
    metadata,
    _id(),
    _organisation(),
    _text("person_id", ForeignKey("people.id")),
    _text("credential_type"),
    _text("state"),
    _int("revision"),
    _int("created_at"),
    _int("ended_at", null=True),
    *_once(),
    UniqueConstraint("organisation_id", "idempotency_key"),
    Index(None, "organisation_id", "credential_type", "id"),
)
Index(
    "uq_entitlements_held",
    entitlements.c.person_id,
    entitlements.c.credential_type,
    unique=True,
    sqlite_where=text("state <> 'ended'"),
    postgresql_where=text("state <> 'ended'"),
)

pairing_codes = Table(
    "pairing_codes",
    metadata,
    _id(),
    _organisation(),
    _text("person_id", ForeignKey("people.id")),
    _text("state"),
    _bytes("code_hash"),
    _bytes("offer_hash"),
    _bytes("short_code_hash"),
    _bytes("tx_code_hash", null=True),
    _int("tx_code_tries"),
    _int("expires_at"),
    _int("created_at"),
    _int("opened_at", null=True),
    _int("redeemed_at", null=True),
    _text("deliver", null=True),
    *_once(),
    UniqueConstraint("code_hash"),
    UniqueConstraint("offer_hash"),
    UniqueConstraint("short_code_hash"),
    UniqueConstraint("organisation_id", "idempotency_key"),
    Index(None, "person_id"),
)

pairings = Table(
    "pairings",
    metadata,
    _id(),
    _organisation(),
    _text("person_id", ForeignKey("people.id")),
    _text("pairing_code_id", ForeignKey("pairing_codes.id")),
    _text("state"),
    _text("device_jkt", null=True),
    _text("client_id", null=True),
    _bytes("access_token_hash"),
    _int("access_expires_at"),
    _int("uses_identifiers"),
    _bytes("refresh_token_hash", null=True),
    _text("device_name", null=True),
    _text("push_subscription", null=True),
    _text("client", null=True),
    _int("created_at"),
    _int("last_contact_at"),
    _int("reminded_at", null=True),
    _int("ended_at", null=True),
    UniqueConstraint("access_token_hash"),
    UniqueConstraint("refresh_token_hash"),
    Index(None, "person_id"),
    Index(None, "pairing_code_id"),
)

used_proofs = Table(
    "used_proofs",
    metadata,
    Column("proof_hash", LargeBinary, primary_key=True),
    _int("ends_at"),
    Index(None, "ends_at"),
)

credentials = Table(
    "credentials",
    metadata,
    _id(),
    _organisation(),
    _text("person_id"),
    _text("entitlement_id", ForeignKey("entitlements.id")),
    _text("pairing_id", ForeignKey("pairings.id")),
    _text("credential_type"),
    _int("revision"),
    _text("state"),
    _bytes("nonce_hash"),
    _bytes("notification_hash"),
    _int("issued_at"),
    _int("expires_at"),
    _text("device_event", null=True),
    _int("device_event_at", null=True),
    UniqueConstraint("nonce_hash"),
    UniqueConstraint("notification_hash"),
    Index(None, "person_id"),
    Index(None, "entitlement_id"),
    Index(None, "pairing_id"),
)

credential_instances = Table(
    "credential_instances",
    metadata,
    _id(),
    _text("credential_id", ForeignKey("credentials.id")),
    _text("status_list_id"),
    _int("status_index"),
    _int("status"),
    _text("key_thumbprint"),
    UniqueConstraint("status_list_id", "status_index"),
    Index(None, "credential_id"),
)
Index(
    "ix_credential_instances_not_valid",
    credential_instances.c.status_list_id,
    sqlite_where=text("status <> 0"),
    postgresql_where=text("status <> 0"),
)

status_lists = Table(
    "status_lists",
    metadata,
    _id(),
    _organisation(),
    _int("size"),
    _int("next_block"),
    _int("version"),
    _int("created_at"),
    Index(None, "organisation_id"),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    _organisation(),
    _text("pairing_id", ForeignKey("pairings.id")),
    _int("due_at"),
    _int("leased_until_at"),
    _int("tries"),
    _int("created_at"),
    Index(None, "due_at"),
    Index(None, "pairing_id"),
)

relay_endpoints = Table(
    "relay_endpoints",
    metadata,
    _id(),
    _bytes("token_hash"),
    _bytes("secret_hash"),
    _text("sender_key"),
    _text("subscription"),
    _int("created_at"),
    _int("window_began_at"),
    _int("window_count"),
    UniqueConstraint("token_hash"),
)

audit_entries = Table(
    "audit_entries",
    metadata,
    _id(),
    _organisation(),
    _int("at"),
    _text("actor"),
    _text("action"),
    _text("person_id", null=True),
    _text("subject_id", null=True),
    _text("reason", null=True),
    _text("reference", null=True),
    Index(None, "organisation_id", "id"),
    Index(None, "organisation_id", "person_id", "id"),
    Index(None, "organisation_id", "reference"),
)

mails = Table(
    "mails",
    metadata,
    _id(),
    _organisation(),
    _text("pairing_code_id", ForeignKey("pairing_codes.id")),
    _text("kind"),
    _text("language"),
    _text("state"),
    _int("due_at"),
    _int("leased_until_at"),
    _int("tries"),
    _int("created_at"),
    _int("settled_at", null=True),
    UniqueConstraint("pairing_code_id", "kind"),
    Index(None, "state", "due_at"),
)
