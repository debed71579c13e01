"""The holders of one Cred type, page by page."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        op.f("ix_entitlements_organisation_id_credential_type_id"),
        "entitlements",
        ["organisation_id", "credential_type", "id"],
        unique=False,
    )
