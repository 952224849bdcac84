"""Short durable transactions of prepared statements, over a connection that is kept.

On PostgreSQL a whole transaction, its commit included, is one round trip; on SQLite it is one
write of the log. Fetching a connection from a pool, and asking it whether it is alive, would be a
good part of what such a transaction costs.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Engine, PoolProxiedConnection
from sqlalchemy.exc import OperationalError

from postroad.ledger.prepared import Wire


class Writer:
    """Writes for a single thread that writes again and again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: PoolProxiedConnection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Wire]:
        """Commit prepared statements durably at the end, all of them or none.

        After an exception the next transaction connects anew.

        Raises:
            OperationalError: the database could not do it, or cannot be reached.
        """
        dbapi = self._engine.dialect.loaded_dbapi
        try:
            if self._connection is None:
                self._connection = self._engine.raw_connection()
            driver = self._connection.driver_connection
            with _one_trip(driver) if isinstance(driver, psycopg.Connection) else _locked(driver):
                yield Wire(driver, self._engine.dialect)
        except (dbapi.OperationalError, dbapi.InterfaceError) as error:
            self.close()
            raise OperationalError(None, None, error) from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()


@contextmanager
def _one_trip(driver: psycopg.Connection[Any]) -> Iterator[None]:
    """Send everything at once: without BEGIN, what one Sync ends is one transaction.

    postgresql.org/docs/current/protocol-flow.html, 54.2.4, Pipelining.
    """
    driver.autocommit = True
    with driver.pipeline():
        yield


@contextmanager
def _locked(driver: Any) -> Iterator[None]:  # noqa: ANN401
    """Take the write lock first, so that nothing is refused as busy in the middle."""
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        driver.rollback()
        raise
