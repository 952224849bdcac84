"""Campaigns: the list, and each one with its steps and people, to be steered."""

from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.installation import installation_of
from console.rendering import render
from console.routing import Change, Done, Page
from operations.clock import now
from operations.updates import ask_campaign
from postroad.contracts import (
    CampaignProgress,
    CampaignState,
    EnrollmentState,
    Steering,
    campaign_workflow_id,
)
from postroad.ledger.pages.campaigns import campaign_page, list_campaigns
from postroad.ledger.pages.people import list_people
from postroad.ledger.pages.waits import waits

_ON_A_PAGE = 50
_STEERING = ("pause", "resume", "cancel")


def routes() -> list[BaseRoute]:
    """Return the list, a campaign, the part of it that is renewed, and its steering."""
    return [
        Page("/campaigns", _list),
        Page("/campaigns/{campaign}", _campaign),
        Page("/campaigns/{campaign}/now", _renewed),
        *(
            Change(
                f"/campaigns/{{campaign}}/{update}", f"{update} campaign", _steer, Permission.STEER
            )
            for update in _STEERING
        ),
    ]


async def _list(request: Request) -> Response:
    state = text(request.query_params, "state")
    rows = await installation_of(request).read(
        list_campaigns,
        sender=viewer_of(request).sender,
        state=state,
        after=text(request.query_params, "after"),
        at_most=_ON_A_PAGE + 1,
    )
    shown = rows[:_ON_A_PAGE]
    following = None
    if len(rows) > _ON_A_PAGE:
        following = f"/campaigns?{urlencode({'state': state, 'after': shown[-1].id})}"
    return render(
        request,
        "campaigns.html",
        campaigns=shown,
        states=list(CampaignState),
        state=state,
        following=following,
    )


async def _campaign(request: Request) -> Response:
    """Show a campaign with a page of its people."""
    viewer, installation = viewer_of(request), installation_of(request)
    campaign, query = request.path_params["campaign"], request.query_params
    wanted = {"state": text(query, "state"), "search": text(query, "search")}
    people = await installation.read(
        list_people,
        campaign,
        sender=viewer.sender,
        after=text(query, "after"),
        at_most=_ON_A_PAGE + 1,
        **wanted,
    )
    shown = people[:_ON_A_PAGE]
    here = f"/campaigns/{quote(campaign, safe='')}"
    following = None
    if len(people) > _ON_A_PAGE:
        following = f"{here}?{urlencode(wanted | {'after': shown[-1].address})}#people"
    return await _show(
        request,
        "campaign.html",
        people=shown,
        states=list(EnrollmentState),
        wanted=wanted,
        first=f"{here}?{urlencode(wanted)}#people" if "after" in query else None,
        following=following,
        workflow=installation.workflow_page(campaign_workflow_id(campaign)),
    )


async def _renewed(request: Request) -> Response:
    return await _show(request, "campaign_now.html")


async def _show(
    request: Request,
    template: str,
    **values: Any,  # noqa: ANN401 - whatever the template shows
) -> Response:
    viewer, installation = viewer_of(request), installation_of(request)
    campaign = request.path_params["campaign"]
    page = await installation.read(campaign_page, campaign, viewer.sender)
    if page is None:
        raise HTTPException(404)
    waiting = await installation.read(waits, now(), sender=viewer.sender, campaign=campaign)
    return render(request, template, page=page, waits=waiting, **values)


async def _steer(request: Request) -> Done:
    """Pause, resume or cancel; which one is the last part of the address."""
    campaign, update = request.path_params["campaign"], request.url.path.rpartition("/")[2]
    reason = text(await request.form(), "reason")
    steering = Steering(by=viewer_of(request).email, reason=reason)
    progress = await ask_campaign(campaign, update, steering, CampaignProgress)
    because = f": {reason}" if reason else ""
    return Done(
        f"{campaign} is {progress.state}{because}",
        campaign,
        f"/campaigns/{quote(campaign, safe='')}",
    )
