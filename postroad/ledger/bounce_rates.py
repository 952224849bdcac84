"""Campaigns and channels that pause themselves for their hard bounces.

Receivers judge a sender by them: more than a few in a hundred, and good mail is taken for spam.
The rates are counted when a bounce is recorded, when a wave is booked and while it is sent, over
what was sent since the campaign or channel was last resumed; a channel's over a week at most.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from postroad.campaign.bounce_policy import BounceRate
from postroad.contracts import CampaignState, ChannelState, MessageState, sequence_workflow_id
from postroad.instants import DAY
from postroad.ledger.channel_state import stop_channel
from postroad.ledger.organisation import load_organisation
from postroad.ledger.tables import Campaign, Channel, Event, Message, ReturnedTry, Sequence

ITSELF = "postroad"
"""Who paused a campaign that paused itself."""
TOO_MANY = "too many hard bounces"
"""What the reason of such a pause begins with."""

_WEEK = 7 * DAY
_FEW = 2
"""Fewer hard bounces are never too many."""


@dataclass(frozen=True, slots=True)
class Bounces:
    """Hard bounces since a channel was last resumed, of a week at most."""

    mails: int
    bounced: int
    rate: BounceRate | None
    """The organisation's rule; None where nothing pauses itself."""


def bounce_rate(connection: Connection) -> BounceRate | None:
    """Return the organisation's rule; None where nothing pauses itself."""
    organisation = load_organisation(connection)
    return BounceRate() if organisation is None else organisation.bounce_rate


def why_paused_itself(connection: Connection, campaign: str) -> str:
    """Return why a campaign paused itself; empty where it did not."""
    reason = connection.scalar(
        select(Campaign.state_reason).where(
            Campaign.id == campaign,
            Campaign.state == CampaignState.PAUSED,
            Campaign.state_by == ITSELF,
        )
    )
    return reason or ""


def pause_if_too_many(connection: Connection, channel: str, campaign: str, now: int) -> set[str]:
    """Pause the channel, the campaign or both if hard bounces have become too many.

    Returns:
        The campaign's sequences where it was paused, as workflow ids: they have to learn it.
    """
    if words := _of_channel(connection, channel, now):
        stop_channel(connection, channel, ChannelState.PAUSED, words, now)
    if words := _of_campaign(connection, campaign):
        return _pause_campaign(connection, campaign, words, now)
    return set()


def too_many(connection: Connection, channel: str, campaign: str, now: int) -> str:
    """Return why the channel or the campaign has to pause; empty where both may go on."""
    return _of_channel(connection, channel, now) or _of_campaign(connection, campaign)


def bounces_of_channel(connection: Connection, channel: str, now: int) -> Bounces:
    """Return what a channel is judged by."""
    state_at = connection.scalars(select(Channel.state_at).where(Channel.id == channel)).one()
    since = max(state_at, now - _WEEK)
    bounced, refused = _bounced(connection, Event.channel_id == channel, since)
    mails = _sent_on(connection, channel, since) + refused
    return Bounces(mails, bounced, bounce_rate(connection))


def _of_channel(connection: Connection, channel: str, now: int) -> str:
    row = connection.execute(
        select(Channel.state, Channel.state_at, Channel.canary_from).where(Channel.id == channel)
    ).one()
    if row.state != ChannelState.ACTIVE:
        return ""
    since = max(row.state_at, now - _WEEK)
    bounced, refused = _bounced(connection, Event.channel_id == channel, since)
    # The rule is read only where it may apply: every booking of a wave comes through here.
    if bounced < _FEW or (rate := bounce_rate(connection)) is None:
        return ""
    sent = _sent_on(connection, channel, since)
    return _verdict(rate, sent + refused, bounced, is_canary=row.canary_from is not None)


def _of_campaign(connection: Connection, campaign: str) -> str:
    row = connection.execute(
        select(Campaign.state, Campaign.canary_from).where(Campaign.id == campaign)
    ).one()
    if row.state != CampaignState.RUNNING:
        return ""
    since = row.canary_from or 0
    bounced, refused = _bounced(connection, Event.campaign_id == campaign, since)
    if bounced < _FEW or (rate := bounce_rate(connection)) is None:
        return ""
    theirs = select(Sequence.id).where(Sequence.campaign_id == campaign)
    sent = _count(connection, and_(Message.sequence_id.in_(theirs), Message.charge_at >= since))
    return _verdict(rate, sent + refused, bounced, is_canary=row.canary_from is not None)


def _pause_campaign(connection: Connection, campaign: str, words: str, now: int) -> set[str]:
    connection.execute(
        update(Campaign)
        .where(Campaign.id == campaign)
        .values(state=CampaignState.PAUSED, state_by=ITSELF, state_reason=words)
    )
    connection.execute(
        insert(Event).values(
            at=now, event="paused", campaign_id=campaign, detail=f"by {ITSELF}: {words}"
        )
    )
    senders = connection.scalars(select(Sequence.sender).where(Sequence.campaign_id == campaign))
    return {sequence_workflow_id(campaign, sender) for sender in senders}


def _verdict(rate: BounceRate, mails: int, bounced: int, *, is_canary: bool) -> str:
    """Return why it has to pause; empty where it may go on."""
    dead_canary = is_canary and mails <= rate.canary and rate.kills_canary(bounced)
    if not (rate.is_passed(mails, bounced) or dead_canary):
        return ""
    return (
        f"{TOO_MANY}: {bounced} of {mails} mails ({100 * bounced / mails:.1f} %, "
        f"at most {rate.percent:g} %); clean the list, then resume"
    )


def _count(
    connection: Connection,
    messages: ColumnElement[bool],
    tries: ColumnElement[bool] | None = None,
) -> int:
    """Count what left and was taken."""
    sent = connection.execute(
        select(func.count()).where(messages, Message.state == MessageState.SENT)
    ).scalar_one()
    if tries is not None:
        sent += connection.execute(select(func.count()).where(tries)).scalar_one()
    return sent


def _sent_on(connection: Connection, channel: str, since: int) -> int:
    return _count(
        connection,
        and_(Message.channel_id == channel, Message.charge_at >= since),
        and_(ReturnedTry.channel_id == channel, ReturnedTry.charge_at >= since),
    )


def _bounced(connection: Connection, where: ColumnElement[bool], since: int) -> tuple[int, int]:
    """Count hard bounces of mail that left since then, and those of them refused at once."""
    refused = Message.state == MessageState.FAILED
    row = connection.execute(
        select(func.count(), func.count().filter(refused))
        .select_from(Event)
        .join(
            Message,
            and_(Message.enrollment_id == Event.enrollment_id, Message.position == Event.position),
        )
        .where(
            Event.event == "bounced",
            Event.at >= since,
            where,
            or_(Message.sent_at >= since, refused),
        )
    ).one()
    return row[0], row[1]
