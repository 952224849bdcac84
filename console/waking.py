"""Waking sequences after something was decided that they need not wait for."""

from collections.abc import Collection

import structlog
from temporalio.service import RPCError

from console.installation import Installation
from operations.refusal import Refused
from operations.waking import wake

_log = structlog.get_logger(__name__)


async def wake_sequences(
    installation: Installation, workflow_ids: Collection[str], reason: str
) -> None:
    """Let sequences look again now; where Temporal does not answer, they do within the hour."""
    try:
        await wake(await installation.temporal(), workflow_ids, reason)
    except (Refused, RPCError) as error:
        _log.warning("not_woken", sequences=len(workflow_ids), error=type(error).__name__)
