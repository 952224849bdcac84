"""`postroad pause`, `resume` and `cancel`: steering a running campaign."""

import asyncio
import sys
from typing import Annotated

import typer

from operations.updates import ask_campaign
from postroad.contracts import CampaignProgress, Steering
from starter.arguments import By, CampaignId, Reason
from starter.terminal import say


def pause(campaign: CampaignId, by: By, reason: Reason = "") -> None:
    """Let nothing more leave until resumed; what is on the wire is finished.

    Example: postroad pause q4-launch --reason "wrong price"
    """
    _steer(campaign, "pause", Steering(by=by, reason=reason))


def resume(campaign: CampaignId, by: By, reason: Reason = "") -> None:
    """Go on with a paused campaign.

    Example: postroad resume q4-launch
    """
    _steer(campaign, "resume", Steering(by=by, reason=reason))


def cancel(
    campaign: CampaignId,
    by: By,
    reason: Reason = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask on a terminal.")] = False,
) -> None:
    """End a campaign for good: what has not been sent is never sent.

    Example: postroad cancel q4-launch --reason "product recalled"
    """
    if not yes and sys.stdin.isatty():
        typer.confirm(f"End {campaign} for good?", abort=True)
    _steer(campaign, "cancel", Steering(by=by, reason=reason))


def _steer(campaign: str, update: str, steering: Steering) -> None:
    progress = asyncio.run(ask_campaign(campaign, update, steering, CampaignProgress))
    say(f"{campaign} is {progress.state}")
