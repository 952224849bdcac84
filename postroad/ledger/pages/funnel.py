"""A campaign step by step: who came as far, what was sent and came back, which text did better."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Connection, and_, func, select

from postroad.campaign.variants import Measure
from postroad.contracts import MessageState
from postroad.contracts.states import TO_LEAVE
from postroad.ledger.pages.at_step import BEGUN
from postroad.ledger.shares import Share, share
from postroad.ledger.steps import CampaignStep, load_steps
from postroad.ledger.tables import Enrollment, Event, Message, Pause, Sequence, StepText
from postroad.ledger.tables.messages import CAME_BACK

_WAITING = (*TO_LEAVE, MessageState.SENDING)
_Counts = defaultdict[int, Counter[str]]
"""By the step's position."""


class VariantTried(BaseModel):
    """One of several texts of a step, over all its versions."""

    model_config = ConfigDict(frozen=True)

    id: str
    reached: Share
    """Of those it was sent to, the people who did what its step's variants are compared by."""


class StepFunnel(BaseModel):
    """One step: what became of its messages, and what came back."""

    model_config = ConfigDict(frozen=True)

    id: str
    task: str = ""
    """What somebody does for the person, such as `call`; empty where the step is a mail."""
    condition: str = ""
    """Whom it is for: `only if replied intro`; empty where it is for everybody."""
    removed: bool = False
    """Whether nobody gets it any more."""
    at_it: int = 0
    """People who are at this step: it waits for its time, for its turn or for somebody."""
    waiting: int = 0
    """Messages that may still be sent, those of people who are at earlier steps among them."""
    sent: int = 0
    failed: int = 0
    uncertain: int = 0
    stopped: int = 0
    """Messages that will not be sent, since their people's sequences ended before."""
    open: int = 0
    """Tasks that wait for somebody."""
    done: int = 0
    skipped: int = 0
    replied: int = 0
    bounced: int = 0
    soft_bounced: int = 0
    unsubscribed: int = 0
    complained: int = 0
    opened: int = 0
    clicked: int = 0
    opened_by_machine: int = 0
    clicked_by_machine: int = 0
    measure: Measure = Measure.REPLIED
    """What its variants are compared by."""
    variants: list[VariantTried] = []
    winner: str | None = None
    """The variant that everybody gets; empty where none was better, None where nobody looked."""

    @property
    def reached(self) -> int:
        """How many people came as far as this step, whether or not it was for them."""
        return self.at_it + self.sent + self.failed + self.done + self.skipped

    @property
    def was_opened(self) -> bool:
        """Whether anybody, or anything, is known to have opened it."""
        return self.opened + self.opened_by_machine > 0

    @property
    def was_clicked(self) -> bool:
        """Whether anybody, or anything, is known to have followed a link in it."""
        return self.clicked + self.clicked_by_machine > 0


def step_funnels(connection: Connection, campaign: str, sender: str | None) -> list[StepFunnel]:
    """Count a campaign's steps in order, for one sender's people or everybody's."""
    own = () if sender is None else (Sequence.sender == sender,)
    steps = load_steps(connection, campaign)
    by_version = any(step.variants for step in steps)
    counts, sent = _count_messages(connection, campaign, own, by_version=by_version)
    _add_held_back(connection, campaign, own, counts)
    _add_what_came_back(connection, campaign, own, counts)
    tried = _variants(connection, campaign, own, steps, sent)
    return [
        StepFunnel(
            id=step.id,
            task=step.settings.task or "",
            condition=_condition(step),
            removed=step.removed,
            measure=_measure(step),
            variants=tried[step.position],
            winner=step.winner,
            **counts[step.position],
        )
        for step in steps
    ]


