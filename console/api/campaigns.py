"""Campaigns: launching, how they stand, steering, reports."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from console.api.calls import Call, Calling
from console.api.endpoints import Look, Steer
from console.api.values import (
    After,
    Answer,
    AtMost,
    Attachments,
    Id,
    IdInPath,
    Line,
    Row,
    Text,
    Why,
    by_name,
)
from operations.channel_warnings import channel_warnings
from operations.clock import now
from operations.definition import Definition
from operations.launching import launch
from operations.opening import unknown_campaign
from operations.told_definition import define_told_campaign
from operations.updates import ask_campaign
from postroad.contracts import CampaignProgress, CampaignState, EnrollmentState, Steering
from postroad.ledger.counts import CampaignReport
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import Wait, campaign_state
from postroad.ledger.pages.campaigns import CampaignRow, campaign_page, list_campaigns
from postroad.ledger.pages.funnel import StepFunnel
from postroad.ledger.pages.waits import waits
from postroad.ledger.reports import campaign_report
from postroad.wording import say_count

MOST_LAUNCHED = 10_000
"""People in one launch; more are added afterwards."""

_LOOKS = 50
_PAUSE_SECONDS = 0.1

look = APIRouter(route_class=Look, tags=["campaigns"])
steer = APIRouter(route_class=Steer, tags=["campaigns"])
ROUTERS = (look, steer)


class Summary(Answer):
    """A campaign in the list."""

    id: str
    name: str
    state: CampaignState
    people: dict[EnrollmentState, int]
    """How many people are in each state: of the token's sender where it is a rep's."""
    started_at: datetime | None
    ended_at: datetime | None


class Summaries(Answer):
    """A part of the list, the latest first."""

    campaigns: list[Summary]
    next: str | None
    """What `after` is for the next part; null at the end."""


class Standing(Summary):
    """How a campaign stands."""

    by: str
    """Who brought it into its state, where somebody did."""
    reason: str
    senders: list[str]
    rejected: int
    steps: list[StepFunnel]
    waits: list[Wait]
    """What it waits for at this moment."""


class Step(BaseModel):
    """A step: also takes `wait`, `window` and whatever else a step has in a campaign file."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    id: Id
    subject: Line | None = None
    text: Text | None = None
    html: Text | None = None
    markdown: Text | None = None
    """In place of text and html, which are made of it."""
    attachments: Attachments = ()
    """An image that the HTML shows by its filename is shown inline."""


