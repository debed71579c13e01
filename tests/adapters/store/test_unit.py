"""Statements as drivers get them: what is given is a parameter, what is constant stands in the text."""

import pytest
from sqlalchemy import select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect
from sqlalchemy.dialects.sqlite.pysqlite import dialect as sqlite_dialect
from sqlalchemy.engine.interfaces import Dialect

from billfold.adapters.store import states
from billfold.adapters.store.tables import entitlements
from billfold.adapters.store.unit import compile_statement, text

DIALECTS = [
    pytest.param(asyncpg_dialect(), id="postgresql"),  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    pytest.param(sqlite_dialect(paramstyle="qmark"), id="sqlite"),
]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_constant_stands_in_the_text(dialect: Dialect) -> None:
    """PostgreSQL sees that a partial index serves the statement only where it can read the state."""
    statement = select(entitlements.c.id).where(
        entitlements.c.state != states.ENDED, entitlements.c.person_id == text("person_id")
    )

    compiled = compile_statement(statement, dialect)

    assert "entitlements.state != 'ended'" in compiled.sql
    assert compiled.arguments({"person_id": "p"}) == ["p"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_quote_in_a_constant_ends_no_text(dialect: Dialect) -> None:
    compiled = compile_statement(select(entitlements.c.id).where(entitlements.c.state == "it's"), dialect)

    assert "entitlements.state = 'it''s'" in compiled.sql
    assert compiled.arguments({}) == []


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_given_never_stands_in_the_text(dialect: Dialect) -> None:
    statement = select(entitlements.c.id).where(entitlements.c.person_id == text("person_id"))

    compiled = compile_statement(statement, dialect)

    assert compiled.arguments({"person_id": "'; DROP TABLE people"}) == ["'; DROP TABLE people"]
    assert "DROP" not in compiled.sql