def _count_messages(
    connection: Connection,
    campaign: str,
    own: tuple[ColumnElement[bool], ...],
    *,
    by_version: bool,
) -> tuple[_Counts, Counter[tuple[int, int | None]]]:
    """Count messages by step and what became of them; the sent ones by version where asked for."""
    counts: _Counts = defaultdict(Counter)
    sent: Counter[tuple[int, int | None]] = Counter()
    # All messages are read: the fewer columns, the faster they are sorted.
    key = (Message.position, Message.state, *((Message.version,) if by_version else ()))
    for row in connection.execute(
        select(*key, func.count().label("number"), func.count(Message.due_at).label("due"))
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(Sequence.campaign_id == campaign, *own)
        .group_by(*key)
    ):
        of_step, state = counts[row.position], MessageState(row.state)
        of_step[_part(state)] += row.number
        if state in BEGUN:
            of_step["at_it"] += row.number
        elif state is MessageState.PLANNED:
            of_step["at_it"] += row.due
        elif state is MessageState.SENT and by_version:
            sent[row.position, row.version] += row.number
    return counts, sent


def _add_held_back(
    connection: Connection, campaign: str, own: tuple[ColumnElement[bool], ...], counts: _Counts
) -> None:
    """Count what is held back of people who are paused; nobody knows when it is due."""
    held = (
        select(Message.position, func.count())
        .select_from(Pause)
        .join(Message, Message.id == Pause.message)
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(
            Sequence.campaign_id == campaign,
            Message.state == MessageState.PLANNED,
            Message.due_at.is_(None),
            *own,
        )
        .group_by(Message.position)
    )
    for position, number in connection.execute(held):
        counts[position]["at_it"] += number


def _add_what_came_back(
    connection: Connection, campaign: str, own: tuple[ColumnElement[bool], ...], counts: _Counts
) -> None:
    came_back = (
        select(Event.position, Event.event, func.count(Event.enrollment_id.distinct()))
        .where(Event.campaign_id == campaign, CAME_BACK)
        .group_by(Event.position, Event.event)
    )
    if own:
        came_back = (
            came_back.join(Enrollment, Enrollment.id == Event.enrollment_id)
            .join(Sequence, Sequence.id == Enrollment.sequence_id)
            .where(*own)
        )
    for position, event, number in connection.execute(came_back):
        if position is not None:
            counts[position][event] += number


def _variants(
    connection: Connection,
    campaign: str,
    own: tuple[ColumnElement[bool], ...],
    steps: Iterable[CampaignStep],
    sent: Counter[tuple[int, int | None]],
) -> defaultdict[int, list[VariantTried]]:
    """Return each step's variants, with the share of people who did what they are compared by."""
    tried: defaultdict[int, list[VariantTried]] = defaultdict(list)
    measures = {step.position: _measure(step) for step in steps if step.variants}
    if not measures:
        return tried
    did: Counter[tuple[int, int | None, str]] = Counter()
    for position, version, event, number in connection.execute(
        select(
            Message.position,
            Message.version,
            Event.event,
            func.count(Event.enrollment_id.distinct()),
        )
        .select_from(Event)
        .join(
            Message,
            and_(Message.enrollment_id == Event.enrollment_id, Message.position == Event.position),
        )
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(
            Event.campaign_id == campaign,
            CAME_BACK,
            Event.event.in_(set(measures.values())),
            Event.position.in_(measures),
            Message.state == MessageState.SENT,
            *own,
        )
        .group_by(Message.position, Message.version, Event.event)
    ):
        did[position, version, event] = number
    versions: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    for text in connection.execute(
        select(StepText.position, StepText.variant, StepText.version)
        .where(StepText.campaign_id == campaign, StepText.variant != "")
        .order_by(StepText.position, StepText.variant)
    ):
        versions[text.position, text.variant].append(text.version)
    for (position, variant), of_it in versions.items():
        part = sum(did[position, version, measures[position]] for version in of_it)
        whole = sum(sent[position, version] for version in of_it)
        tried[position].append(VariantTried(id=variant, reached=share(part, whole)))
    return tried


def _measure(step: CampaignStep) -> Measure:
    return Measure.REPLIED if step.settings.winner is None else step.settings.winner.by


def _condition(step: CampaignStep) -> str:
    settings = step.settings
    asked = (("only if", settings.only_if), ("not if", settings.unless))
    return ", ".join(f"{word} {condition}" for word, condition in asked if condition is not None)


def _part(state: MessageState) -> str:
    if state in _WAITING:
        return "waiting"
    return "stopped" if state is MessageState.SUPPRESSED else str(state)
