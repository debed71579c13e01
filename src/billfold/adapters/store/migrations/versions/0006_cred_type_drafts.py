"""Who published a version of a Cred type and why; drafts of versions to come."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("credential_type_versions", sa.Column("actor", sa.Text(), nullable=True))
    op.add_column("credential_type_versions", sa.Column("reason", sa.Text(), nullable=True))
    op.create_table(
        "credential_type_drafts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation_id", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("replaces", sa.BigInteger(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_credential_type_drafts_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential_type_drafts")),
        sa.UniqueConstraint("staff_id", "slug", name=op.f("uq_credential_type_drafts_staff_id_slug")),
    )
