"""Asking a running campaign for something: a Temporal update, answered or refused."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TypeVar

from temporalio.client import (
    Client,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ActivityError, ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from operations.refusal import Refused, Unanswered
from operations.temporal import connect
from postroad.contracts import Contract, campaign_workflow_id
from postroad.durations import format_duration
from postroad.settings import load_settings

_PATIENCE = timedelta(seconds=60)
Answer = TypeVar("Answer", bound=Contract)


async def ask_campaign(
    campaign: str,
    update: str,
    argument: Contract,
    answer: type[Answer],
    *,
    patience: timedelta = _PATIENCE,
    client: Client | None = None,
) -> Answer:
    """Send an update to a campaign and return what it answers.

    Args:
        campaign: the campaign's id.
        update: the update's name.
        argument: the update's argument.
        answer: the type of its answer.
        patience: how long to wait for the answer.
        client: asks Temporal; one is connected as the settings say where none is given.

    Raises:
        Refused: the campaign is not running, or refuses.
        Unanswered: no worker answers; the update takes effect once one does.
    """
    client = client or await connect(load_settings())
    handle = client.get_workflow_handle(campaign_workflow_id(campaign))
    try:
        async with refused_update(update, patience):
            answered: Answer = await handle.execute_update(
                update, argument, result_type=answer, rpc_timeout=patience
            )
            return answered
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise Refused(
            f"campaign {campaign!r} is not running: `postroad status --all` says how it stands"
        ) from None


@asynccontextmanager
async def refused_update(update: str, patience: timedelta) -> AsyncIterator[None]:
    """Say in a sentence why an update was refused, or that nobody answered it.

    Raises:
        Refused: why.
        Unanswered: nobody answered it yet.
    """
    try:
        yield
    except WorkflowUpdateFailedError as error:
        raise Refused(_sentence(error)) from None
    except WorkflowUpdateRPCTimeoutOrCancelledError:
        raise Unanswered(
            f"no worker answered within {format_duration(patience)}; {update} takes effect as soon "
            "as one runs: `postroad doctor` says what is missing"
        ) from None


def _sentence(error: WorkflowUpdateFailedError) -> str:
    cause: BaseException | None = error.cause
    if isinstance(cause, ActivityError):
        cause = cause.cause
    return cause.message if isinstance(cause, ApplicationError) else str(cause)
