"""Templates: the text of every step in its versions, and how each one did."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import viewer_of
from console.forms import text
from console.installation import installation_of
from console.rendering import render
from console.routing import Page
from postroad.ledger.pages.campaigns import list_campaigns
from postroad.ledger.pages.library import library_results
from postroad.ledger.pages.texts import text_versions

_MOST_CAMPAIGNS = 100


def routes() -> list[BaseRoute]:
    """Return the page."""
    return [Page("/texts", _texts)]


async def _texts(request: Request) -> Response:
    """Show one campaign's texts: the one that was asked for, else the latest."""
    viewer, installation = viewer_of(request), installation_of(request)
    campaigns = await installation.read(
        list_campaigns, sender=viewer.sender, state="", after="", at_most=_MOST_CAMPAIGNS
    )
    names = [campaign.id for campaign in campaigns]
    asked = text(request.query_params, "campaign")
    chosen = asked if asked in names else next(iter(names), "")
    versions = await installation.read(text_versions, chosen, viewer.sender) if chosen else []
    origins = {text.template.origin.name for text in versions if text.template.origin is not None}
    library = {
        (name, result.version): result
        for name in origins
        for result in await installation.read(library_results, name, viewer.sender)
    }
    return render(
        request,
        "texts.html",
        campaigns=campaigns,
        chosen=chosen,
        versions=versions,
        library=library,
    )
