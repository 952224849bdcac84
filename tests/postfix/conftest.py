"""One Postfix, and one Dovecot, for all tests that need them."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from postroad.sandbox.certificates import Authority
from tests.postfix.imap_box import ImapBox
from tests.postfix.server import REQUIRED, Postfix, missing

_AUTHORITY = Authority()
_numbers = itertools.count(1)


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


@pytest.fixture(scope="session")
def ca_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whom to trust."""
    path = tmp_path_factory.mktemp("authority") / "ca.pem"
    path.write_bytes(_AUTHORITY.pem)
    return path


@pytest.fixture
def box(postfix: Postfix, ca_file: Path) -> ImapBox:
    """An empty mailbox of one's own, for what comes to `box<number>@notices.test`."""
    name = f"box{next(_numbers)}"
    postfix.deliver_to(name)
    return ImapBox(postfix, name, ca_file)
