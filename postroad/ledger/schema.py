"""The ledger's schema and its migrations, which are shipped beside this file."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from postroad.ledger.engine import Ledger

_MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x706F7374
"""Key of the advisory lock under which PostgreSQL is migrated."""


class SchemaMismatch(Exception):
    """The ledger's schema is not the one this version works with; the message says what to do."""


def migrate(ledger: Ledger) -> None:
    """Bring the ledger's schema up to date; safe to call from several processes at once.

    Raises:
        SchemaMismatch: the ledger was migrated by a newer version of Postroad.
    """
    if ledger.is_sqlite and ledger.url.database:
        Path(ledger.url.database).parent.mkdir(parents=True, exist_ok=True)
    with ledger.write() as connection:
        if not ledger.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ONE_AT_A_TIME})
        revision = _revision_of(connection)
        if revision == newest_revision():
            return
        _refuse_unknown(revision)
        command.upgrade(_config(connection), "head")


def current_revision(ledger: Ledger) -> str | None:
    """Return the revision of the ledger's schema; None where nothing was ever migrated."""
    with ledger.read() as connection:
        return _revision_of(connection)


def newest_revision() -> str:
    """Return the revision that this version of Postroad works with."""
    head = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if head is None:
        raise RuntimeError(f"no migrations in {_MIGRATIONS}")
    return head


def is_current(ledger: Ledger) -> bool:
    """Whether the ledger's schema is the one this version works with."""
    return current_revision(ledger) == newest_revision()


def _revision_of(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(revision: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(_MIGRATIONS)).walk_revisions()}
    if revision is not None and revision not in known:
        raise SchemaMismatch(
            f"the ledger is at revision {revision}, which this version of Postroad does not know: "
            "install the version that migrated it, or a newer one"
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
