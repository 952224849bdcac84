"""What every page needs: the ledger, the settings, the secret key, Temporal once asked for."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import HTTPConnection
from temporalio.client import Client

from operations.temporal import connect, web_ui
from postroad.ledger.engine import Ledger
from postroad.secrets import SecretBox
from postroad.settings import Settings

_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


@dataclass(slots=True)
class Installation:
    """One organisation's Postroad, as the console sees it."""

    settings: Settings
    ledger: Ledger
    secrets: SecretBox
    _client: Client | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def read(
        self,
        query: Callable[Concatenate[Connection, _Arguments], _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Run a query in a transaction of its own, on a thread."""

        def run() -> _Result:
            with self.ledger.read() as connection:
                return query(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def write(
        self,
        change: Callable[Concatenate[Connection, _Arguments], _Result],
        *args: _Arguments.args,
        **kwargs: _Arguments.kwargs,
    ) -> _Result:
        """Run a change in a transaction of its own, on a thread."""

        def run() -> _Result:
            with self.ledger.write() as connection:
                return change(connection, *args, **kwargs)

        return await asyncio.to_thread(run)

    async def temporal(self) -> Client:
        """Return a client for Temporal; it is connected when it is first needed.

        Raises:
            Refused: no server answers; the next call tries again.
        """
        async with self._connecting:
            if self._client is None:
                self._client = await connect(self.settings)
            return self._client

    def workflow_page(self, workflow_id: str) -> str | None:
        """Return where Temporal's web UI shows a workflow; None where that is not known."""
        page = web_ui(self.settings)
        if not page:
            return None
        namespace = quote(self.settings.temporal.namespace, safe="")
        path = f"namespaces/{namespace}/workflows/{quote(workflow_id, safe='')}"
        return f"{page.rstrip('/')}/{path}"


def installation_of(connection: HTTPConnection) -> Installation:
    """Return the installation that serves a request."""
    installation: Installation = connection.app.state.installation
    return installation
