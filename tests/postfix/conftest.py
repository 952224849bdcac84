"""One Postfix for all tests that need one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroad.sandbox.certificates import Authority
from tests.postfix.server import REQUIRED, Postfix, missing

_AUTHORITY = Authority()


@pytest.fixture(scope="session")
def postfix() -> Iterator[Postfix]:
    """A running server that knows Ana's password."""
    lacking = missing()
    if lacking and os.environ.get(REQUIRED):
        pytest.fail(f"{lacking}, and {REQUIRED} is set")
    if lacking:
        pytest.skip(lacking)
    server = Postfix({"ana": "hers"}, _AUTHORITY)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def ca_file(tmp_path: Path) -> Path:
    """Whom to trust."""
    path = tmp_path / "ca.pem"
    path.write_bytes(_AUTHORITY.pem)
    return path
