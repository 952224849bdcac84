"""Having a mailbox read before and after something is sent through it."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from activities.clock import Clock
from activities.mailbox_reading import MailboxReading
from activities.open_channels import OpenChannel
from activities.reviving import wake_or_revive
from postroad.channels.base import ChannelError, DeliveryChannel
from postroad.contracts import MailboxWatchStart, MailSent, mailbox_workflow_id
from postroad.instants import MINUTE, moment
from postroad.ledger.engine import Ledger
from postroad.ledger.mailboxes import keep_cursor, mailbox_read_at
from postroad.ledger.organisation import load_organisation
from postroad.workspace import READ_INBOX_AFTER

STALE = 30 * MINUTE
"""A mailbox that was read longer ago is read before anything leaves through it."""

_MOST_SECONDS = 20.0
_log = structlog.get_logger(__name__)


class MailboxWatches:
    """This worker's part in watching the inboxes behind its channels."""

    def __init__(self, ledger: Ledger, task_queue: str) -> None:
        """Prepare.

        Args:
            ledger: where mailboxes' cursors are.
            task_queue: where workflows are worked on.
        """
        self._ledger = ledger
        self._task_queue = task_queue

    async def begin(self, channel_id: str, channel: DeliveryChannel, clock: Clock) -> None:
        """Know what came back before mail leaves: nobody who answered shall be written to.

        The first time it notes where the inbox stands, since bounces can be quick. An inbox that
        cannot be read now keeps no mail from leaving: the next wave tries again.
        """
        if not channel.has_inbox:
            return
        read_at = await asyncio.to_thread(self._read_at, channel_id)
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                if read_at is None:
                    await self._begin_reading(channel_id, channel, clock)
                elif clock.now() - read_at > STALE:
                    await self._read_on(channel_id, channel, clock)
        except (ChannelError, TimeoutError) as error:
            _log.info("inbox_not_read", channel=channel_id, error=type(error).__name__)

    async def _begin_reading(self, channel_id: str, channel: DeliveryChannel, clock: Clock) -> None:
        page = await channel.read_inbox(None)
        if page is not None:
            await asyncio.to_thread(self._keep, channel_id, page.cursor, clock.now())

    async def _read_on(self, channel_id: str, channel: DeliveryChannel, clock: Clock) -> None:
        read = await MailboxReading(self._ledger, channel_id, channel, clock).read()
        for workflow_id in read.wake:
            handle = activity.client().get_workflow_handle(workflow_id)
            with suppress(RPCError):  # it has ended meanwhile
                await handle.signal("wake", f"answers came back to {channel_id}")
        for sequence in read.revive:
            with suppress(WorkflowUpdateFailedError):  # it ends, and `postroad reconcile` tells
                await wake_or_revive(activity.client(), self._ledger, self._task_queue, sequence)

    async def sent(self, channel_id: str, opened: OpenChannel, clock: Clock) -> None:
        """Tell the mailbox's watch, which is started where none is running, that mail left."""
        if not opened.channel.has_inbox:
            return
        left = MailSent(
            at=moment(clock.now()), read_after=await asyncio.to_thread(self._read_after)
        )
        await activity.client().start_workflow(
            "MailboxWatchWorkflow",
            MailboxWatchStart(channel=channel_id, kind=opened.kind),
            id=mailbox_workflow_id(channel_id),
            task_queue=self._task_queue,
            start_signal="sent",
            start_signal_args=[left],
            static_summary=f"{channel_id}: what comes back",
        )

    def _read_at(self, channel: str) -> int | None:
        with self._ledger.read() as connection:
            return mailbox_read_at(connection, channel)

    def _keep(self, channel: str, cursor: str, now: int) -> None:
        with self._ledger.write() as connection:
            keep_cursor(connection, channel, cursor, now)

    def _read_after(self) -> list[timedelta]:
        with self._ledger.read() as connection:
            organisation = load_organisation(connection)
        return READ_INBOX_AFTER if organisation is None else organisation.read_inbox_after
