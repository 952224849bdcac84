"""Manual tasks and reviews: saying that one was done, and rewriting a mail before it leaves."""

from sqlalchemy import Connection

from operations.clock import now
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.template import MOST_RENDERED
from postroad.contracts import SettleTask, TaskSettled
from postroad.ledger.own_texts import NotUnderReview, rewrite
from postroad.ledger.tasks import OpenTask, open_task
from postroad.names import check_one_line

_LONGEST_NOTE = 1_000


def find_task(connection: Connection, task: int) -> OpenTask:
    """Return an open task.

    Raises:
        Refused: it is settled, or never was there.
    """
    found = open_task(connection, task, now())
    if found is None:
        raise Refused(f"task {task} is not open: `postroad task list` shows those that are")
    return found


async def settle_task(task: OpenTask, *, done: bool, note: str, by: str) -> TaskSettled:
    """Let a task's campaign know that somebody did it, or that nobody needs to.

    Args:
        task: an open one.
        done: False where it is skipped.
        note: what to remember of it; at most 1,000 characters.
        by: who says so.

    Raises:
        Refused: somebody was faster, or the campaign cannot be reached.
    """
    if len(note) > _LONGEST_NOTE:
        raise Refused(f"the note has {len(note):,} characters; at most {_LONGEST_NOTE:,} are kept")
    settled = SettleTask(task=task.id, done=done, note=note, by=by)
    return await ask_campaign(task.campaign, "settle_task", settled, TaskSettled)


def rewrite_mail(connection: Connection, task: int, subject: str, text: str, by: str) -> None:
    """Keep what a person is sent in place of their step's text, once it is approved.

    Args:
        connection: a write transaction.
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
        rewrite(connection, task, subject, text, by, now())
    except NotUnderReview as error:
        raise Refused(str(error)) from None
