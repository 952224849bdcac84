"""How many more messages channels can send soon: where there is no room, another may stand in."""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Connection, func, select

from postroad.channels.options import ChannelOption, ChannelWish
from postroad.channels.rules import ask_rules
from postroad.contracts import MessageState
from postroad.instants import HOUR
from postroad.ledger.charges import ChargedScope
from postroad.ledger.scopes import ChannelScopes
from postroad.ledger.tables import Message
from postroad.quota.room import room_within

HORIZON = HOUR
"""A channel on which a message would wait longer than this is full: another may stand in."""


class Room:
    """How many more messages of one sequence each channel can send within the horizon."""

    def __init__(
        self,
        connection: Connection,
        sequence: int | None,
        now: int,
        *,
        most: int = 1,
        interactive: bool = False,
    ) -> None:
        """Prepare to count; a channel is counted when it is first asked about.

        Args:
            connection: a transaction.
            sequence: the row id of the sequence; None where there is none yet.
            now: the present instant.
            most: how many messages may want a channel; more room than this is not counted.
            interactive: whether they may use what is kept for such mail.
        """
        self._connection = connection
        self._sequence = sequence
        self._most = most
        self._now = now
        self._interactive = interactive
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
        ahead = self._ahead(channel)
        wanted = ahead + self._most
        on = ChannelScopes.of(self._connection, channel)
        charged = on.load(self._connection, (), now=self._now, wanted=wanted)
        rooms = [self._room_in(scope) for scope in charged.values()]
        return min([room for room in rooms if room is not None], default=wanted) - ahead

    def _room_in(self, scope: ChargedScope) -> int | None:
        begins = max(self._now, scope.not_before)
        span = self._now + HORIZON - begins
        if span <= 0:
            return 0
        keep_free = 0.0 if self._interactive else scope.keep_free
        charged = [(at, messages) for _, at, messages in scope.rows]
        return room_within(span, scope.limits, charged, begins, keep_free=keep_free)

    def _ahead(self, channel: str) -> int:
        """Count the sequence's messages that wait for the channel already."""
        return self._connection.execute(
            select(func.count())
            .select_from(Message)
            .where(
                Message.sequence_id == self._sequence,
                Message.channel_id == channel,
                Message.state == MessageState.PLANNED,
                Message.due_at <= self._now,
            )
        ).scalar_one()


def mark_full(
    options: Mapping[str, ChannelOption], wish: ChannelWish, room: Room
) -> dict[str, ChannelOption]:
    """Return the channels with a reason for those that a message might want and that are full."""
    named = {channel for finding in ask_rules(wish, options) for channel in finding.channels}
    return {
        channel: replace(option, full=room.why_full(channel)) if channel in named else option
        for channel, option in options.items()
    }
