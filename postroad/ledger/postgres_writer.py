"""Short durable transactions on PostgreSQL: one round trip each, and no thread in between."""

from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from postroad.ledger.prepared import Execution

_Connection = psycopg.AsyncConnection[Any]
_Cursor = psycopg.AsyncCursor[Any]


class PostgresWriter:
    """See postroad.ledger.writer.Writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: _Connection | None = None

    async def commit(self, executions: Sequence[Execution]) -> list[Any]:
        """Run statements in one durable transaction; return what they returned."""
        try:
            if self._connection is None:
                self._connection = await self._connect()
            return await self._run(self._connection, executions)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            await self.aclose()
            raise OperationalError(None, None, error) from error
        except BaseException:
            await self.aclose()
            raise

    async def aclose(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _connect(self) -> _Connection:
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        return await psycopg.AsyncConnection.connect(*arguments, **options, autocommit=True)

    async def _run(self, connection: _Connection, executions: Sequence[Execution]) -> list[Any]:
        """Send everything at once: without BEGIN, what one Sync ends is one transaction.

        postgresql.org/docs/current/protocol-flow.html, 54.2.4, Pipelining.
        """
        dialect = self._engine.dialect
        answering: list[_Cursor] = []
        async with connection.pipeline():
            for execution in executions:
                sql, rows = execution.sql(dialect), execution.parameters(dialect)
                if not execution.answers:
                    await connection.cursor().executemany(sql, rows)
                    continue
                answering += [await connection.cursor().execute(sql, row) for row in rows]
        return [found[0] for cursor in answering for found in await cursor.fetchall()]
