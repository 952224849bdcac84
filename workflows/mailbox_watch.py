"""MailboxWatchWorkflow: reads one mailbox after sending, for all campaigns."""

from collections import Counter
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        MailboxProgress,
        MailboxRead,
        MailboxWatchStart,
        MailSent,
        ReadMailbox,
    )

from workflows import activity_calls, search_attributes, story
from workflows.reading_times import ReadingTimes
from workflows.signals import try_signal

_LOOK_AGAIN = timedelta(hours=1)
"""A parked channel's state is looked at this often; its provider is not asked."""
_SHORTEST = timedelta(milliseconds=1)


@workflow.defn
class MailboxWatchWorkflow:
    """Sleeps until the mailbox is to be read, reads it, ends when no reading is outstanding."""

    @workflow.init
    def __init__(self, start: MailboxWatchStart) -> None:
        self._channel = start.channel
        self._kind = start.kind
        self._times = ReadingTimes(start.checks, start.read_at)
        self._readings = 0
        self._outcomes: Counter[str] = Counter()
        self._parked = False
        self._woken = False
        """Somebody repaired the channel, and it was not looked at since."""
        self._waits_for = ""

    @workflow.run
    async def run(self, start: MailboxWatchStart) -> MailboxProgress:  # noqa: ARG002 - kept by init
        """Watch the mailbox."""
        workflow.upsert_search_attributes([search_attributes.CHANNEL.value_set([self._channel])])
        await workflow.wait_condition(lambda: self._times.next is not None)  # its first signal
        while self._times.next is not None:
            await self._until_due()
            if self._is_due():
                await self._read()
            if self._goes_on_afresh():
                await self._continue_as_new()
        self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.progress()

    @workflow.signal
    def sent(self, mail: MailSent) -> None:
        """Plan the readings after a send."""
        self._times.sent(mail.at, mail.read_after)

    @workflow.signal
    def wake(self, reason: str) -> None:  # noqa: ARG002 - for whoever reads the history
        """Read now: the channel was connected, repaired or resumed."""
        self._woken = True
        self._times.at_once(workflow.now())

    @workflow.query
    def progress(self) -> MailboxProgress:
        """Say what came back, and when the mailbox is read again."""
        return MailboxProgress(
            channel=self._channel,
            readings=self._readings,
            outcomes=dict(self._outcomes),
            checks=self._times.checks,
            waits_for=self._waits_for,
        )

    def _goes_on_afresh(self) -> bool:
        """Whether this history is long enough, and a reading is outstanding: none would wait."""
        return workflow.info().is_continue_as_new_suggested() and self._times.next is not None

    def _is_due(self) -> bool:
        due = self._times.next
        return due is not None and due <= workflow.now()

    async def _until_due(self) -> None:
        """Sleep until the next reading, or until a send asks for an earlier one."""
        due = self._times.next
        if due is None or self._is_due():
            return
        pause = max(due - workflow.now(), _SHORTEST)
        why = "is parked: looks again" if self._parked else "is read again"
        self._waits_for = f"{self._channel} {why} {story.clock_time(due, workflow.now())}"
        self._show()
        try:
            await workflow.wait_condition(
                lambda: self._times.next != due, timeout=pause, timeout_summary=self._waits_for
            )
        except TimeoutError:
            pass
        finally:
            self._waits_for = ""

    async def _read(self) -> None:
        began = workflow.now()  # mail that is sent meanwhile is read later
        self._woken = False
        read = await activity_calls.read_mailbox(ReadMailbox(channel=self._channel), self._kind)
        self._parked = read.parked
        if read.parked:
            if not self._woken:
                self._times.put_off(workflow.now() + _LOOK_AGAIN)
            return
        self._readings += 1
        self._outcomes.update(read.outcomes)
        await self._wake(read)
        for sequence in read.revive:
            await activity_calls.revive_sequence(sequence)
        if read.closed:
            self._times = ReadingTimes()
        else:
            self._times.read(began)

    async def _wake(self, read: MailboxRead) -> None:
        """Let sequences notice at once that they have less to do."""
        for workflow_id in sorted(read.wake):
            await try_signal(workflow_id, "wake", f"answers came back to {self._channel}")

    async def _continue_as_new(self) -> None:
        """Go on in a fresh history; what was counted stays with the old one."""
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            MailboxWatchStart(
                channel=self._channel,
                checks=self._times.checks,
                read_at=self._times.read_at,
                kind=self._kind,
            )
        )

    def _show(self) -> None:
        workflow.set_current_details(story.mailbox_details(self.progress()))
