"""Waking sequences after something was decided that they need not wait for."""

from collections.abc import Collection, Iterable

import structlog
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.reviving import wake_or_revive
from console.installation import Installation
from operations.refusal import Refused
from operations.waking import wake
from postroad.contracts import ReviveSequence

_log = structlog.get_logger(__name__)


async def wake_sequences(
    installation: Installation, workflow_ids: Collection[str], reason: str
) -> None:
    """Let sequences look again now; where Temporal does not answer, they do within the hour."""
    try:
        await wake(await installation.temporal(), workflow_ids, reason)
    except (Refused, RPCError) as error:
        _log.warning("not_woken", sequences=len(workflow_ids), error=type(error).__name__)


async def revive_sequences(installation: Installation, sequences: Iterable[ReviveSequence]) -> None:
    """Let sequences go on that have more to do; `postroad reconcile` finds those that do not."""
    queue = installation.settings.temporal.task_queue
    for sequence in sequences:
        try:
            client = await installation.temporal()
            await wake_or_revive(client, installation.ledger, queue, sequence)
        except (Refused, RPCError, WorkflowUpdateFailedError) as error:
            _log.warning("not_revived", error=type(error).__name__)
