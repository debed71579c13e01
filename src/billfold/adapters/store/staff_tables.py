"""The tables of staff: who may sign in, by what, and where they are signed in."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from billfold.adapters.store.columns import bytes_column as _bytes
from billfold.adapters.store.columns import id_column as _id
from billfold.adapters.store.columns import integer_column as _int
from billfold.adapters.store.columns import metadata
from billfold.adapters.store.columns import organisation_column as _organisation
from billfold.adapters.store.columns import text_column as _text

staff = Table(
    "staff",
    metadata,
    _id(),
    _organisation(),
    _text("email"),
    _text("name"),
    _text("role"),
    _text("password_hash"),
    _int("created_at"),
    _bytes("invitation_hash", null=True),
    _int("invited_until_at", null=True),
    _int("without_keys", null=True),
    _int("ended_at", null=True),
    UniqueConstraint("organisation_id", "email"),
)
Index("uq_staff_invitation_hash", staff.c.invitation_hash, unique=True)

staff_sessions = Table(
    "staff_sessions",
    metadata,
    _id(),
    _organisation(),
    _text("staff_id", ForeignKey("staff.id")),
    _bytes("token_hash"),
    _text("place"),
    _text("browser"),
    _int("created_at"),
    _int("last_seen_at"),
    _int("expires_at"),
    UniqueConstraint("token_hash"),
    Index(None, "staff_id"),
)

sign_in_tries = Table(
    "sign_in_tries",
    metadata,
    Column("bucket", LargeBinary, primary_key=True),
    _int("window_began_at"),
    _int("count"),
)

passkeys = Table(
    "passkeys",
    metadata,
    _id(),
    _organisation(),
    _text("staff_id", ForeignKey("staff.id")),
    _bytes("credential_id"),
    _bytes("public_key"),
    _int("sign_count"),
    _text("name"),
    _int("created_at"),
    _int("last_used_at", null=True),
    UniqueConstraint("credential_id"),
    Index(None, "staff_id"),
)

spent_challenges = Table(
    "spent_challenges",
    metadata,
    Column("challenge_hash", LargeBinary, primary_key=True),
    _int("expires_at"),
)
