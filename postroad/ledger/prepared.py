"""Statements that run for every message, handed to the driver as they are.

SQLAlchemy's own work on an execution costs several times what such a statement does. Here it
compiles the statement once for each database and then stands aside.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import BindParameter, ColumnElement, Dialect, bindparam, or_
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler

Answer = Callable[[], list[Any]]
"""Gives the first column of what came back; on a `Writer`, once its transaction is over."""


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


class Wire:
    """A driver's connection within a transaction."""

    def __init__(self, driver: Any, dialect: Dialect) -> None:  # noqa: ANN401
        self.driver = driver
        self.dialect = dialect


class Prepared:
    """One statement; what changes from row to row is `given`."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def run(self, wire: Wire, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each row of parameters."""
        if rows:
            compiled = self._for(wire.dialect)
            wire.driver.cursor().executemany(compiled.sql, compiled.parameters(rows))

    def ask(self, wire: Wire, rows: Sequence[Mapping[str, Any]]) -> Answer:
        """Run it once for each row of parameters; return what gives the answers."""
        compiled = self._for(wire.dialect)
        answers = []
        for parameters in compiled.parameters(rows):
            cursor = wire.driver.cursor()
            cursor.execute(compiled.sql, parameters)
            # SQLite would prepare a statement again whose last answer is still unread.
            answers.append(cursor.fetchall() if wire.dialect.name == "sqlite" else cursor)
        return lambda: [found[0] for answer in answers for found in answer]

    def _for(self, dialect: Dialect) -> "_Compiled":
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _Compiled(self._statement, dialect)
        return compiled


class _Compiled:
    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = cast("SQLCompiler", statement.compile(dialect=dialect))
        self.sql = str(compiled)
        self._constants = {name: bind.value for name, bind in compiled.binds.items()}
        self._order = compiled.positiontup

    def parameters(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[Any]:
        """Return the rows' values as the driver wants them: by position, or by name."""
        named = [{**self._constants, **row} for row in rows]
        order = self._order
        return named if order is None else [[row[name] for name in order] for row in named]
