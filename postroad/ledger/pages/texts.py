"""The texts of a campaign's steps, and how each version did."""

import math
from collections import Counter, defaultdict

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection, and_, func, select

from postroad.campaign.template import StepTemplate
from postroad.contracts import MessageState
from postroad.ledger.tables import Event, Message, Sequence, Step, StepText
from postroad.ledger.tables.messages import CAME_BACK

_Z = 1.96
"""The normal distribution's 97.5th percentile: intervals hold the true rate 95 times in 100."""


class Share(BaseModel):
    """A share of messages, and between what its true value probably is."""

    model_config = ConfigDict(frozen=True)

    part: int
    whole: int
    low: float
    high: float


class TextVersion(BaseModel):
    """One version of a step's text."""

    model_config = ConfigDict(frozen=True)

    step: str
    version: int
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
            CAME_BACK,
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
            StepText.template,
            (Step.version == StepText.version).label("is_current"),
        )
        .join(
            Step,
            and_(Step.campaign_id == StepText.campaign_id, Step.position == StepText.position),
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


def share(part: int, whole: int) -> Share:
    """Return a share with Wilson's score interval, which stays honest for few messages."""
    if not whole:
        return Share(part=part, whole=0, low=0.0, high=1.0)
    rate, z2 = min(part / whole, 1.0), _Z * _Z
    middle = (rate + z2 / (2 * whole)) / (1 + z2 / whole)
    spread = math.sqrt(rate * (1 - rate) / whole + z2 / (4 * whole * whole))
    around = _Z * spread / (1 + z2 / whole)
    return Share(part=part, whole=whole, low=max(middle - around, 0), high=min(middle + around, 1))
