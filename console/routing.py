"""Routes behind the sign-in: pages that show, and actions that change and are recorded."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from temporalio.service import RPCError

from console import csrf, notices
from console.access import Permission, Viewer, viewer_of
from console.auditing import audited
from console.cookies import SESSION
from console.forms import local
from console.installation import installation_of
from operations.clock import now
from operations.failures import SAID_IN_A_SENTENCE, sentence_of
from postroad.ledger.console_sessions import find_session

_LONGEST_SUBJECT = 400
"""An address and more."""

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did."""

    words: str
    """For whoever did it, and for the audit log."""
    subject: str
    """What was changed."""
    to: str
    """The page that shows it."""


Action = Callable[[Request], Awaitable[Done]]
Again = Callable[[Request, str], Awaitable[Response]]
"""Shows a form again with all that was typed, and why it was refused."""


class Page(Route):
    """A page that people with a permission may see."""

    def __init__(
        self, path: str, endpoint: Endpoint, permission: Permission = Permission.LOOK
    ) -> None:
        """Put the endpoint behind the sign-in.

        Args:
            path: as Starlette writes it.
            endpoint: answers GET.
            permission: what the viewer needs.
        """
        super().__init__(path, _guarded(endpoint, permission), methods=["GET"])
        self.permission = permission


class Change(Route):
    """An action that people with a permission may take; each one is in the audit log."""

    def __init__(
        self,
        path: str,
        name: str,
        action: Action,
        permission: Permission,
        *,
        subject: str = "",
        again: Again | None = None,
    ) -> None:
        """Put the action behind the sign-in and the check of its form.

        Args:
            path: as Starlette writes it.
            name: what the audit log calls it.
            action: answers POST; what it refuses is told to the viewer.
            permission: what the viewer needs.
            subject: the form's field that names what is to be changed, where the path does not.
            again: answers what is refused, where more was typed than is typed twice; else the
                page whose form was sent shows why.
        """
        endpoint = _guarded(_recorded(name, action, subject, again), permission)
        super().__init__(path, endpoint, name=name, methods=["POST"])
        self.permission = permission


class Trial(Route):
    """A form that changes nothing: its page shows what would come of what was typed."""

    def __init__(self, path: str, endpoint: Endpoint, permission: Permission) -> None:
        """Put the endpoint behind the sign-in and the check of its form.

        Args:
            path: as Starlette writes it.
            endpoint: answers POST.
            permission: what the viewer needs.
        """
        super().__init__(path, _guarded(_from_us(endpoint), permission), methods=["POST"])
        self.permission = permission


async def find_viewer(request: Request) -> Viewer | None:
    """Return who is signed in."""
    token = request.cookies.get(SESSION)
    if not token:
        return None
    found = await installation_of(request).read(find_session, token, now())
    if found is None:
        return None
    return Viewer(found.email, found.role, csrf.token_for(token))


def local_path(request: Request) -> str:
    """Return a request's path and query."""
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def _page_before(request: Request) -> str:
    """Return the page whose form was sent, so that a refusal is shown there."""
    before = urlsplit(request.headers.get("referer", ""))
    if before.netloc != request.url.netloc:
        return "/"
    return local(f"{before.path}{'?' if before.query else ''}{before.query}")


def _guarded(endpoint: Endpoint, permission: Permission) -> Endpoint:
    async def guarded(request: Request) -> Response:
        viewer = await find_viewer(request)
        if viewer is None:
            if request.method == "GET":
                return RedirectResponse(f"/sign-in?{urlencode({'next': local_path(request)})}", 303)
            raise HTTPException(401, "You are not signed in any more.")
        request.state.viewer = viewer
        if not viewer.may(permission):
            raise HTTPException(403, f"As {viewer.role} you may not {permission} here.")
        return await endpoint(request)

    return guarded


def _from_us(endpoint: Endpoint) -> Endpoint:
    async def checked(request: Request) -> Response:
        if not csrf.is_from_us(request, await request.form(), request.cookies[SESSION]):
            raise HTTPException(403, "This form is too old: load the page again.")
        return await endpoint(request)

    return checked


def _recorded(name: str, action: Action, field: str, again: Again | None) -> Endpoint:
    async def recorded(request: Request) -> Response:
        viewer, form = viewer_of(request), await request.form()
        try:
            async with audited(
                installation_of(request),
                by=viewer.email,
                action=name,
                subject=_named(request, form, field),
            ) as change:
                done = await action(request)
                change.subject, change.words = done.subject, done.words
        except (*SAID_IN_A_SENTENCE, RPCError) as refusal:
            if again is not None:
                return await again(request, sentence_of(refusal))
            response = RedirectResponse(_page_before(request), 303)
            notice = notices.Notice(sentence_of(refusal), is_refusal=True)
            notices.leave(request, response, notice)
            return response
        response = RedirectResponse(done.to, 303)
        notices.leave(request, response, notices.Notice(done.words))
        return response

    return _from_us(recorded)


def _named(request: Request, form: FormData, field: str) -> str:
    """Return what is to be changed, as it was asked for."""
    named = form.getlist(field) if field else request.path_params.values()
    return ", ".join(str(one) for one in named).replace("\x00", "")[:_LONGEST_SUBJECT]
