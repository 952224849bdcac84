"""Having a mailbox read after something was sent through it."""

import asyncio
from datetime import timedelta

import structlog
from temporalio import activity

from activities.clock import Clock
from postroad.channels.base import ChannelError, DeliveryChannel
from postroad.contracts import MailboxWatchStart, MailSent, mailbox_workflow_id
from postroad.instants import moment
from postroad.ledger.engine import Ledger
from postroad.ledger.mailboxes import keep_cursor, mailbox_cursor
from postroad.ledger.workspace import load_organisation
from postroad.workspace import READ_INBOX_AFTER

_MOST_SECONDS = 20.0
_log = structlog.get_logger(__name__)


class MailboxWatches:
    """This worker's part in watching the inboxes behind its channels."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._has_inbox: dict[str, bool] = {}
        """Channels whose reading has begun, or that have nothing to read."""

    async def begin(self, channel_id: str, channel: DeliveryChannel, clock: Clock) -> None:
        """Note where an inbox stands before the first message leaves: bounces can be quick.

        An inbox that cannot be read now keeps no mail from leaving: the next wave tries again.
        """
        if channel_id in self._has_inbox:
            return
        if await asyncio.to_thread(self._has_begun, channel_id):
            self._has_inbox[channel_id] = True
            return
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                page = await channel.read_inbox(None)
        except (ChannelError, TimeoutError) as error:
            _log.info("inbox_not_read", channel=channel_id, error=type(error).__name__)
            return
        if page is not None:
            await asyncio.to_thread(self._keep, channel_id, page.cursor, clock.now())
        self._has_inbox[channel_id] = page is not None

    async def sent(self, channel_id: str, clock: Clock) -> None:
        """Tell the mailbox's watch, which is started where none is running, that mail left."""
        if not self._has_inbox.get(channel_id, True):
            return
        left = MailSent(
            at=moment(clock.now()), read_after=await asyncio.to_thread(self._read_after)
        )
        await activity.client().start_workflow(
            "MailboxWatchWorkflow",
            MailboxWatchStart(channel=channel_id),
            id=mailbox_workflow_id(channel_id),
            task_queue=activity.info().task_queue,
            start_signal="sent",
            start_signal_args=[left],
            static_summary=f"{channel_id}: what comes back",
        )

    def _has_begun(self, channel: str) -> bool:
        with self._ledger.read() as connection:
            return mailbox_cursor(connection, channel) is not None

    def _keep(self, channel: str, cursor: str, now: int) -> None:
        with self._ledger.write() as connection:
            keep_cursor(connection, channel, cursor, now)

    def _read_after(self) -> list[timedelta]:
        with self._ledger.read() as connection:
            organisation = load_organisation(connection)
        return READ_INBOX_AFTER if organisation is None else organisation.read_inbox_after