class Launch(BaseModel):
    """A campaign: also takes `purpose`, `stop_on` and whatever else a campaign file has."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    id: Id
    """Launching the same id again is refused."""
    name: Text
    senders: Annotated[list[Text], Field(min_length=1)]
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]
    people: Annotated[list[Row], Field(min_length=1, max_length=MOST_LAUNCHED)]
    """As the rows of an audience: `email`, perhaps `sender` and `timezone`, and any fields."""

    def define(self, ledger: Ledger) -> Definition:
        """Build its texts and read its people.

        Raises:
            FileError: something is not as it must be.
        """
        written = self.model_dump(
            exclude={"id": True, "people": True, "steps": {"__all__": {"attachments"}}},
            exclude_unset=True,
        )
        attachments = {step.id: by_name(step.attachments) for step in self.steps}
        return define_told_campaign(ledger, self.id, written, attachments, self.people)


class Launched(Answer):
    """A campaign that was launched."""

    campaign: str
    workflow_id: str
    people: int
    """Read from the request; some may still be rejected when they are enrolled."""
    rejected: int
    warnings: list[str]
    """What is risky about its channels; it is launched all the same."""


class Steered(Answer):
    """The state that a campaign was brought into."""

    campaign: str
    state: CampaignState


async def existing(call: Call, campaign: str) -> None:
    """Make sure that there is a campaign.

    Raises:
        Unknown: there is none.
    """
    if await call.installation.read(campaign_state, campaign) is None:
        raise unknown_campaign(campaign)


@look.get("/campaigns")
async def list_all(
    call: Calling,
    state: Annotated[CampaignState | None, Query()] = None,
    after: After = "",
    limit: AtMost = 100,
) -> Summaries:
    """List campaigns, the latest first."""
    rows = await call.installation.read(
        list_campaigns, sender=call.sender, state=state or "", after=after, at_most=limit + 1
    )
    shown = rows[:limit]
    following = shown[-1].id if len(rows) > limit else None
    return Summaries(campaigns=[Summary(**_summary(row)) for row in shown], next=following)


@steer.post("/campaigns", status_code=201)
async def launch_one(call: Calling, body: Launch) -> Launched:
    """Launch a campaign, once."""
    installation = call.installation
    definition = await asyncio.to_thread(body.define, installation.ledger)
    warnings = await asyncio.to_thread(channel_warnings, installation.ledger, definition)
    client = await installation.temporal()
    queue = installation.settings.temporal.task_queue
    async with call.change("launch campaign", body.id) as change:
        launched = await launch(client, installation.ledger, queue, definition)
        people = say_count(launched.people, "person", "people")
        change.words = f"{body.id} is launched: {people}"
    await _begun(call, body.id)
    return Launched(
        campaign=launched.campaign,
        workflow_id=launched.workflow_id,
        people=launched.people,
        rejected=launched.rejected,
        warnings=warnings,
    )


@look.get("/campaigns/{campaign}")
async def show(call: Calling, campaign: IdInPath) -> Standing:
    """Say how a campaign stands, and what it waits for."""
    page = await call.installation.read(campaign_page, campaign, call.sender)
    if page is None:
        raise unknown_campaign(campaign)
    waiting = await call.installation.read(waits, now(), sender=call.sender, campaign=campaign)
    return Standing(
        **_summary(page.row),
        by=page.state_by if page.row.state is not CampaignState.STAGING else "",
        reason=page.state_reason,
        senders=page.senders,
        rejected=page.rejected,
        steps=page.steps,
        waits=waiting,
    )


@steer.get("/campaigns/{campaign}/report")
async def report(call: Calling, campaign: IdInPath) -> CampaignReport:
    """Count what became of a campaign's people and messages."""
    counted = await call.installation.read(campaign_report, campaign)
    if counted is None:
        raise unknown_campaign(campaign)
    return counted


@steer.post("/campaigns/{campaign}/pause")
async def pause(call: Calling, campaign: IdInPath, body: Why) -> Steered:
    """Let nothing more leave until it is resumed; what is on the wire is finished."""
    return await _steer(call, campaign, "pause", body.reason)


@steer.post("/campaigns/{campaign}/resume")
async def resume(call: Calling, campaign: IdInPath, body: Why) -> Steered:
    """Go on with a paused campaign."""
    return await _steer(call, campaign, "resume", body.reason)


@steer.post("/campaigns/{campaign}/cancel")
async def cancel(call: Calling, campaign: IdInPath, body: Why) -> Steered:
    """End a campaign for good: what has not been sent is never sent."""
    return await _steer(call, campaign, "cancel", body.reason)


async def _begun(call: Call, campaign: str) -> None:
    """Wait a moment until people can be added; without a worker it begins once there is one."""
    for _ in range(_LOOKS):
        if await call.installation.read(campaign_state, campaign) is not CampaignState.STAGING:
            return
        await asyncio.sleep(_PAUSE_SECONDS)


async def _steer(call: Call, campaign: str, update: str, reason: str) -> Steered:
    await existing(call, campaign)
    client = await call.installation.temporal()
    steering = Steering(by=call.by, reason=reason)
    async with call.change(f"{update} campaign", campaign) as change:
        progress = await ask_campaign(campaign, update, steering, CampaignProgress, client=client)
        because = f": {reason}" if reason else ""
        change.words = f"{campaign} is {progress.state}{because}"
    return Steered(campaign=campaign, state=progress.state)


def _summary(row: CampaignRow) -> dict[str, Any]:
    return row.model_dump(include=set(Summary.model_fields))
