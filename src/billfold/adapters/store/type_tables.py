"""The tables of Cred types; part of the schema in `tables`."""

from sqlalchemy import ForeignKey, Index, Table, UniqueConstraint

from billfold.adapters.store.columns import id_column, integer_column, metadata, organisation_column, text_column

credential_types = Table(
    "credential_types",
    metadata,
    id_column(),
    organisation_column(),
    text_column("slug"),
    integer_column("version"),
    text_column("definition"),
    text_column("contract"),
    integer_column("created_at"),
    UniqueConstraint("organisation_id", "slug"),
)

credential_type_versions = Table(
    "credential_type_versions",
    metadata,
    id_column(),
    text_column("credential_type_id", ForeignKey("credential_types.id")),
    integer_column("version"),
    text_column("definition"),
    integer_column("created_at"),
    text_column("actor", null=True),  # of versions that are older than this column, the audit knows
    text_column("reason", null=True),
    UniqueConstraint("credential_type_id", "version"),
)

# What somebody of the staff has changed and not published yet; of a type that is not there yet, it replaces 0.
credential_type_drafts = Table(
    "credential_type_drafts",
    metadata,
    id_column(),
    organisation_column(),
    text_column("staff_id", ForeignKey("staff.id")),
    text_column("slug"),
    integer_column("replaces"),
    text_column("definition"),
    integer_column("changed_at"),
    UniqueConstraint("staff_id", "slug"),
)

# A type whose holders are to be issued anew; the worker goes through them in the order of their entitlements' ids.
renewals = Table(
    "renewals",
    metadata,
    id_column(),
    organisation_column(),
    text_column("credential_type"),
    text_column("after_id"),
    integer_column("due_at"),
    integer_column("created_at"),
    Index(None, "due_at"),
)
