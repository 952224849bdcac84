"""Fixtures that every area's tests share: a ledger, on both databases."""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from postroad.ledger.engine import Ledger
from postroad.ledger.schema import migrate
from tests.postgres import PostgresServer

# Machines are shared and noisy: an example that takes long is no failure.
settings.register_profile("postroad", deadline=None, max_examples=60)
settings.load_profile("postroad")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL server."""
    server = PostgresServer()
    server.start()
    yield server
    server.delete()


@pytest.fixture(scope="session")
def _postgres_template(postgres: PostgresServer) -> str:
    """The name of a migrated, empty database."""
    name = "template_ledger"
    postgres.create(name)
    _migrate(postgres.url(name))
    return name


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a migrated, empty database."""
    path = tmp_path_factory.mktemp("template") / "ledger.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty ledger; the test runs once on each database."""
    if request.param == "sqlite":
        path = tmp_path / "ledger.db"
        shutil.copyfile(request.getfixturevalue("_sqlite_template"), path)
        yield f"sqlite:///{path}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name = f"ledger_{next(_numbers)}"
        server.create(name, template=request.getfixturevalue("_postgres_template"))
        yield server.url(name)
        server.drop(name)


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """A migrated, empty ledger; the test runs once on each database."""
    opened = Ledger(ledger_url)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def unmigrated_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger without any table; the test runs once on each database."""
    if request.param == "sqlite":
        opened = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
        yield opened
        opened.close()
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name = f"unmigrated_{next(_numbers)}"
        server.create(name)
        opened = Ledger(server.url(name))
        yield opened
        opened.close()
        server.drop(name)


def _migrate(url: str) -> None:
    ledger = Ledger(url)
    migrate(ledger)
    ledger.close()
