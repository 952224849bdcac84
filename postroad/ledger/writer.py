"""Short durable transactions of prepared statements, over a connection that is kept.

Fetching a connection from a pool, and asking it whether it is alive, would be a good part of what
such a transaction costs.
"""

from collections.abc import Sequence
from typing import Any, Protocol

from postroad.ledger.prepared import Execution


class Writer(Protocol):
    """Commits prepared statements, one transaction at a time; lives in one event loop."""

    async def commit(self, executions: Sequence[Execution]) -> list[Any]:
        """Run statements in one durable transaction, all of them or none.

        After an exception the next transaction connects anew.

        Returns:
            The first column of whatever the statements returned.

        Raises:
            OperationalError: the database could not do it, or cannot be reached.
        """
        ...

    async def aclose(self) -> None:
        """Close the connection."""
        ...
