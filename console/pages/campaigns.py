"""Campaigns: the list, and each one with its steps and people, to be steered."""

import asyncio
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from console.access import Permission, viewer_of
from console.forms import text
from console.funnel import funnel
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
from postroad.ledger.overview import Wait
from postroad.ledger.pages.campaign_people import (
    LONGEST_SEARCH,
    PAUSED,
    PeopleFound,
    Wanted,
    find_people,
)
from postroad.ledger.pages.campaigns import CampaignPage, campaign_page, list_campaigns
from postroad.ledger.pages.waits import waits

_ON_A_PAGE = 50
_MOST_SENDERS = 10
"""Senders that are named above the people; of more, only the filter names each."""
_FILTERS = ("search", "state", "step", "sender")
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
    query = request.query_params
    asked = {name: text(query, name) for name in _FILTERS}
    chosen = {name: value for name, value in asked.items() if value}
    # Each reads much of a large campaign: side by side they are done sooner.
    (page, waiting), found = await asyncio.gather(_present(request), _people(request, asked))
    shown = found.people[:_ON_A_PAGE]
    following = None
    if len(found.people) > _ON_A_PAGE:
        following = _people_at(page, chosen | {"after": shown[-1].address})
    return render(
        request,
        "campaign.html",
        page=page,
        chart=funnel(page),
        waits=waiting,
        people=shown,
        number=found.number,
        problem=_problem(asked),
        asked=asked,
        chosen=chosen,
        states=[*EnrollmentState, PAUSED],
        longest_search=LONGEST_SEARCH,
        most_senders=_MOST_SENDERS,
        first=_people_at(page, chosen) if "after" in query else None,
        following=following,
        workflow=installation_of(request).workflow_page(campaign_workflow_id(page.row.id)),
    )


async def _renewed(request: Request) -> Response:
    page, waiting = await _present(request)
    return render(request, "campaign_now.html", page=page, chart=funnel(page), waits=waiting)


async def _present(request: Request) -> tuple[CampaignPage, list[Wait]]:
    """Return how a campaign stands, and what it waits for."""
    campaign, sender = request.path_params["campaign"], viewer_of(request).sender
    installation = installation_of(request)
    page, waiting = await asyncio.gather(
        installation.read(campaign_page, campaign, sender),
        installation.read(waits, now(), sender=sender, campaign=campaign),
    )
    if page is None:
        raise HTTPException(404)
    return page, waiting


async def _people(request: Request, asked: Mapping[str, str]) -> PeopleFound:
    """Find the viewer's people who are asked for; a rep's are their own, whatever is asked."""
    if _problem(asked):
        return PeopleFound(people=[], number=0)
    only = viewer_of(request).sender
    return await installation_of(request).read(
        find_people,
        request.path_params["campaign"],
        Wanted(state=asked["state"], step=asked["step"], search=asked["search"]),
        sender=only if only is not None else asked["sender"] or None,
        after=text(request.query_params, "after"),
        at_most=_ON_A_PAGE + 1,
    )


def _people_at(page: CampaignPage, query: dict[str, str]) -> str:
    """Return the address of a campaign's people who are asked for."""
    return f"/campaigns/{quote(page.row.id, safe='')}?{urlencode(query)}#people"


def _problem(asked: Mapping[str, str]) -> str | None:
    """Return why nobody is looked for; None where somebody can be."""
    if len(asked["search"]) > LONGEST_SEARCH:
        return f"Search for {LONGEST_SEARCH} characters at most: no address is longer."
    return None


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
