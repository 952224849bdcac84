"""Statements that run for every message, handed to the driver as they are.

SQLAlchemy's own work on an execution costs several times what such a statement does. Here it
compiles the statement once for each database and then stands aside.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Dialect, UpdateBase, bindparam, or_


def given(name: str, like: Any = None) -> BindParameter[Any]:  # noqa: ANN401
    """Return a parameter whose value comes with each row.

    Args:
        name: its name in the rows.
        like: a column of the same type, where the statement itself does not tell it.
    """
    return bindparam(name, type_=None if like is None else like.type, required=False)


def one_of(column: Any, values: Iterable[Any]) -> ColumnElement[bool]:  # noqa: ANN401
    """Say `column IN values` in a form whose text does not depend on the values."""
    return or_(*(column == value for value in values))


@dataclass(frozen=True, slots=True)
class Execution:
    """A statement with its rows of parameters, still to be run once for each of them."""

    prepared: "Prepared"
    rows: Sequence[Mapping[str, Any]]

    def sql(self, dialect: Dialect) -> str:
        """Return the statement's text."""
        return self.prepared.compiled(dialect).sql

    def parameters(self, dialect: Dialect) -> Sequence[Any]:
        """Return the rows' values as the driver wants them: by position, or by name."""
        return self.prepared.compiled(dialect).parameters(self.rows)

    @property
    def answers(self) -> bool:
        """Whether the statement returns something."""
        return self.prepared.answers


class Prepared:
    """One statement; what changes from row to row is `given`."""

    def __init__(self, statement: UpdateBase) -> None:
        self._statement = statement
        self._compiled: dict[str, Compiled] = {}
        self.answers = bool(statement.returning_column_descriptions)

    def over(self, rows: Sequence[Mapping[str, Any]]) -> Execution:
        """Return the statement with its rows of parameters."""
        return Execution(self, rows)

    def compiled(self, dialect: Dialect) -> "Compiled":
        """Return the statement in a database's words."""
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = Compiled(self._statement, dialect)
        return compiled


class Compiled:
    """A statement in one database's words."""

    def __init__(self, statement: UpdateBase, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self.sql = str(compiled)
        self._constants = {name: bind.value for name, bind in compiled.binds.items()}
        self._order = compiled.positiontup

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        """Return the rows' values as the driver wants them: by position, or by name."""
        named = [{**self._constants, **row} for row in rows]
        order = self._order
        return named if order is None else [[row[name] for name in order] for row in named]
