"""What every table is made of: the metadata with its naming convention, and the kinds of columns.

Columns hold what both drivers carry unchanged: text, integers, bytes. Ids are UUIDv7 as text; an instant is integer
microseconds since 1970 (`_at`); JSON is text; a flag is 0 or 1.
"""

from typing import Any

from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column() -> Column[Any]:
    """Return the primary key of nearly every table."""
    return Column("id", Text, primary_key=True)


def organisation_column() -> Column[Any]:
    """Return the column that says whose row this is."""
    return Column("organisation_id", Text, nullable=False)


def text_column(name: str, *args: Any, null: bool = False) -> Column[Any]:
    """Return a text column."""
    return Column(name, Text, *args, nullable=null)


def integer_column(name: str, *args: Any, null: bool = False) -> Column[Any]:
    """Return a column of integers, instants or flags."""
    return Column(name, BigInteger, *args, nullable=null)


def bytes_column(name: str, *args: Any, null: bool = False) -> Column[Any]:
    """Return a column of bytes."""
    return Column(name, LargeBinary, *args, nullable=null)


def once_columns() -> list[Any]:
    """Return the columns that make a creation idempotent: the caller's key, and the hash of what it asked."""
    return [text_column("idempotency_key", null=True), bytes_column("idempotency_hash", null=True)]
