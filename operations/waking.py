"""Waking sequences and mailbox watches after an operator changed what they have to do."""

from collections.abc import Collection, Iterable

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from operations.refusal import Refused
from operations.temporal import connect
from postroad.contracts import mailbox_workflow_id
from postroad.settings import Settings
from postroad.wording import say_count


async def wake(client: Client, workflow_ids: Iterable[str], reason: str) -> None:
    """Signal workflows to look again now; one that has ended needs no waking.

    Raises:
        Refused: some could not be reached; what was decided stays decided.
    """
    missed = 0
    for workflow_id in sorted(workflow_ids):
        try:
            await client.get_workflow_handle(workflow_id).signal("wake", reason)
        except RPCError as error:
            missed += error.status is not RPCStatusCode.NOT_FOUND
    if missed:
        raise Refused(
            f"done, but {say_count(missed, 'sequence')} could not be woken: once Temporal answers, "
            "`postroad pause CAMPAIGN` and `postroad resume CAMPAIGN` make them look again"
        )


async def wake_channel(client: Client, channel: str, sequences: Iterable[str], reason: str) -> None:
    """Signal who waited for a channel: sequences with work for it, and its mailbox's watch.

    Raises:
        Refused: some could not be reached; what was decided stays decided.
    """
    await wake(client, [*sequences, mailbox_workflow_id(channel)], reason)


async def wake_if_possible(
    settings: Settings, workflow_ids: Collection[str], reason: str
) -> str | None:
    """Signal sequences that wait for what was done; they look by themselves within an hour.

    Returns:
        Why some could not be woken, in a sentence; None where all were.
    """
    if not workflow_ids:
        return None
    try:
        await wake(await connect(settings), workflow_ids, reason)
    except Refused as refusal:
        waiting = say_count(len(workflow_ids), "sequence")
        return f"{reason}, but {waiting} could not be woken: {refusal}"
    return None
