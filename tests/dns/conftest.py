"""A zone of each test's own."""

from collections.abc import Iterator

import pytest

from tests.dns.zone import Zone, served_zone


@pytest.fixture
def zone() -> Iterator[Zone]:
    """An empty zone that is served on loopback."""
    with served_zone() as zone:
        yield zone
