"""Whether the console answers, for whoever supervises it."""

from sqlalchemy import Connection, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from console.installation import installation_of


def routes() -> list[BaseRoute]:
    """Return `/health/live` (the process answers) and `/health/ready` (the ledger does too)."""
    return [Route("/health/live", _live), Route("/health/ready", _ready)]


async def _live(_request: Request) -> Response:
    return PlainTextResponse("ok\n")


async def _ready(request: Request) -> Response:
    try:
        await installation_of(request).read(_ask)
    except SQLAlchemyError:
        return PlainTextResponse("the ledger does not answer\n", 503)
    return PlainTextResponse("ok\n")


def _ask(connection: Connection) -> None:
    connection.execute(select(1))
