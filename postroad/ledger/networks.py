"""Which recipient domains' mail networks decide about a channel, so that they are looked up."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, func, select

from postroad.channels.kinds import MAILBOX_KINDS
from postroad.channels.options import ChannelOption, ChannelWish
from postroad.channels.selection import Chosen, choose_channel
from postroad.contracts import MessageState, SelectChannel
from postroad.ledger.channel_options import conversation_roots, load_options, load_wish
from postroad.ledger.sequences import sequence_id
from postroad.ledger.steps import load_settings, load_steps
from postroad.ledger.tables import Channel, Message

_NETWORKS = ("google", "microsoft", "other")


def domains_that_decide(connection: Connection, request: SelectChannel, now: int) -> frozenset[str]:
    """Return the domains of due messages whose network decides their channel; mostly none."""
    if not _has_somebody_several_mailboxes(connection):
        return frozenset()
    wish = load_wish(connection, request.sender, load_settings(connection, request.campaign_id))
    options = load_options(connection)
    steps = load_steps(connection, request.campaign_id)
    roots = conversation_roots(steps)
    positions = [
        step.position
        for step in steps
        if step.position not in roots
        and network_decides(replace(wish, step_channel=step.settings.channel), options)
    ]
    if not positions:
        return frozenset()
    due = (
        select(Message.domain)
        .where(
            Message.sequence_id == sequence_id(connection, request.campaign_id, request.sender),
            Message.channel_id.is_(None),
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
            Message.position.in_(positions),
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(request.at_most + 1)
        .subquery()
    )
    return frozenset(connection.scalars(select(due.c.domain).distinct()))


def network_decides(wish: ChannelWish, options: Mapping[str, ChannelOption]) -> bool:
    """Whether the choice depends on the recipient's mail network."""
    choices = [choose_channel(replace(wish, network=each), options) for each in _NETWORKS]
    return len({one.channel if isinstance(one, Chosen) else one.why for one in choices}) > 1


def _has_somebody_several_mailboxes(connection: Connection) -> bool:
    several = (
        select(Channel.address)
        .where(Channel.kind.in_(MAILBOX_KINDS))
        .group_by(Channel.address)
        .having(func.count() > 1)
        .limit(1)
    )
    return connection.execute(several).first() is not None
