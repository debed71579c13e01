"""Room beside each presentation request on PostgreSQL, since every one is changed twice soon after it is made.

A new version of a row that finds no room on its page goes to another one, and needs an entry in each index.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE presentation_requests SET (fillfactor = 40)")
