"""Devices that were reminded before their refresh tokens end."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("pairings", sa.Column("reminded_at", sa.BigInteger(), nullable=True))
