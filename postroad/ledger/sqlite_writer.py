"""Short durable transactions on SQLite: one write of the log each, on a thread of their own."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import OperationalError

from postroad.ledger.prepared import Execution


class SqliteWriter:
    """See postroad.ledger.writer.Writer."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger-writer")
        self._connection: PoolProxiedConnection | None = None

    async def commit(self, executions: Sequence[Execution]) -> list[Any]:
        """Run statements in one durable transaction; return what they returned."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._commit, executions)

    async def aclose(self) -> None:
        """Close the connection."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    def _commit(self, executions: Sequence[Execution]) -> list[Any]:
        dbapi = self._engine.dialect.loaded_dbapi
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            with _locked(self._connection.driver_connection) as driver:
                return [row for each in executions for row in self._run(driver, each)]
        except (dbapi.OperationalError, dbapi.InterfaceError) as error:
            self._close()
            raise OperationalError(None, None, error) from error
        except BaseException:
            self._close()
            raise

    def _run(self, driver: Any, execution: Execution) -> list[Any]:  # noqa: ANN401
        dialect = self._engine.dialect
        sql, rows = execution.sql(dialect), execution.parameters(dialect)
        if not execution.answers:
            driver.executemany(sql, rows)
            return []
        # SQLite would prepare a statement again whose last answer is still unread.
        return [found[0] for row in rows for found in driver.execute(sql, row).fetchall()]

    def _close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()


@contextmanager
def _locked(driver: Any) -> Iterator[Any]:  # noqa: ANN401
    """Take the write lock first, so that nothing is refused as busy in the middle."""
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield driver
        driver.execute("COMMIT")
    except BaseException:
        driver.rollback()
        raise
