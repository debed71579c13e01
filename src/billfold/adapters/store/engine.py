"""What both engines offer: read with a `Query`, change with a `Unit`."""

from typing import Protocol

from sqlalchemy import Index, UniqueConstraint

from billfold.adapters.store.tables import metadata
from billfold.adapters.store.unit import Query, Row, Unit, Value
from billfold.errors import RequestRefused, StateError


class Conflict(StateError):
    """A write met a row that may exist once only; nothing was changed.

    Attributes:
        constraint: the name of the unique constraint or index, as the schema has it.
    """

    code = "conflict"

    def __init__(self, constraint: str) -> None:
        super().__init__(f"expected no second row under {constraint}")
        self.constraint = constraint


class TextRefused(RequestRefused):
    """A text holds what the database cannot store, a zero byte; so nothing there can be meant by it."""

    def __init__(self) -> None:
        super().__init__("invalid_request", "expected text without a zero byte")


class Engine(Protocol):
    """One embedded SQLite file, or one PostgreSQL database shared by many nodes."""

    async def fetch(self, query: Query, /, **parameters: Value) -> list[Row]:
        """Return the rows that *query* selects."""

    async def run(self, unit: Unit, /, **parameters: Value) -> list[Row]:
        """Do all steps of *unit* or none, durably, and return the rows of its answer.

        Raises:
            Conflict: a unique constraint stands against it.
        """

    async def scrub(self) -> None:
        """Let go of the bytes of what was deleted, as far as this engine decides that."""

    async def close(self) -> None:
        """Let go of the database."""


def unique_names() -> dict[frozenset[str], str]:
    """Map "table.column" sets to the name of their unique constraint: SQLite tells only the columns."""
    names: dict[frozenset[str], str] = {}
    for table in metadata.tables.values():
        unique: list[UniqueConstraint | Index] = [c for c in table.constraints if isinstance(c, UniqueConstraint)]
        unique += [index for index in table.indexes if index.unique]
        for item in unique:
            names[frozenset(f"{table.name}.{column.name}" for column in item.columns)] = str(item.name)
    return names
