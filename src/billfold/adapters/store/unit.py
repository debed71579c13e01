"""A unit of work: steps in one statement language, all or nothing, on either engine.

A step is a SQLAlchemy Core statement. It may hang on an earlier step, and then runs once for every row which that
step returned: none, if it returned none. PostgreSQL gets the whole unit as one data-modifying CTE, autocommitted;
SQLite runs step by step inside one short ``BEGIN IMMEDIATE``.

Two rules keep both engines equal, since PostgreSQL shows every step the same snapshot while SQLite shows the
effects so far: no step reads what another step of its unit changed, except through that step's rows; and no row
is changed by two steps.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import BigInteger, BindParameter, ColumnElement, LargeBinary, Select, Table, Text, bindparam, select
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import CTE
from sqlalchemy.sql.visitors import traverse

Value = str | int | bytes | None
Row = tuple[Any, ...]
Parameters = Mapping[str, Value]


# SQLAlchemy keeps the bare column names for its own VALUES and SET parameters.
_PARAMETER_PREFIX = "given_"


def text(name: str) -> BindParameter[str]:
    """Return the parameter *name* of a text column."""
    return bindparam(_PARAMETER_PREFIX + name, required=False, type_=Text())


def integer(name: str) -> BindParameter[int]:
    """Return the parameter *name* of an integer or instant column."""
    return bindparam(_PARAMETER_PREFIX + name, required=False, type_=BigInteger())


def binary(name: str) -> BindParameter[bytes]:
    """Return the parameter *name* of a bytes column."""
    return bindparam(_PARAMETER_PREFIX + name, required=False, type_=LargeBinary())


@dataclass(frozen=True)
class Rows:
    """The rows that a step returned, as later steps name them: ``rows.c["person_id"]``."""

    name: str
    c: Mapping[str, ColumnElement[Any]]
    cte: CTE | None


class Steps(Protocol):
    """What a unit's definition is written against."""

    def do(self, name: str, statement: UpdateBase | Select[Any], of: Rows | None = None) -> Rows:
        """Add a step; its ``RETURNING`` columns are the rows. A statement that hangs *of* rows must name them."""

    def insert(self, name: str, table: Table, values: Mapping[str, Any], of: Rows | None = None) -> Rows:
        """Add an insert of *values* into *table*, one for every row *of* another step, else just one."""

    def answer(self, rows: Rows) -> None:
        """Say whose rows the unit returns."""


@dataclass(frozen=True, eq=False)
class Query:
    """A statement that only reads."""

    statement: Select[Any]


@dataclass(frozen=True, eq=False)
class Unit:
    """A unit of work, defined by a function over `Steps`.

    Attributes:
        stepwise: PostgreSQL too goes step by step in a transaction, each step seeing what others committed while
            the one before it waited for a lock. For rare units that spread a state over rows which are still
            being added.
    """

    define: Callable[[Steps], None]
    stepwise: bool = False


@dataclass(frozen=True)
class Compiled:
    """SQL text for a driver, and its positional parameters: a literal value, or the name of a given one."""

    sql: str
    positions: tuple[tuple[str | None, Value], ...]

    def arguments(self, parameters: Parameters) -> list[Value]:
        """Return the arguments in the order of the text.

        Raises:
            KeyError: a parameter was not given; a programming error.
        """
        return [literal if name is None else parameters[name] for name, literal in self.positions]


def compile_statement(statement: UpdateBase | Select[Any], dialect: Dialect) -> Compiled:
    """Compile *statement* once for *dialect*, which must take positional parameters.

    What is constant in its conditions becomes part of the text. As a parameter it would hide from PostgreSQL that a
    partial index serves the statement, which it would then plan anew each time.
    """
    traverse(statement, {}, {"bindparam": _render_constant})
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    names: list[str] = compiled.positiontup or []
    return Compiled(str(compiled), tuple(_position(name, compiled.params) for name in names))


def _render_constant(parameter: BindParameter[Any]) -> None:
    if not parameter.key.startswith(_PARAMETER_PREFIX):
        parameter.literal_execute = True


def _position(name: str, literals: Mapping[str, Any]) -> tuple[str | None, Value]:
    if name.startswith(_PARAMETER_PREFIX):
        return name.removeprefix(_PARAMETER_PREFIX), None
    return None, literals[name]


