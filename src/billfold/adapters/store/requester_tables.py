"""The schema of what requesters keep: templates, the requests made from them, and the counters where they stand."""

from sqlalchemy import ForeignKey, Index, Table, UniqueConstraint

from billfold.adapters.store import columns
from billfold.adapters.store.columns import bytes_column as _bytes
from billfold.adapters.store.columns import id_column as _id
from billfold.adapters.store.columns import integer_column as _int
from billfold.adapters.store.columns import once_columns as _once
from billfold.adapters.store.columns import organisation_column as _organisation
from billfold.adapters.store.columns import text_column as _text

metadata = columns.metadata

presentation_templates = Table(
    "presentation_templates",
    metadata,
    _id(),
    _organisation(),
    _text("slug"),
    _text("definition"),
    _int("created_at"),
    *_once(),
    UniqueConstraint("organisation_id", "slug"),
    UniqueConstraint("organisation_id", "idempotency_key"),
)

presentation_requests = Table(
    "presentation_requests",
    metadata,
    _id(),
    _organisation(),
    _text("template_id", ForeignKey("presentation_templates.id")),
    _text("template"),
    _text("state"),
    _bytes("request_hash"),
    _bytes("short_code_hash"),
    _bytes("state_hash"),
    _text("nonce"),
    _bytes("response_key_sealed", null=True),
    _text("return_to", null=True),
    _bytes("response_code_hash", null=True),
    _text("verification", null=True),
    _text("fields", null=True),
    _int("fields_expire_at", null=True),
    _int("created_at"),
    _int("opened_at", null=True),
    _int("answered_at", null=True),
    _int("expires_at"),
    *_once(),
    UniqueConstraint("request_hash"),
    UniqueConstraint("short_code_hash"),
    UniqueConstraint("state_hash"),
    UniqueConstraint("organisation_id", "idempotency_key"),
    Index(None, "template_id"),
    postgresql_with={"fillfactor": 40},  # changed twice soon after it is made: room for it on the same page
)

counters = Table(
    "counters",
    metadata,
    _id(),
    _organisation(),
    _text("staff_id", ForeignKey("staff.id")),
    _text("template"),
    _bytes("show_hash"),
    _text("request_id", null=True),
    _int("created_at"),
    UniqueConstraint("staff_id", "template"),
    UniqueConstraint("show_hash"),
)
