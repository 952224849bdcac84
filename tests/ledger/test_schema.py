"""The migrations make the schema that the tables describe, on both databases."""

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from postroad.ledger.engine import Ledger
from postroad.ledger.schema import (
    SchemaMismatch,
    current_revision,
    is_current,
    migrate,
    newest_revision,
)
from postroad.ledger.tables import Base


def test_migrations_and_tables_agree(ledger: Ledger) -> None:
    with ledger.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrations_and_tables_agree_on_which_rows_an_index_holds(
    unmigrated_ledger: Ledger,
) -> None:
    # Alembic does not compare the conditions of indexes.
    with unmigrated_ledger.write() as connection:
        Base.metadata.create_all(connection)
    described = _partial_indexes(unmigrated_ledger)
    with unmigrated_ledger.write() as connection:
        Base.metadata.drop_all(connection)
    migrate(unmigrated_ledger)
    assert len(described) >= 6
    assert _partial_indexes(unmigrated_ledger) == described


def test_an_empty_database_has_no_revision(unmigrated_ledger: Ledger) -> None:
    assert current_revision(unmigrated_ledger) is None
    assert not is_current(unmigrated_ledger)


def test_migrating_makes_the_ledger_current(unmigrated_ledger: Ledger) -> None:
    migrate(unmigrated_ledger)
    assert current_revision(unmigrated_ledger) == newest_revision()
    assert is_current(unmigrated_ledger)


def test_migrating_again_changes_nothing(ledger: Ledger) -> None:
    before = _tables(ledger)
    migrate(ledger)
    assert _tables(ledger) == before


def test_two_processes_may_migrate_at_once(unmigrated_ledger: Ledger) -> None:
    errors: list[Exception] = []

    def run() -> None:
        try:
            migrate(unmigrated_ledger)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test must see it
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert is_current(unmigrated_ledger)


def test_a_failed_migration_leaves_nothing_behind(unmigrated_ledger: Ledger) -> None:
    with unmigrated_ledger.write() as connection:
        connection.execute(text("CREATE TABLE message (id INTEGER)"))  # in the migration's way
    with pytest.raises(Exception, match="message"):
        migrate(unmigrated_ledger)
    assert _tables(unmigrated_ledger) == ["message"]


def test_a_ledger_of_a_newer_version_is_refused(ledger: Ledger) -> None:
    with ledger.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaMismatch, match=r"revision 9999.*newer"):
        migrate(ledger)
    assert not is_current(ledger)


def _tables(ledger: Ledger) -> list[str]:
    return sorted(inspect(ledger.engine).get_table_names())


def _partial_indexes(ledger: Ledger) -> dict[str, str]:
    query = (
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
        if ledger.is_sqlite
        else "SELECT indexname, indexdef FROM pg_indexes WHERE indexdef LIKE '%WHERE%'"
    )
    with ledger.read() as connection:
        return {name: " ".join(sql.split()) for name, sql in connection.execute(text(query))}
