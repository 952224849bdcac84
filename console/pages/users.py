"""Who may sign in with a password."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.opening import normalised
from operations.passwords import SHORTEST, hash_password
from operations.refusal import Refused
from postroad.ledger.users import Role, add_user, change_user, list_users, remove_user


def routes() -> list[BaseRoute]:
    """Return the list and its changes."""
    administer = Permission.ADMINISTER
    return [
        Page("/users", _list, administer),
        Change("/users/add", "add user", _add, administer, subject="email"),
        Change("/users/role", "change role", _change, administer, subject="email"),
        Change("/users/remove", "remove user", _remove, administer, subject="email"),
    ]


async def _list(request: Request) -> Response:
    users = await installation_of(request).read(list_users)
    return render(request, "users.html", users=users, roles=list(Role), shortest=SHORTEST)


async def _add(request: Request) -> Done:
    form = await request.form()
    email, role = normalised(text(form, "email")), _role(text(form, "role"))
    password = form.get("password")
    password_hash = await asyncio.to_thread(
        hash_password, password if isinstance(password, str) else ""
    )
    if not await installation_of(request).write(add_user, email, role, password_hash, now()):
        raise Refused(f"{email} can sign in already")
    return Done(f"{email} may sign in as {role}", email, "/users")


async def _change(request: Request) -> Done:
    form = await request.form()
    email, role = _other(request, text(form, "email")), _role(text(form, "role"))
    if not await installation_of(request).write(change_user, email, role=role):
        raise Refused(f"{email} has no password here")
    return Done(f"{email} is {role} now", email, "/users")


async def _remove(request: Request) -> Done:
    email = _other(request, text(await request.form(), "email"))
    if not await installation_of(request).write(remove_user, email):
        raise Refused(f"{email} has no password here")
    return Done(f"{email} may sign in no more", email, "/users")


def _other(request: Request, email: str) -> str:
    """Return somebody else's address: nobody locks themselves out."""
    address = normalised(email)
    if address == viewer_of(request).email:
        raise Refused("another admin has to change your own account")
    return address


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError:
        raise Refused(f"{text!r} is no role; they are {', '.join(Role)}") from None
