"""What waits for somebody: manual tasks, and mails to be reviewed, as people see them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, Row, Select, and_, func, select

from postroad.campaign.headers import reply_subject
from postroad.campaign.step import StepSettings
from postroad.campaign.template import (
    BlankFieldError,
    CompiledTemplate,
    Rendered,
    TextError,
    compile_template,
)
from postroad.contracts import (
    MessageState,
)
from postroad.instants import moment
from postroad.ledger.channel_options import conversation_roots
from postroad.ledger.own_texts import UNSUBSCRIBE_PAGE
from postroad.ledger.steps import CampaignStep, load_steps, load_template
from postroad.ledger.tables import (
    Enrollment,
    Message,
    OwnText,
    Sender,
    Step,
    Task,
)
from postroad.ledger.tables import Sequence as SequenceRow

REVIEW = "review"
"""The kind of a task that is to approve a mail."""


class OpenTask(BaseModel):
    """One row of `task list --json`."""

    model_config = ConfigDict(frozen=True)

    id: int
    """What `task done` and `task skip` take."""
    kind: str
    title: str
    instructions: str
    """What the step says of it; for a review, the mail's text."""
    problem: str = ""
    """Why its text cannot be made for this person."""
    campaign: str
    step: str
    sender: str
    email: str
    opened_at: datetime
    due_at: datetime | None
    overdue: bool


def list_tasks(
    connection: Connection,
    now: int,
    *,
    campaign: str | None = None,
    sender: str | None = None,
    at_most: int = 200,
) -> list[OpenTask]:
    """Return the open tasks, those that are due first before the others.

    Args:
        connection: a transaction.
        now: the present instant.
        campaign: only this one's.
        sender: only those for this sender's people.
        at_most: how many.
    """
    statement = (
        _open()
        .order_by(Task.due_at.is_(None), Task.due_at, Task.opened_at, Task.message)
        .limit(at_most)
    )
    if campaign is not None:
        statement = statement.where(SequenceRow.campaign_id == campaign)
    if sender is not None:
        statement = statement.where(SequenceRow.sender == sender)
    texts = _Texts(connection)
    return [_open_task(texts, row, now) for row in connection.execute(statement)]


def open_task(connection: Connection, task: int, now: int) -> OpenTask | None:
    """Return one open task; None where it is settled, or was never opened."""
    row = connection.execute(_open().where(Task.message == task)).first()
    return None if row is None else _open_task(_Texts(connection), row, now)


def count_tasks(
    connection: Connection, sender: str | None = None, campaign: str | None = None
) -> int:
    """Return how many tasks are open: all, or one sender's, or one campaign's."""
    statement = (
        select(func.count())
        .select_from(Message)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .where(Message.state == MessageState.OPEN)
    )
    if sender is not None:
        statement = statement.where(SequenceRow.sender == sender)
    if campaign is not None:
        statement = statement.where(SequenceRow.campaign_id == campaign)
    return connection.execute(statement).scalar_one()


_ITS_STEP = Step.position == Message.position


def _open() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Task.message,
            Task.opened_at,
            Task.due_at,
            SequenceRow.campaign_id,
            SequenceRow.sender,
            Sender.name,
            Sender.settings.label("sender_settings"),
            Enrollment.recipient,
            Enrollment.fields,
            Step.position,
            Step.id,
            Step.settings,
            Enrollment.person_key,
            OwnText.subject,
            OwnText.text,
        )
        .join(Message, Message.id == Task.message)
        .outerjoin(OwnText, OwnText.message == Task.message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(SequenceRow, SequenceRow.id == Message.sequence_id)
        .join(Sender, Sender.email == SequenceRow.sender)
        .join(Step, and_(Step.campaign_id == SequenceRow.campaign_id, _ITS_STEP))
        .where(Message.state == MessageState.OPEN)
    )


class _Texts:
    """The texts of tasks, each read once however many people it is for."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._steps: dict[str, list[CampaignStep]] = {}
        self._compiled: dict[tuple[str, int, int], CompiledTemplate] = {}

    def of(self, campaign: str, position: int, person_key: str) -> CompiledTemplate:
        """Return the text that a person gets."""
        version = self._of(campaign)[position].version_for(person_key)
        key = (campaign, position, version)
        if key not in self._compiled:
            self._compiled[key] = compile_template(load_template(self._connection, *key))
        return self._compiled[key]

    def root_of(self, campaign: str, position: int) -> int | None:
        """Return the step that begins the conversation; None where this one answers nothing."""
        return conversation_roots(self._of(campaign)).get(position)

    def _of(self, campaign: str) -> list[CampaignStep]:
        if campaign not in self._steps:
            self._steps[campaign] = load_steps(self._connection, campaign)
        return self._steps[campaign]


def _open_task(texts: _Texts, row: Row[Any], now: int) -> OpenTask:
    settings = StepSettings.model_validate(row.settings)
    try:
        words, problem = _words(texts, row), ""
    except (BlankFieldError, TextError) as error:
        words, problem = Rendered("", None, None), str(error)
    return OpenTask(
        id=row.message,
        kind=settings.task or REVIEW,
        title=words.subject or row.id,
        instructions=words.text or "",
        problem=problem,
        campaign=row.campaign_id,
        step=row.id,
        sender=row.sender,
        email=row.recipient,
        opened_at=moment(row.opened_at),
        due_at=None if row.due_at is None else moment(row.due_at),
        overdue=row.due_at is not None and row.due_at < now,
    )


def _words(texts: _Texts, row: Row[Any]) -> Rendered:
    """Say what is to be done for this person; a mail is as it was rewritten where somebody did."""
    if row.subject is not None:
        return Rendered(row.subject, row.text, None)
    sender = {
        "email": row.sender,
        "name": row.name,
        "signature": row.sender_settings.get("signature") or "",
    }
    person = {**row.fields, "email": row.recipient}

    def said_by(position: int) -> Rendered:
        text = texts.of(row.campaign_id, position, row.person_key)
        return text.render(person, sender, UNSUBSCRIBE_PAGE)

    words = said_by(row.position)
    root = texts.root_of(row.campaign_id, row.position)
    if words.subject or root is None:
        return words
    return replace(words, subject=reply_subject(said_by(root).subject))
