"""Mails that somebody rewrote for one person while reviewing them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from postroad.campaign.markdown import written_to_html
from postroad.campaign.template import Rendered
from postroad.contracts import MessageState
from postroad.ledger.tables import Event, Message, OwnText, Sequence, Step

UNSUBSCRIBE_PAGE = "{{ unsubscribe_url }}"
"""Stands in a mail for the person's own page, which only the sending knows."""


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote for one person; nothing in it is a template any more."""

    subject: str
    text: str
    """Markdown."""

    def with_page(self, page: str | None) -> Rendered:
        """Return both parts, with the person's page to unsubscribe on where the text names it."""
        text = self.text.replace(UNSUBSCRIBE_PAGE, page or "")
        return Rendered(self.subject, text, written_to_html(text))


class NotUnderReview(ValueError):
    """The sentence says why a mail cannot be rewritten."""


def rewrite(connection: Connection, task: int, subject: str, text: str, by: str, now: int) -> None:
    """Keep what a person is sent in place of their step's text.

    Args:
        connection: a write transaction.
        task: the review; its message's row id.
        subject: one line; nothing in it is a template any more.
        text: Markdown, from which the HTML part is made.
        by: who wrote it.
        now: the present instant.

    Raises:
        NotUnderReview: it is no mail that waits for its review.
    """
    row = connection.execute(
        select(Message.enrollment_id, Message.position, Sequence.campaign_id)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .join(
            Step,
            (Step.campaign_id == Sequence.campaign_id) & (Step.position == Message.position),
        )
        .where(
            Message.id == task,
            Message.state == MessageState.OPEN,
            Step.settings["task"].as_string().is_(None),
        )
        .with_for_update(of=Message)
    ).first()
    if row is None:
        raise NotUnderReview(f"task {task} is no mail under review: see `postroad task list`")
    connection.execute(delete(OwnText).where(OwnText.message == task))
    connection.execute(
        insert(OwnText).values(message=task, subject=subject, text=text, at=now, by=by)
    )
    connection.execute(
        insert(Event).values(
            at=now,
            event="rewritten",
            campaign_id=row.campaign_id,
            enrollment_id=row.enrollment_id,
            position=row.position,
            detail=f"by {by}",
        )
    )


def own_texts(connection: Connection, messages: Iterable[int]) -> dict[int, Written]:
    """Return what was written for single people, by the message's row id."""
    rows = connection.execute(select(OwnText).where(OwnText.message.in_(list(messages))))
    return {row.message: Written(row.subject, row.text) for row in rows}
