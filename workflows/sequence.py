"""SequenceWorkflow: one campaign's steps as executed for one sender's people."""

import asyncio
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        ChannelsSelected,
        ReleaseQuota,
        SelectChannel,
        SendWave,
        SequenceEnded,
        SequenceProgress,
        SequenceStart,
        Steering,
        UnfinishedWave,
        campaign_workflow_id,
    )

from workflows import activity_calls, search_attributes, story
from workflows.lane import Lane
from workflows.signals import try_signal
from workflows.tally import Tally

_GATHER = timedelta(seconds=5)
"""Messages that fall due within this time are picked up together: fewer, fuller waves."""

_RECHECK_HELD = timedelta(hours=1)
"""Held messages are looked at this often even if nobody says that the cause is gone."""


@workflow.defn
class SequenceWorkflow:
    """Sends what is due, sleeps until more is due, ends when everybody's sequence has ended."""

    @workflow.init
    def __init__(self, start: SequenceStart) -> None:
        self.campaign_id = start.campaign_id
        self.sender = start.sender
        self.tally = Tally()
        self._waves = start.waves
        self._paused = start.paused
        self._cancelled = False
        self._woken = False
        self._lanes: dict[str, Lane] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._channels: list[str] = []
        self._waits_for = ""

    @workflow.run
    async def run(self, start: SequenceStart) -> SequenceProgress:
        """Run the sequence."""
        for wave in start.unfinished:
            await self._take_up(wave)
        while not self._cancelled:
            if self._paused:
                await self._rest_while_paused()
                continue
            self._woken = False
            selected = await self._select()
            if selected.paused:
                await self._tell_of_pause(selected.paused)
                continue
            self._open_lanes(selected)
            if not (self._tasks or selected.people_open or self._woken):
                break
            await self._wait_for_news(selected)
            if workflow.info().is_continue_as_new_suggested() and not self._cancelled:
                await self._continue_as_new()
        await self._close_lanes()
        await self._leave_queues()
        await self._tell_campaign()
        self._show("cancelled" if self._cancelled else "completed")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.progress()

    @workflow.signal
    def pause(self, steering: Steering) -> None:
        """Start no further wave until resumed."""
        self._waits_for = story.steered("paused", steering)
        self._paused = True

    @workflow.signal
    def resume(self, steering: Steering) -> None:  # noqa: ARG002 - history shows who and why
        """Go on."""
        self._paused = False

    @workflow.signal
    def cancel(self, steering: Steering) -> None:  # noqa: ARG002 - history shows who and why
        """Finish what is on the wire and end."""
        self._cancelled = True

    @workflow.signal
    def wake(self, reason: str) -> None:  # noqa: ARG002 - history shows the reason
        """Look again now: people were added, a channel was repaired, a message was released."""
        self._woken = True
        for lane in self._lanes.values():
            lane.poke()

    @workflow.query
    def progress(self) -> SequenceProgress:
        """Say what was done and what each channel waits for."""
        waiting = [
            f"{name}: {lane.waits_for}" for name, lane in self._lanes.items() if lane.waits_for
        ]
        if self._waits_for:
            waiting.append(self._waits_for)
        return SequenceProgress(
            campaign_id=self.campaign_id,
            sender=self.sender,
            state=self._state,
            waves=self._waves,
            sent=self.tally.sent,
            failed=self.tally.failed,
            uncertain=self.tally.uncertain,
            waiting=waiting,
        )

    def next_wave(self) -> int:
        """Return a wave number that was never used before."""
        self._waves += 1
        return self._waves

    @property
    def halted(self) -> bool:
        """Whether no further wave may start."""
        return self._paused or self._cancelled or workflow.info().is_continue_as_new_suggested()

    @property
    def _state(self) -> str:
        if self._cancelled:
            return "cancelled"
        return "paused" if self._paused else "running"

    async def _tell_of_pause(self, reason: str) -> None:
        """Pause, and let the campaign know, which the ledger paused for its bounces."""
        steering = Steering(by="postroad", reason=reason)
        self.pause(steering)
        await try_signal(campaign_workflow_id(self.campaign_id), "paused_itself", steering)

    async def _take_up(self, wave: UnfinishedWave) -> None:
        """Finish a wave of a sequence that was lost; what is in doubt is looked into."""
        request = SendWave(
            campaign_id=self.campaign_id, sender=self.sender, channel=wave.channel, wave=wave.wave
        )
        what = f"{wave.messages} messages, taken up again"
        self.tally.add(await activity_calls.send_wave(request, wave.kind, what=what))

    async def _select(self) -> ChannelsSelected:
        return await activity_calls.select_channel(
            SelectChannel(campaign_id=self.campaign_id, sender=self.sender)
        )

    def _open_lanes(self, selected: ChannelsSelected) -> None:
        for chosen in selected.channels:
            if chosen.channel not in self._lanes:
                self._open_lane(chosen.channel, chosen.kind)

    def _open_lane(self, channel: str, kind: str) -> None:
        lane = Lane(self, channel, kind)
        self._lanes[channel] = lane
        self._tasks[channel] = asyncio.create_task(lane.run())
        if channel not in self._channels:
            self._channels.append(channel)
            workflow.upsert_search_attributes([search_attributes.CHANNEL.value_set(self._channels)])

    async def _wait_for_news(self, selected: ChannelsSelected) -> None:
        """Sleep until something is due, a lane has ended, or somebody wakes the sequence."""
        pause, self._waits_for = story.next_look(
            selected, workflow.now(), gather=_GATHER, recheck=_RECHECK_HELD
        )
        self._show(self._state)
        try:
            await workflow.wait_condition(
                lambda: self._woken or self.halted or self._some_lane_ended(),
                timeout=pause,
                timeout_summary=self._waits_for,
            )
        except TimeoutError:
            pass
        finally:
            self._waits_for = ""
        self._reap_lanes()

    def _some_lane_ended(self) -> bool:
        return any(task.done() for task in self._tasks.values())

    def _reap_lanes(self) -> None:
        for channel, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[channel], self._lanes[channel]
                task.result()

    async def _close_lanes(self) -> None:
        await workflow.wait_condition(lambda: all(task.done() for task in self._tasks.values()))
        self._reap_lanes()

    async def _rest_while_paused(self) -> None:
        await self._close_lanes()
        await self._leave_queues()
        self._show("paused")
        workflow.upsert_search_attributes([search_attributes.STATE.value_set("paused")])
        await workflow.wait_condition(lambda: not self._paused or self._cancelled)
        self._waits_for = ""
        workflow.upsert_search_attributes([search_attributes.STATE.value_set(self._state)])

    async def _leave_queues(self) -> None:
        """Give up the places in the queues, and wake those who may go earlier for it."""
        released = await activity_calls.release_quota(
            ReleaseQuota(campaign_id=self.campaign_id, sender=self.sender)
        )
        for workflow_id in released.wake:
            await try_signal(workflow_id, "wake", f"{self.sender} left the queue")

    async def _tell_campaign(self) -> None:
        ended = SequenceEnded(
            sender=self.sender, first_run_id=workflow.info().first_execution_run_id
        )
        await try_signal(campaign_workflow_id(self.campaign_id), "sequence_ended", ended)

    async def _continue_as_new(self) -> None:
        """Go on in a fresh history: waves on the wire are finished, everything else is kept."""
        await self._close_lanes()
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._cancelled:
            workflow.continue_as_new(
                SequenceStart(
                    campaign_id=self.campaign_id,
                    sender=self.sender,
                    waves=self._waves,
                    paused=self._paused,
                )
            )

    def _show(self, state: str) -> None:
        workflow.set_current_details(story.sequence_details(self.progress(), state))
