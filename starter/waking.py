"""Waking sequences after an operator changed what they have to do."""

from collections.abc import Iterable

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from postroad.wording import say_count
from starter.console import Refused


async def wake(client: Client, workflow_ids: Iterable[str], reason: str) -> None:
    """Signal sequences to look again now; one that has ended needs no waking.

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