@dataclass
class CteSteps:
    """Collects a unit's steps as common table expressions of one statement (PostgreSQL)."""

    ctes: list[CTE] = field(default_factory=list)
    final: Rows | None = None

    def do(self, name: str, statement: UpdateBase | Select[Any], of: Rows | None = None) -> Rows:  # noqa: ARG002
        """See `Steps.do`; the statement itself names what it hangs on."""
        cte = statement.cte(name)
        self.ctes.append(cte)
        return Rows(name, {str(key): column for key, column in cte.c.items()}, cte)

    def insert(self, name: str, table: Table, values: Mapping[str, Any], of: Rows | None = None) -> Rows:
        """See `Steps.insert`."""
        columns = [table.c[column] for column in values]
        if of is None:
            statement = table.insert().values(values).returning(*columns)
        else:
            source = select(*[_typed(table.c[k], v) for k, v in values.items()]).select_from(_cte(of))
            statement = table.insert().from_select(list(values), source).returning(*columns)
        return self.do(name, statement)

    def answer(self, rows: Rows) -> None:
        """See `Steps.answer`."""
        self.final = rows

    def statement(self) -> Select[Any]:
        """Return the one statement that does all steps and selects the answer."""
        answer = select(_cte(self.final)) if self.final else select(bindparam("one", 1, BigInteger()))
        return answer.add_cte(*self.ctes)


@dataclass(frozen=True)
class Step:
    """One step of a unit that is run step by step."""

    name: str
    compiled: Compiled
    columns: tuple[str, ...]
    of: str | None


@dataclass
class StepList:
    """Collects a unit's steps one by one; rows of earlier steps come in as parameters."""

    dialect: Dialect
    steps: list[Step] = field(default_factory=list)
    final: str | None = None

    def do(self, name: str, statement: UpdateBase | Select[Any], of: Rows | None = None) -> Rows:
        """See `Steps.do`."""
        columns = _returned(statement)
        names = tuple(columns)
        self.steps.append(Step(name, compile_statement(statement, self.dialect), names, of.name if of else None))
        parameters = {
            c: bindparam(_PARAMETER_PREFIX + row_parameter(name, c), required=False, type_=columns[c].type)
            for c in names
        }
        return Rows(name, parameters, None)

    def insert(self, name: str, table: Table, values: Mapping[str, Any], of: Rows | None = None) -> Rows:
        """See `Steps.insert`."""
        returning = [table.c[column] for column in values]
        return self.do(name, table.insert().values(values).returning(*returning), of)

    def answer(self, rows: Rows) -> None:
        """See `Steps.answer`."""
        self.final = rows.name

    def given_to(self, step: Step, parameters: Parameters, returned: Mapping[str, list[Row]]) -> list[Parameters]:
        """Return one set of parameters for each row that *step* hangs on, or *parameters* if it hangs on none.

        Rows of steps further up the chain come along, as they do in the CTE: one row each, since only the nearest
        step may return several.
        """
        if step.of is None:
            return [parameters]
        known = {s.name: s for s in self.steps}
        given, above = dict(parameters), known[step.of].of
        while above is not None:
            row = returned[above][0] if returned[above] else ()
            given |= {row_parameter(above, c): value for c, value in zip(known[above].columns, row, strict=False)}
            above = known[above].of
        columns = [row_parameter(step.of, column) for column in known[step.of].columns]
        return [{**given, **dict(zip(columns, row, strict=True))} for row in returned[step.of]]


def row_parameter(step: str, column: str) -> str:
    """Name the parameter that carries *column* of a row of *step*."""
    return f"{step}.{column}"


def _returned(statement: UpdateBase | Select[Any]) -> dict[str, ColumnElement[Any]]:
    columns = statement.selected_columns if isinstance(statement, Select) else statement.exported_columns
    return {str(name): column for name, column in columns.items()}


def _cte(rows: Rows | None) -> CTE:
    if rows is None or rows.cte is None:
        raise TypeError("expected the rows of a step of this unit")
    return rows.cte


def _typed(column: ColumnElement[Any], value: Any) -> ColumnElement[Any]:
    """Give a literal the column's type, since PostgreSQL cannot infer it inside a SELECT."""
    return value if isinstance(value, ColumnElement) else bindparam(None, value, column.type, unique=True)
