"""The audit log: who changed what, and when."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission
from console.forms import place
from console.installation import installation_of
from console.rendering import render
from console.routing import Page
from postroad.ledger.audit import list_changes

_ON_A_PAGE = 100


def routes() -> list[BaseRoute]:
    """Return the page."""
    return [Page("/audit", _audit, Permission.ADMINISTER)]


async def _audit(request: Request) -> Response:
    changes = await installation_of(request).read(
        list_changes, before=place(request, "before"), at_most=_ON_A_PAGE + 1
    )
    shown = changes[:_ON_A_PAGE]
    following = f"/audit?before={shown[-1].id}" if len(changes) > _ON_A_PAGE else None
    return render(request, "audit.html", changes=shown, following=following)
