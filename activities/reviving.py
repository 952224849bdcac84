"""Sequences that have to go on though their workflow has ended: a message came back, for one."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WithStartWorkflowOperation, WorkflowUpdateFailedError
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from postroad.contracts import (
    CampaignProgress,
    ReviveSequence,
    ReviveSequences,
    SequenceRevived,
    campaign_workflow_id,
    sequence_workflow_id,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.recovery import OpenCampaign, open_sequence

_PATIENCE = timedelta(seconds=60)
STILL_CLOSING = "StillClosing"
"""Error type: the campaign's workflow is just ending. Retried: then it can be started again."""


class RevivingActivities:
    """Activities that start again what has ended too early."""

    def __init__(self, ledger: Ledger, task_queue: str) -> None:
        self._ledger = ledger
        self._task_queue = task_queue

    @activity.defn(name="revive_sequence")
    async def revive_sequence(self, request: ReviveSequence) -> SequenceRevived:
        """Wake a sequence, or start it again where its workflow has ended."""
        try:
            revived = await wake_or_revive(
                activity.client(), self._ledger, self._task_queue, request
            )
        except WorkflowUpdateFailedError:
            raise ApplicationError(
                f"campaign {request.campaign_id} is just ending", type=STILL_CLOSING
            ) from None
        return SequenceRevived(started=revived)


async def wake_or_revive(
    client: Client, ledger: Ledger, task_queue: str, request: ReviveSequence
) -> bool:
    """Wake a sequence, or start it again; return whether it was started.

    Raises:
        WorkflowUpdateFailedError: the campaign's workflow is just ending.
    """
    sequence = sequence_workflow_id(request.campaign_id, request.sender)
    try:
        await client.get_workflow_handle(sequence).signal("wake", request.reason)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    else:
        return False
    lost = await asyncio.to_thread(_load, ledger, request)
    if lost is not None:
        await revive(client, task_queue, lost, "postroad")
    return lost is not None


async def revive(client: Client, task_queue: str, lost: OpenCampaign, by: str) -> None:
    """Start sequences again, and their campaign's workflow where it has ended too.

    Raises:
        WorkflowUpdateFailedError: the campaign is over, or just ending.
    """
    start = lost.start
    operation: WithStartWorkflowOperation[Any, CampaignProgress] = WithStartWorkflowOperation(
        "CampaignWorkflow",
        start,
        id=campaign_workflow_id(start.campaign_id),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"{start.name or start.campaign_id}: started again",
    )
    await client.execute_update_with_start_workflow(
        "revive",
        ReviveSequences(sequences=lost.sequences, by=by),
        start_workflow_operation=operation,
        result_type=CampaignProgress,
        rpc_timeout=_PATIENCE,
    )


def _load(ledger: Ledger, request: ReviveSequence) -> OpenCampaign | None:
    with ledger.read() as connection:
        return open_sequence(connection, request.campaign_id, request.sender)
