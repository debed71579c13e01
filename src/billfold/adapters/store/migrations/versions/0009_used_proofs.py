"""DPoP proofs that changed something, remembered by all nodes together."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_proofs",
        sa.Column("proof_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("proof_hash", name=op.f("pk_used_proofs")),
    )
    op.create_index(op.f("ix_used_proofs_ends_at"), "used_proofs", ["ends_at"], unique=False)
