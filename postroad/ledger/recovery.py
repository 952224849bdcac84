"""What should be running by the ledger's word, for when Temporal has lost it or knows it not."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select, update

from postroad.contracts import (
    CampaignStart,
    CampaignState,
    EnrollmentState,
    LostSequence,
    MessageState,
    UnfinishedWave,
)
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.tables import (
    AudienceChunk,
    Campaign,
    Channel,
    Enrollment,
    Message,
    Rejection,
    Sequence,
)

_IN_HAND = (MessageState.RESERVED, MessageState.SENDING)
_MAY_HAVE_LEFT = (MessageState.PLANNED, *_IN_HAND)


@dataclass(frozen=True, slots=True)
class OpenCampaign:
    """A campaign that has not ended, and how its workflows would start again."""

    start: CampaignStart
    sequences: list[LostSequence]
    """One for each sender with people who are still to be written to."""


def open_campaigns(connection: Connection) -> list[OpenCampaign]:
    """Return every campaign that is running or paused."""
    campaigns = connection.execute(
        select(Campaign.id, Campaign.name, Campaign.state)
        .where(Campaign.state.in_(UNDER_WAY))
        .order_by(Campaign.staged_at, Campaign.id)
    ).all()
    return [
        OpenCampaign(
            _start(connection, row.id, row.name, row.state), _sequences(connection, row.id)
        )
        for row in campaigns
    ]


def open_sequence(connection: Connection, campaign: str, sender: str) -> OpenCampaign | None:
    """Return one sequence of an open campaign; None where it has nothing more to do."""
    row = connection.execute(
        select(Campaign.name, Campaign.state).where(
            Campaign.id == campaign, Campaign.state.in_(UNDER_WAY)
        )
    ).first()
    if row is None:
        return None
    theirs = [each for each in _sequences(connection, campaign) if each.sender == sender]
    if not theirs:
        return None
    return OpenCampaign(_start(connection, campaign, row.name, row.state), theirs)


def doubt_what_may_have_left(connection: Connection, now: int, reason: str) -> int:
    """Hold every message that a ledger of former times would send, and may have been sent.

    Args:
        connection: a write transaction.
        now: what falls due later has certainly not left.
        reason: why they are in doubt, for operators.

    Returns:
        How many messages wait for a decision now.
    """
    return connection.execute(
        update(Message)
        .where(Message.state.in_(_MAY_HAVE_LEFT), Message.due_at <= now)
        .values(state=MessageState.UNCERTAIN, charge_at=now, reason=reason)
    ).rowcount


def _start(connection: Connection, campaign: str, name: str, state: str) -> CampaignStart:
    chunks = connection.execute(
        select(AudienceChunk.number, AudienceChunk.result.is_(None).label("waits"))
        .where(AudienceChunk.campaign_id == campaign)
        .order_by(AudienceChunk.number)
    ).all()
    return CampaignStart(
        campaign_id=campaign,
        name=name,
        chunks=len(chunks),
        pending_chunks=[chunk.number for chunk in chunks if chunk.waits],
        enrolled=_count(connection, Enrollment, campaign),
        rejected=_count(connection, Rejection, campaign),
        paused=state == CampaignState.PAUSED,
    )


def _count(connection: Connection, table: type[Enrollment] | type[Rejection], campaign: str) -> int:
    return connection.execute(
        select(func.count()).select_from(table).where(table.campaign_id == campaign)
    ).scalar_one()


def _sequences(connection: Connection, campaign: str) -> list[LostSequence]:
    open_people = (
        select(Enrollment.id)
        .where(Enrollment.sequence_id == Sequence.id, Enrollment.state == EnrollmentState.ACTIVE)
        .exists()
    )
    in_hand = (
        select(Message.id)
        .where(Message.sequence_id == Sequence.id, Message.state.in_(_IN_HAND))
        .exists()
    )
    rows = connection.execute(
        select(Sequence.id, Sequence.sender)
        .where(Sequence.campaign_id == campaign, open_people | in_hand)
        .order_by(Sequence.sender)
    ).all()
    return [
        LostSequence(
            sender=row.sender,
            waves=connection.scalar(
                select(func.max(Message.wave)).where(Message.sequence_id == row.id)
            )
            or 0,
            unfinished=_unfinished(connection, row.id),
        )
        for row in rows
    ]


def _unfinished(connection: Connection, sequence: int) -> list[UnfinishedWave]:
    rows = connection.execute(
        select(Message.wave, Message.channel_id, Channel.kind, func.count().label("messages"))
        .join(Channel, Channel.id == Message.channel_id)
        .where(
            Message.sequence_id == sequence,
            Message.state.in_(_IN_HAND),
            Message.wave.is_not(None),
        )
        .group_by(Message.wave, Message.channel_id, Channel.kind)
        .order_by(Message.wave)
    )
    return [
        UnfinishedWave(
            channel=row.channel_id or "", kind=row.kind, wave=row.wave or 0, messages=row.messages
        )
        for row in rows
    ]
