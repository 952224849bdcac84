"""The shared library: its templates and snippets, each in its versions, and how they did."""

from typing import get_args

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import viewer_of
from console.installation import installation_of
from console.rendering import render
from console.routing import Page
from postroad.campaign.template import LibraryKind
from postroad.ledger.library import library_versions, list_library
from postroad.ledger.pages.library import library_results


def routes() -> list[BaseRoute]:
    """Return the list, and one text of it."""
    return [Page("/library", _list), Page("/library/{kind}/{name}", _text)]


async def _list(request: Request) -> Response:
    return render(request, "library.html", texts=await installation_of(request).read(list_library))


async def _text(request: Request) -> Response:
    """Show every version of a text; a rep sees how it did with their own people."""
    kind, name = request.path_params["kind"], request.path_params["name"]
    if kind not in get_args(LibraryKind):
        raise HTTPException(404)
    installation, sender = installation_of(request), viewer_of(request).sender
    versions = await installation.read(library_versions, kind, name)
    if not versions:
        raise HTTPException(404)
    results = await installation.read(library_results, name, sender) if kind == "template" else []
    return render(
        request,
        "library_text.html",
        latest=versions[0],
        versions=versions,
        results={result.version: result for result in results},
        most=max((result.replied.high for result in results), default=0.0),
    )
