"""Making Temporal and the ledger agree again, after one of them was lost or set back.

The ledger knows people and messages, so that whatever Temporal has lost can be started again from
it. Nothing can be started from Temporal alone: what it has and the ledger does not know is told.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from activities import reviving
from operations.running import is_running
from operations.updates import refused_update
from postroad.contracts import (
    LostSequence,
    campaign_workflow_id,
    sequence_workflow_id,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.recovery import OpenCampaign, open_campaigns
from postroad.wording import say_count

_PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Something that Temporal and the ledger see differently."""

    campaign: str
    words: str
    lost: OpenCampaign | None = None
    """What can be started again; None where an operator has to decide."""


async def disagreements(client: Client, ledger: Ledger) -> AsyncIterator[Disagreement]:
    """Compare what should be running with what is."""
    with ledger.read() as connection:
        campaigns = open_campaigns(connection)
    for campaign in campaigns:
        async for found in _missing(client, campaign):
            yield found
    known = {campaign.start.campaign_id for campaign in campaigns}
    async for found in _unknown(client, known):
        yield found


async def revive(client: Client, task_queue: str, lost: OpenCampaign, by: str) -> None:
    """Start again what Temporal lost of a campaign.

    Raises:
        Refused: the campaign does not want it any more, or no worker answers.
    """
    async with refused_update("revive", _PATIENCE):
        await reviving.revive(client, task_queue, lost, by)


async def _missing(client: Client, campaign: OpenCampaign) -> AsyncIterator[Disagreement]:
    name = campaign.start.campaign_id
    gone = [
        sequence
        for sequence in campaign.sequences
        if not await is_running(client, sequence_workflow_id(name, sequence.sender))
    ]
    lost = OpenCampaign(campaign.start, gone)
    if not await is_running(client, campaign_workflow_id(name)):
        yield Disagreement(name, f"its workflow is gone, {_said(gone)}", lost)
    elif gone:
        yield Disagreement(name, _said(gone), lost)


def _said(gone: list[LostSequence]) -> str:
    senders = ", ".join(sequence.sender for sequence in gone) or "none"
    return f"{say_count(len(gone), 'sequence')} to start again ({senders})"


async def _unknown(client: Client, known: set[str]) -> AsyncIterator[Disagreement]:
    """Find campaigns that run though the ledger does not have them, or has them as ended."""
    query = "WorkflowType = 'CampaignWorkflow' AND ExecutionStatus = 'Running'"
    async for execution in client.list_workflows(query):
        campaign = execution.id.removeprefix("campaign/")
        # The list lags behind: what has just ended may still be in it.
        if campaign not in known and await is_running(client, execution.id):
            words = (
                f"{execution.id} runs, and the ledger has no such open campaign: if it is none of "
                f"yours, end it with `temporal workflow terminate --workflow-id {execution.id}`"
            )
            yield Disagreement(campaign, words)
