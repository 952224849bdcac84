"""One ledger, two databases: SQLite in a file, PostgreSQL in production.

Statements run synchronously, on activity threads: the ledger's transactions are short, and one
thread hop per transaction beats one per statement.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError

from postroad.ledger.postgres_writer import PostgresWriter
from postroad.ledger.sqlite_writer import SqliteWriter
from postroad.ledger.writer import Writer

_BUSY_SECONDS = 60
_SQLITE_AWAY = ("locked", "busy", "disk I/O")


class Ledger:
    """Opens read and write transactions on one database."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        """Prepare the engine; nothing is connected until the first transaction.

        Args:
            url: an SQLAlchemy URL, `sqlite:///file` or `postgresql+psycopg://…`.
            pool_size: connections kept open.
        """
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(url, pool_size=pool_size, is_sqlite=self.is_sqlite)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that sees one state of the ledger and writes nothing."""
        with self.engine.connect() as connection:
            # PostgreSQL otherwise shows every statement a newer state.
            options = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
            with connection.execution_options(**options).begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that commits durably at the end, or rolls back on an exception."""
        with self.engine.connect() as connection:
            # Taking the write lock first avoids SQLITE_BUSY in the middle of a transaction.
            options = {"postroad_begin": "BEGIN IMMEDIATE"} if self.is_sqlite else {}
            with connection.execution_options(**options).begin():
                yield connection

    def writer(self) -> Writer:
        """Return a way to write prepared statements over a connection that is kept."""
        return SqliteWriter(self.engine) if self.is_sqlite else PostgresWriter(self.engine)

    def is_away(self, error: DBAPIError) -> bool:
        """Whether an error means that the database cannot be reached now, and will be again."""
        return not self.is_sqlite or any(word in str(error.orig) for word in _SQLITE_AWAY)

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _engine(url: str, *, pool_size: int, is_sqlite: bool) -> Engine:
    options: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 20, "pool_timeout": 120}
    if is_sqlite:
        options["connect_args"] = {"timeout": _BUSY_SECONDS, "check_same_thread": False}
    else:
        options["pool_pre_ping"] = True
    engine = create_engine(url, **options)
    if is_sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401
    # The driver must not open transactions by itself: `_begin_sqlite` chooses their kind.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("postroad_begin", "BEGIN")
    connection.exec_driver_sql(str(begin))
