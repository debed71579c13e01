"""Cred types get versions, a contract, and renewals of what was issued."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credential_type_versions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("credential_type_id", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credential_type_id"], ["credential_types.id"], name=op.f("fk_credential_type_versions_credential_type_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_type_versions")),
        sa.UniqueConstraint(
            "credential_type_id", "version", name=op.f("uq_credential_type_versions_credential_type_id_version")
        ),
    )
    op.create_table(
        "renewals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("credential_type", sa.Text(), nullable=False),
        sa.Column("after_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_renewals")),
    )
    op.create_index(op.f("ix_renewals_due_at"), "renewals", ["due_at"], unique=False)
    # Without a default the rows that are there could not get the column; each gets its own contract right after.
    op.add_column("credential_types", sa.Column("contract", sa.Text(), nullable=False, server_default="[]"))
    _begin_versions()


def _begin_versions() -> None:
    """Make what is there the first version of each type: until now a type could not change."""
    connection = op.get_bind()
    names = ("id", "version", "definition", "contract", "created_at")
    types = sa.table("credential_types", *map(sa.column, names))
    versions = sa.table(
        "credential_type_versions",
        *map(sa.column, ("id", "credential_type_id", "version", "definition", "created_at")),
    )
    for type_id, version, definition, _, created_at in connection.execute(
        sa.select(*(types.c[name] for name in names))
    ).all():
        contract = json.dumps([_promise(field) for field in json.loads(definition)["fields"]])
        connection.execute(sa.update(types).where(types.c.id == type_id).values(contract=contract))
        connection.execute(
            sa.insert(versions).values(
                id=type_id,
                credential_type_id=type_id,
                version=version,
                definition=definition,
                created_at=created_at,
            )
        )


def _promise(field: dict[str, Any]) -> dict[str, str]:
    return {"claim": field["claim"]}
