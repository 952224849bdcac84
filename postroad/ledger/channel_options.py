"""What the choice of a channel knows, read from the ledger: senders, channels, their room."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, func, select

from postroad.campaign.file import CampaignSettings, Purpose
from postroad.channels.options import ChannelOption, ChannelWish
from postroad.contracts import ChannelState, MessageState
from postroad.instants import HOUR
from postroad.ledger.limits import limits_in_force
from postroad.ledger.quota import load_scopes
from postroad.ledger.steps import CampaignStep, load_settings, load_steps
from postroad.ledger.tables import Channel, Message, Organisation, Sender, SenderIdentity
from postroad.quota.allocation import Pace, fill

HORIZON = HOUR
"""A channel on which a message would wait longer than this is full: another may stand in."""


def load_options(connection: Connection) -> dict[str, ChannelOption]:
    """Return every channel as the choice sees it."""
    verified: dict[str, set[str]] = {}
    for channel, address in connection.execute(
        select(SenderIdentity.channel_id, SenderIdentity.address).where(
            SenderIdentity.verified_at.is_not(None)
        )
    ):
        verified.setdefault(channel, set()).add(address)
    rows = connection.execute(
        select(
            Channel.id,
            Channel.kind,
            Channel.address,
            Channel.shared,
            Channel.state,
            Channel.state_reason,
            Channel.settings,
        )
    )
    return {
        row.id: ChannelOption(
            id=row.id,
            kind=row.kind,
            address=row.address,
            shared=row.shared,
            state=ChannelState(row.state),
            state_reason=row.state_reason,
            verifies=row.settings.get("verify_identities", False),
            verified=frozenset(verified.get(row.id, ())) | _vouched_for(row.settings),
        )
        for row in rows
    }


def load_wish(connection: Connection, sender: str, settings: CampaignSettings) -> ChannelWish:
    """Return what is known of every message of one sender in a campaign."""
    writer = connection.execute(
        select(Sender.default_channel, Sender.settings).where(Sender.email == sender)
    ).first()
    identity: Mapping[str, Any] = {} if writer is None else writer.settings
    organisation = connection.scalar(select(Organisation.settings)) or {}
    return ChannelWish(
        sender=sender,
        rep=identity.get("rep"),
        plugin=settings.plugin,
        bulk=settings.purpose is Purpose.BULK,
        campaign_channel=settings.channel,
        identity_channel=identity.get("channel"),
        default_channel=None if writer is None else writer.default_channel,
        same_network=organisation.get("prefer_same_network", True),
        fallback=settings.fallback,
        legacy=organisation.get("legacy_account", False),
    )


def wish_of_step(
    connection: Connection,
    campaign_id: str,
    sender: str,
    position: int,
    enrollment: int | None = None,
) -> ChannelWish:
    """Return what is known of one step's message, to one person where they are enrolled."""
    wish = load_wish(connection, sender, load_settings(connection, campaign_id))
    steps = load_steps(connection, campaign_id)
    root = conversation_roots(steps).get(position)
    conversation = None
    if root is not None and enrollment is not None:
        conversation = connection.scalar(
            select(Message.channel_id).where(
                Message.enrollment_id == enrollment, Message.position == root
            )
        )
    return replace(wish, step_channel=steps[position].settings.channel, conversation=conversation)


def conversation_roots(steps: Sequence[CampaignStep]) -> dict[int, int]:
    """Return, for each step that answers another, the position that its conversation begins at."""
    roots: dict[int, int] = {}
    root = 0
    for step in steps:
        if step.settings.thread == "reply":
            roots[step.position] = root
        else:
            root = step.position
    return roots


class Room:
    """How many more messages of one sequence each channel can send within the horizon."""

    def __init__(
        self, connection: Connection, sequence: int, now: int, *, most: int, interactive: bool
    ) -> None:
        """Prepare to count; a channel is counted when it is first asked about.

        Args:
            connection: a transaction.
            sequence: the row id of the sequence.
            now: the present instant.
            most: how many messages may want a channel; more room than this is not counted.
            interactive: whether they may use what is kept for such mail.
        """
        self._connection = connection
        self._sequence = sequence
        self._most = most
        self._pace = Pace(now, 0, interactive)
        self._left: dict[str, int] = {}

    def why_full(self, channel: str) -> str:
        """Return why no further message leaves by a channel soon; empty where one does."""
        if channel not in self._left:
            self._left[channel] = self._count(channel)
        if self._left[channel] > 0:
            return ""
        return f"{channel} has as much to send as its limits let through in an hour"

    def take(self, channel: str) -> bool:
        """Use the room for one message; return whether that filled the channel."""
        if channel not in self._left:  # a conversation goes on wherever it began
            return False
        self._left[channel] -= 1
        return self._left[channel] == 0

    def _count(self, channel: str) -> int:
        ahead, now = self._ahead(channel), self._pace.now
        limits = limits_in_force(self._connection, channel)
        wanted = ahead + self._most
        charged = load_scopes(self._connection, channel, limits, (), now=now, wanted=wanted)
        scopes = [scope.scope(self._pace.tolerance) for scope in charged.values()]
        leaving = fill(scopes, wanted, self._pace, until=now + HORIZON)
        return sum(count for _, count in leaving) - ahead

    def _ahead(self, channel: str) -> int:
        """Count the sequence's messages that wait for the channel already."""
        return self._connection.execute(
            select(func.count())
            .select_from(Message)
            .where(
                Message.sequence_id == self._sequence,
                Message.channel_id == channel,
                Message.state == MessageState.PLANNED,
                Message.due_at <= self._pace.now,
            )
        ).scalar_one()


def _vouched_for(settings: Mapping[str, Any]) -> frozenset[str]:
    domains: Iterable[str] = settings.get("verified_domains") or ()
    return frozenset(f"@{domain}" for domain in domains)
