"""Signals between workflows, where the other one may have ended already."""

from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError


async def try_signal(workflow_id: str, signal: str, argument: Any) -> bool:  # noqa: ANN401
    """Signal another workflow; return False where it is not running any more."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(signal, argument)
    except ApplicationError as error:
        workflow.logger.info("not signalled: %s", error.type)
        return False
    return True
