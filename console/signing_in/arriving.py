"""What every way to sign in ends with: a session, and the page that was asked for."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from console.cookies import SESSION, VISIT, new_token, set_cookie
from console.forms import local
from console.installation import installation_of
from operations.clock import now
from postroad.instants import SECOND
from postroad.ledger.audit import record_change
from postroad.ledger.console_sessions import SESSION_LASTS, open_session
from postroad.ledger.users import Role


async def arrive(request: Request, email: str, role: Role, way: str, target: str) -> Response:
    """Open a session for somebody who showed who they are."""
    installation = installation_of(request)
    token = new_token()
    await installation.write(_sign_in, token, email, role, way, now())
    response = RedirectResponse(local(target), 303)
    set_cookie(request, response, SESSION, token, seconds=SESSION_LASTS // SECOND)
    response.delete_cookie(VISIT)
    return response


def _sign_in(
    connection: Connection, token: str, email: str, role: Role, way: str, present: int
) -> None:
    open_session(connection, token, email, role, present)
    detail = f"as {role}, by {way}"
    record_change(connection, by=email, action="sign in", subject=email, detail=detail, now=present)
