"""Rehearsing a launch: who would be rejected, a sample, and when everything would have left."""

import asyncio

from fastapi import APIRouter

from console.api.calls import Call, Calling
from console.api.campaigns import Launch
from console.api.endpoints import Steer
from console.api.people import Rejected, told_rejections
from console.api.values import Answer
from operations.channel_warnings import channel_warnings
from operations.clock import now
from operations.forecasting import Forecast
from operations.overlap_warnings import overlap_warnings
from operations.rehearsal import rehearse
from operations.sample import Sample

steer = APIRouter(route_class=Steer, tags=["campaigns"])
ROUTERS = (steer,)


class Rehearsal(Answer):
    """What a launch would do now."""

    campaign: str
    enrolled: int
    rejected: list[Rejected]
    sample: Sample | None
    """What the first person would get; null where nobody would be enrolled."""
    forecast: Forecast
    warnings: list[str]
    """What is risky about its channels."""


@steer.post("/rehearsals")
async def rehearse_one(call: Calling, body: Launch) -> Rehearsal:
    """Say what launching a campaign would do; nothing is launched."""
    return await asyncio.to_thread(_rehearse, call, body)


def _rehearse(call: Call, body: Launch) -> Rehearsal:
    ledger = call.installation.ledger
    definition = body.define(ledger)
    rehearsed = rehearse(ledger, definition, now())
    return Rehearsal(
        campaign=rehearsed.campaign,
        enrolled=rehearsed.enrolled,
        rejected=told_rejections(rehearsed.rejections()),
        sample=rehearsed.sample,
        forecast=rehearsed.forecast,
        warnings=[*channel_warnings(ledger, definition), *overlap_warnings(ledger, definition)],
    )
