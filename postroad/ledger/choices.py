"""The choices of one selection: made once for all messages that are alike."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from postroad.campaign.file import CampaignSettings
from postroad.channels.selection import Choice, choose_channel
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.room import Room, mark_full
from postroad.ledger.steps import CampaignStep

_UNKNOWN = "unknown"


class Choices:
    """Chooses for one sequence."""

    def __init__(
        self,
        connection: Connection,
        sequence: int,
        sender: str,
        settings: CampaignSettings,
        steps: Sequence[CampaignStep],
        networks: Mapping[str, str],
        *,
        now: int,
        at_most: int,
    ) -> None:
        """Prepare to choose.

        Args:
            connection: a transaction.
            sequence: the row id of the sequence.
            sender: whose mail it is.
            settings: the campaign's.
            steps: the campaign's.
            networks: the mail networks of recipient domains, where they were looked up.
            now: the present instant.
            at_most: how many messages may get a channel.
        """
        wish = load_wish(connection, sender, settings)
        self._wishes = [replace(wish, step_channel=step.settings.channel) for step in steps]
        self._networks = networks
        self.options = load_options(connection)
        """Every channel as the choice sees it."""
        self._known: dict[tuple[int, str, str | None], Choice] = {}
        self._room: Room | None = None
        if settings.fallback:
            self._room = Room(
                connection, sequence, now, most=at_most, interactive=settings.interactive
            )
            for each in self._wishes:
                self.options = mark_full(self.options, each, self._room)

    def of(self, position: int, domain: str, conversation: str | None) -> Choice:
        """Choose for a message.

        Args:
            position: its step.
            domain: the recipient's.
            conversation: the channel that the first message of its conversation left by.
        """
        network = self._networks.get(domain, _UNKNOWN)
        alike = (position, network, conversation)
        if alike not in self._known:
            wish = replace(self._wishes[position], network=network, conversation=conversation)
            self._known[alike] = choose_channel(wish, self.options)
        return self._known[alike]

    def count(self, channel: str) -> None:
        """Count one message that was given a channel; it may be full for those that follow."""
        if self._room is not None and self._room.take(channel):
            full = self._room.why_full(channel)
            self.options[channel] = replace(self.options[channel], full=full)
            self._known.clear()
