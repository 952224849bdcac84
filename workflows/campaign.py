"""CampaignWorkflow: enrols the audience, runs one sequence per sender, and is steered here."""

import asyncio

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        CampaignProgress,
        CampaignStart,
        CampaignState,
        ChunkEnrolled,
        EnrolChunk,
        LostSequence,
        ReviveSequences,
        SequenceEnded,
        SequenceStart,
        SetCampaignState,
        Steering,
        sequence_workflow_id,
    )

from workflows import activity_calls, search_attributes, story
from workflows.people_updates import PeopleUpdates
from workflows.refusal import refuse
from workflows.sequence import SequenceWorkflow
from workflows.signals import try_signal
from workflows.step_updates import StepUpdates


@workflow.defn
class CampaignWorkflow(PeopleUpdates, StepUpdates):
    """One campaign from launch to its last person's last step."""

    @workflow.init
    def __init__(self, start: CampaignStart) -> None:
        self._campaign_id = start.campaign_id
        self._name = start.name
        self._is_new = start.pending_chunks is None
        self._pending = (
            list(range(start.chunks)) if start.pending_chunks is None else start.pending_chunks
        )
        self._chunks = start.chunks
        self._running = dict(start.running)
        self._enrolled = start.enrolled
        self._rejected = start.rejected
        self._added: dict[int, ChunkEnrolled] = {}
        self._one_at_a_time = asyncio.Lock()
        self._state = CampaignState.RUNNING
        if start.paused:
            self._state = CampaignState.PAUSED
        if start.cancelled:
            self._state = CampaignState.CANCELLED

    @workflow.run
    async def run(self, start: CampaignStart) -> CampaignProgress:  # noqa: ARG002 - kept by init
        """Run the campaign."""
        if self._is_new:
            await self._record(CampaignState.RUNNING, Steering(by=""))
        while self._has_work():
            if self._pending and self._state is not CampaignState.CANCELLED:
                await self._enrol(self._pending[0])
            else:
                await workflow.wait_condition(self._has_news)
            self._show()
            if self._should_continue_as_new():
                self._continue_as_new()
        if self._state is not CampaignState.CANCELLED:
            self._state = CampaignState.COMPLETED
        await self._record(self._state, Steering(by=""))
        self._show()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.progress()

    @workflow.query
    def progress(self) -> CampaignProgress:
        """Say where the campaign stands."""
        return CampaignProgress(
            campaign_id=self._campaign_id,
            state=self._state,
            enrolled=self._enrolled,
            rejected=self._rejected,
            chunks_to_enrol=len(self._pending),
            sequences_running=sorted(self._running),
        )

    @workflow.signal
    def sequence_ended(self, ended: SequenceEnded) -> None:
        """Note that a sender's people are done; a message of an older run changes nothing."""
        if self._running.get(ended.sender) == ended.first_run_id:
            del self._running[ended.sender]

    @workflow.signal
    async def paused_itself(self, steering: Steering) -> None:
        """Note that the ledger paused the campaign, and let every sequence pause."""
        if self._state is CampaignState.RUNNING:
            self._state = CampaignState.PAUSED
            await self._steer("pause", steering)

    # --- steering -----------------------------------------------------------------------------

    @workflow.update
    async def pause(self, steering: Steering) -> CampaignProgress:
        """Start no further message until resumed; what is on the wire is finished."""
        self._state = CampaignState.PAUSED
        await self._steer("pause", steering)
        return self.progress()

    @pause.validator
    def _may_pause(self, steering: Steering) -> None:  # noqa: ARG002
        self._refuse_when_over()
        if self._state is CampaignState.PAUSED:
            raise refuse(f"campaign {self._campaign_id} is already paused")

    @workflow.update
    async def resume(self, steering: Steering) -> CampaignProgress:
        """Go on after a pause."""
        self._state = CampaignState.RUNNING
        await self._steer("resume", steering)
        return self.progress()

    @resume.validator
    def _may_resume(self, steering: Steering) -> None:  # noqa: ARG002
        self._refuse_when_over()
        if self._state is not CampaignState.PAUSED:
            raise refuse(f"campaign {self._campaign_id} is not paused")

    @workflow.update
    async def cancel(self, steering: Steering) -> CampaignProgress:
        """End the campaign: what has not been sent is suppressed."""
        self._state = CampaignState.CANCELLED
        await self._steer("cancel", steering)
        return self.progress()

    @cancel.validator
    def _may_cancel(self, steering: Steering) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def revive(self, lost: ReviveSequences) -> CampaignProgress:
        """Start sequences again that ended too early, from where the ledger says they were."""
        workflow.upsert_search_attributes(
            [
                search_attributes.CAMPAIGN.value_set(self._campaign_id),
                search_attributes.STATE.value_set(self._state),
            ]
        )
        for sequence in lost.sequences:
            await self._start(sequence)
        return self.progress()

    @revive.validator
    def _may_revive(self, lost: ReviveSequences) -> None:  # noqa: ARG002
        self._refuse_when_over()

    # --- running ------------------------------------------------------------------------------

    def _has_work(self) -> bool:
        if not workflow.all_handlers_finished():
            return True
        cancelled = self._state is CampaignState.CANCELLED
        return bool(self._running or (self._pending and not cancelled))

    def _has_news(self) -> bool:
        pending = bool(self._pending) and self._state is not CampaignState.CANCELLED
        return pending or not self._has_work() or self._should_continue_as_new()

    def _should_continue_as_new(self) -> bool:
        """Only between updates: one that is being handled would be lost with this run."""
        return workflow.info().is_continue_as_new_suggested() and workflow.all_handlers_finished()

    async def _enrol(self, chunk: int) -> None:
        enrolled = await activity_calls.enrol_chunk(
            EnrolChunk(campaign_id=self._campaign_id, chunk=chunk)
        )
        self._enrolled += enrolled.enrolled
        self._rejected += enrolled.rejected
        for sender in enrolled.senders:
            await self._start_or_wake(sender)
        self._added[chunk] = enrolled
        self._pending.remove(chunk)

    async def _start_or_wake(self, sender: str, *, waves: int = 0) -> None:
        workflow_id = sequence_workflow_id(self._campaign_id, sender)
        if sender in self._running and await try_signal(workflow_id, "wake", "there is more to do"):
            return
        await self._start(LostSequence(sender=sender, waves=waves, unfinished=[]))

    async def _wake_all(self, reason: str) -> None:
        for sender in sorted(self._running):
            await try_signal(sequence_workflow_id(self._campaign_id, sender), "wake", reason)

    async def _start(self, sequence: LostSequence) -> None:
        sender = sequence.sender
        handle = await workflow.start_child_workflow(
            SequenceWorkflow.run,
            SequenceStart(
                campaign_id=self._campaign_id,
                sender=sender,
                waves=sequence.waves,
                paused=self._state is CampaignState.PAUSED,
                unfinished=sequence.unfinished,
            ),
            id=sequence_workflow_id(self._campaign_id, sender),
            # A sequence outlives the runs of its campaign, which continues as new.
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(search_attributes.CAMPAIGN, self._campaign_id),
                    SearchAttributePair(search_attributes.SENDER, sender),
                    SearchAttributePair(search_attributes.STATE, "running"),
                ]
            ),
            static_summary=f"{self._name or self._campaign_id}: {sender}",
        )
        self._running[sender] = handle.first_execution_run_id or ""

    async def _steer(self, signal: str, steering: Steering) -> None:
        """Write the new state to the ledger first: it stops messages at the last instant."""
        state = self._state
        async with self._one_at_a_time:
            await self._record(state, steering)
            for sender in sorted(self._running):
                workflow_id = sequence_workflow_id(self._campaign_id, sender)
                await try_signal(workflow_id, signal, steering)
        self._show()

    async def _record(self, state: CampaignState, steering: Steering) -> None:
        await activity_calls.set_campaign_state(
            SetCampaignState(
                campaign_id=self._campaign_id,
                state=state,
                by=steering.by,
                reason=steering.reason,
            )
        )
        workflow.upsert_search_attributes([search_attributes.STATE.value_set(state)])

    def _continue_as_new(self) -> None:
        workflow.continue_as_new(
            CampaignStart(
                campaign_id=self._campaign_id,
                name=self._name,
                chunks=self._chunks,
                pending_chunks=self._pending,
                running=self._running,
                enrolled=self._enrolled,
                rejected=self._rejected,
                paused=self._state is CampaignState.PAUSED,
                cancelled=self._state is CampaignState.CANCELLED,
            )
        )

    def _refuse_when_over(self) -> None:
        if self._state in (CampaignState.COMPLETED, CampaignState.CANCELLED):
            raise refuse(f"campaign {self._campaign_id} is {self._state}")

    def _show(self) -> None:
        workflow.set_current_details(story.campaign_details(self.progress()))
