"""Signing in with a password or a one-time link, and signing out."""

import asyncio

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from console import csrf
from console.cookies import SESSION, VISIT, new_token, set_cookie
from console.forms import local, text
from console.installation import installation_of
from console.rendering import render
from console.signing_in.arriving import arrive
from operations.clock import now
from operations.one_time_link import LOCAL_ADMIN, spend_link
from operations.passwords import is_password
from postroad.ledger.console_sessions import close_session, count_attempt, forget_attempts
from postroad.ledger.users import Role, credentials, has_users

_LONGEST_ADDRESS = 320
"""Whatever else is typed is not kept when attempts are counted."""


def routes() -> list[BaseRoute]:
    """Return the door's routes."""
    return [
        Route("/sign-in", _show, methods=["GET"]),
        Route("/sign-in", _sign_in, methods=["POST"]),
        Route("/sign-in/once", _show_link, methods=["GET"]),
        Route("/sign-in/once", _follow_link, methods=["POST"]),
        Route("/sign-out", _sign_out, methods=["POST"]),
    ]


async def _show(request: Request) -> Response:
    return await _page(request, target=request.query_params.get("next", "/"))


async def _sign_in(request: Request) -> Response:
    form = await _form(request)
    email = text(form, "email").lower()[:_LONGEST_ADDRESS]
    target = text(form, "next")
    installation = installation_of(request)
    address = request.client.host if request.client else ""
    if not await installation.write(count_attempt, email, address, now()):
        words = "There were too many attempts to sign in. Wait a quarter of an hour."
        return await _page(request, target=target, email=email, words=words, status=429)
    kept = await installation.read(credentials, email)
    password_hash = None if kept is None else kept[0]
    if not await asyncio.to_thread(is_password, _password(form), password_hash) or kept is None:
        words = "This address and this password do not belong together."
        return await _page(request, target=target, email=email, words=words, status=403)
    await installation.write(forget_attempts, email)
    return await arrive(request, email, kept[1], "password", target)


async def _page(
    request: Request, *, target: str, email: str = "", words: str = "", status: int = 200
) -> Response:
    """Show the form, with a token that belongs to this browser."""
    installation = installation_of(request)
    visit = request.cookies.get(VISIT) or new_token()
    response = render(
        request,
        "sign_in.html",
        status=status,
        target=local(target),
        email=email,
        words=words,
        csrf_token=csrf.token_for(visit),
        has_users=await installation.read(has_users),
        has_accounts=bool(installation.settings.console.oidc.issuer),
    )
    set_cookie(request, response, VISIT, visit, same_site="strict")
    return response


async def _show_link(request: Request) -> Response:
    """Ask for a click, so that a browser that only looks ahead does not spend the link."""
    visit = request.cookies.get(VISIT) or new_token()
    token = request.query_params.get("token", "")
    response = render(request, "once.html", token=token, csrf_token=csrf.token_for(visit))
    set_cookie(request, response, VISIT, visit, same_site="strict")
    return response


async def _follow_link(request: Request) -> Response:
    form = await _form(request)
    data_dir = installation_of(request).settings.data_dir
    if not await asyncio.to_thread(spend_link, data_dir, text(form, "token")):
        raise HTTPException(403, "This link was used before: `postroad user link` prints another.")
    return await arrive(request, LOCAL_ADMIN, Role.ADMIN, "one-time link", "/")


async def _sign_out(request: Request) -> Response:
    token = request.cookies.get(SESSION, "")
    if not csrf.is_from_us(request, await request.form(), token):
        raise HTTPException(403, "This form is too old: load the page again.")
    await installation_of(request).write(close_session, token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION)
    return response


async def _form(request: Request) -> FormData:
    """Return a form that was sent from one of the door's pages."""
    form = await request.form()
    visit = request.cookies.get(VISIT)
    if not visit or not csrf.is_from_us(request, form, visit):
        raise HTTPException(403, "This form is too old: go back, and load the page again.")
    return form


def _password(form: FormData) -> str:
    """Return the password as it was typed, with its spaces."""
    value = form.get("password", "")
    return value if isinstance(value, str) else ""
