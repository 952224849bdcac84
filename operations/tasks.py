"""Manual tasks: what people have to do, and saying that it was done."""

from operations.clock import now
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.template import MOST_RENDERED
from postroad.contracts import SettleTask, TaskSettled
from postroad.ledger.engine import Ledger
from postroad.ledger.own_texts import NotUnderReview, rewrite
from postroad.ledger.tasks import campaign_of_task
from postroad.names import check_one_line

_LONGEST_NOTE = 1_000


def rewrite_mail(ledger: Ledger, task: int, subject: str, text: str, by: str) -> None:
    """Keep what a person is sent in place of their step's text, once it is approved.

    Args:
        ledger: where the mail is.
        task: the review.
        subject: one line.
        text: Markdown; `{{ unsubscribe_url }}` stands for the person's page.
        by: who wrote it.

    Raises:
        Refused: the mail is not under review, or the text cannot be sent.
    """
    subject = subject.strip()
    if not subject or not text.strip():
        raise Refused("a mail needs a subject and a text")
    if len(text) > MOST_RENDERED:
        raise Refused(f"the text has {len(text):,} characters; at most {MOST_RENDERED:,} are sent")
    try:
        check_one_line(subject)
    except ValueError as error:
        raise Refused(f"the subject {error}") from None
    try:
        with ledger.write() as connection:
            rewrite(connection, task, subject, text, by, now())
    except NotUnderReview as error:
        raise Refused(str(error)) from None


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
