"""Manual tasks: what people have to do, and saying that it was done."""

from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.contracts import SettleTask, TaskSettled
from postroad.ledger.engine import Ledger
from postroad.ledger.tasks import campaign_of_task

_LONGEST_NOTE = 1_000


async def settle_task(ledger: Ledger, task: int, *, done: bool, note: str, by: str) -> TaskSettled:
    """Let a task's campaign know that somebody did it, or that nobody needs to.

    Args:
        ledger: where the task is.
        task: its id.
        done: False where it is skipped.
        note: what to remember of it; at most 1,000 characters.
        by: who says so.

    Raises:
        Refused: there is no such open task, or its campaign cannot be reached.
    """
    with ledger.read() as connection:
        campaign = campaign_of_task(connection, task)
    if campaign is None:
        raise Refused(f"there is no task {task}: `postroad task list` shows those that are open")
    if len(note) > _LONGEST_NOTE:
        raise Refused(f"the note has {len(note):,} characters; at most {_LONGEST_NOTE:,} are kept")
    settled = SettleTask(task=task, done=done, note=note, by=by)
    return await ask_campaign(campaign, "settle_task", settled, TaskSettled)
