"""The texts of a campaign's steps, and how each version did."""

from collections import Counter, defaultdict

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, func, select

from postroad.campaign.template import StepTemplate
from postroad.contracts import MessageState
from postroad.ledger.shares import Share, share
from postroad.ledger.tables import Event, Message, Sequence, Step, StepText, StepVariant
from postroad.ledger.tables.messages import CAME_BACK

_COUNTED = ("bounced", "replied", "opened", "clicked")


class TextVersion(BaseModel):
    """One version of a step's text."""

    model_config = ConfigDict(frozen=True)

    step: str
    version: int
    variant: str
    """Which of the step's variants it is a text of; empty where it has none."""
    is_current: bool
    template: StepTemplate
    sent: int
    bounced: Share
    replied: Share
    opened: Share
    clicked: Share


def text_versions(connection: Connection, campaign: str, sender: str | None) -> list[TextVersion]:
    """Return every version of every step's text, as one sender's people got it or everybody's."""
    counts: defaultdict[tuple[int, int | None], Counter[str]] = defaultdict(Counter)
    own = () if sender is None else (Sequence.sender == sender,)
    sent = connection.execute(
        select(Message.position, Message.version, func.count().label("number"))
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(Sequence.campaign_id == campaign, Message.state == MessageState.SENT, *own)
        .group_by(Message.position, Message.version)
    )
    for row in sent:
        counts[row.position, row.version]["sent"] = row.number
    came_back = connection.execute(
        select(
            Message.position,
            Message.version,
            Event.event,
            func.count(Event.enrollment_id.distinct()).label("number"),
        )
        .select_from(Event)
        .join(
            Message,
            and_(Message.enrollment_id == Event.enrollment_id, Message.position == Event.position),
        )
        .join(Sequence, Sequence.id == Message.sequence_id)
        .where(
            Event.campaign_id == campaign,
            CAME_BACK,  # for its index
            Event.event.in_(_COUNTED),
            Message.state == MessageState.SENT,
            *own,
        )
        .group_by(Message.position, Message.version, Event.event)
    )
    for position, version, event, number in came_back:
        counts[position, version][event] = number
    texts = connection.execute(
        select(
            Step.id,
            StepText.position,
            StepText.version,
            StepText.variant,
            StepText.template,
            (func.coalesce(StepVariant.version, Step.version) == StepText.version).label(
                "is_current"
            ),
        )
        .join(
            Step,
            and_(Step.campaign_id == StepText.campaign_id, Step.position == StepText.position),
        )
        .outerjoin(
            StepVariant,
            and_(
                StepVariant.campaign_id == StepText.campaign_id,
                StepVariant.position == StepText.position,
                StepVariant.id == StepText.variant,
            ),
        )
        .where(StepText.campaign_id == campaign)
        .order_by(StepText.position, StepText.version.desc())
    )
    versions = []
    for text in texts:
        counted = counts[text.position, text.version]
        versions.append(
            TextVersion(
                step=text.id,
                version=text.version,
                variant=text.variant,
                is_current=text.is_current,
                template=StepTemplate.model_validate(text.template),
                sent=counted["sent"],
                bounced=share(counted["bounced"], counted["sent"]),
                replied=share(counted["replied"], counted["sent"]),
                opened=share(counted["opened"], counted["sent"]),
                clicked=share(counted["clicked"], counted["sent"]),
            )
        )
    return versions
