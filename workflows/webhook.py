"""WebhookWorkflow: posts what happens to one listener, for as long as it listens."""

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        DeliverEvents,
        EventsDelivered,
        WebhookProgress,
        WebhookStart,
    )

from workflows import activity_calls, story

RETRY_LADDER = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=4),
)
"""Pauses after a listener refused; the last one again and again."""


@workflow.defn
class WebhookWorkflow:
    """Has events posted; waits longer and longer while the listener does not take them."""

    @workflow.init
    def __init__(self, start: WebhookStart) -> None:
        self._webhook = start.webhook
        self._refusals = start.refusals
        self._taken = 0
        self._woken = False
        self._waits_for = ""

    @workflow.run
    async def run(self, start: WebhookStart) -> WebhookProgress:  # noqa: ARG002 - kept by init
        """Post until the webhook is disabled or removed."""
        while True:
            self._woken = False
            delivered = await activity_calls.deliver_events(DeliverEvents(webhook=self._webhook))
            self._taken += delivered.taken
            if delivered.over and not self._woken:
                break
            if delivered.refused:
                await self._rest(delivered)
            else:
                self._refusals = 0
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    WebhookStart(webhook=self._webhook, refusals=self._refusals)
                )
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.progress()

    @workflow.signal
    def wake(self, reason: str) -> None:  # noqa: ARG002 - history shows the reason
        """Try again now: it was enabled or changed."""
        self._woken = True

    @workflow.query
    def progress(self) -> WebhookProgress:
        """Say how many events were taken, and what is waited for."""
        return WebhookProgress(
            webhook=self._webhook,
            taken=self._taken,
            refusals=self._refusals,
            waits_for=self._waits_for,
        )

    async def _rest(self, delivered: EventsDelivered) -> None:
        """Wait before the next try; the more often in a row, the longer."""
        self._refusals = 1 if delivered.taken else self._refusals + 1
        pause = RETRY_LADDER[min(self._refusals, len(RETRY_LADDER)) - 1]
        if delivered.retry_after is not None:
            pause = max(pause, delivered.retry_after)
        until = story.clock_time(workflow.now() + pause, workflow.now())
        self._waits_for = f"{self._webhook} answered {delivered.refused}: again {until}"
        try:
            await workflow.wait_condition(
                lambda: self._woken, timeout=pause, timeout_summary=self._waits_for
            )
        except TimeoutError:
            pass
        finally:
            self._waits_for = ""
