"""Workflows that only note what they are asked, in place of a campaign and its sequences."""

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        AddPeople,
        AddStep,
        AdvancePerson,
        CampaignProgress,
        CampaignState,
        ChangeStep,
        PausePerson,
        PeopleAdded,
        PersonAdvanced,
        PersonPaused,
        PersonRemoved,
        PersonResumed,
        RemovePerson,
        RemoveStep,
        ReplaceSender,
        ResumePerson,
        SenderReplaced,
        SettleTask,
        Steering,
        StepAdded,
        StepChanged,
        StepRemoved,
        TaskSettled,
    )


@workflow.defn
class NotingCampaign:
    """Answers updates as a campaign does; refuses to be paused twice."""

    def __init__(self) -> None:
        self._state = CampaignState.RUNNING
        self._notes: list[str] = []

    @workflow.run
    async def run(self) -> None:
        """Run until the test ends it."""
        await asyncio.Event().wait()

    @workflow.query
    def notes(self) -> list[str]:
        """Return what was asked, in order."""
        return self._notes

    @workflow.update
    def pause(self, steering: Steering) -> CampaignProgress:
        """Note a pause."""
        return self._steer(CampaignState.PAUSED, steering)

    @pause.validator
    def _may_pause(self, steering: Steering) -> None:  # noqa: ARG002
        if self._state is CampaignState.PAUSED:
            raise ApplicationError("campaign q4 is already paused", type="Refused")

    @workflow.update
    def resume(self, steering: Steering) -> CampaignProgress:
        """Note a resumption."""
        return self._steer(CampaignState.RUNNING, steering)

    @workflow.update
    def cancel(self, steering: Steering) -> CampaignProgress:
        """Note a cancellation."""
        return self._steer(CampaignState.CANCELLED, steering)

    @workflow.update
    def settle_task(self, task: SettleTask) -> TaskSettled:
        """Note that a task was settled."""
        note = f" ({task.note})" if task.note else ""
        what = "done" if task.done else "skipped"
        self._notes.append(f"task {task.task} {what} by {task.by}{note}")
        return TaskSettled(step="call", workflow_id="sequence/q4/ana@acme.test")

    @workflow.update
    def add_people(self, people: AddPeople) -> PeopleAdded:
        """Note the chunks that were added."""
        self._notes.append(f"chunks {people.chunks} by {people.by}")
        return PeopleAdded(enrolled=len(people.chunks), rejected=0)

    @workflow.update
    def remove_person(self, person: RemovePerson) -> PersonRemoved:
        """Note who was removed."""
        self._notes.append(f"removed {person.email} by {person.by}")
        return PersonRemoved(messages_stopped=2)

    @workflow.update
    def advance_person(self, person: AdvancePerson) -> PersonAdvanced:
        """Note who was moved on."""
        self._notes.append(f"advanced {person.email} by {person.by}")
        return PersonAdvanced(step="nudge", workflow_id="sequence/q4/ana@acme.test")

    @workflow.update
    def pause_person(self, person: PausePerson) -> PersonPaused:
        """Note who was paused."""
        until = "" if person.until is None else f" until {person.until.isoformat()}"
        self._notes.append(f"paused {person.email} by {person.by}{until}: {person.reason}")
        return PersonPaused(step="nudge")

    @workflow.update
    def resume_person(self, person: ResumePerson) -> PersonResumed:
        """Note who was resumed."""
        self._notes.append(f"resumed {person.email} by {person.by}")
        return PersonResumed(step=None, due_at=None, workflow_id="sequence/q4/ana@acme.test")

    @workflow.update
    def replace_sender(self, change: ReplaceSender) -> SenderReplaced:
        """Note who takes over."""
        self._notes.append(f"{change.replacement} for {change.sender} by {change.by}")
        return SenderReplaced(people=2)

    @workflow.update
    def change_step(self, change: ChangeStep) -> StepChanged:
        """Note which text is sent now."""
        timed = "" if change.timing is None else " at other times"
        self._notes.append(f"{change.step} is version {change.version}{timed} by {change.by}")
        return StepChanged(messages_affected=3)

    @workflow.update
    def add_step(self, addition: AddStep) -> StepAdded:
        """Note what was added."""
        finished = " for everybody" if addition.reopen_finished else ""
        self._notes.append(
            f"added {addition.step} at {addition.position} by {addition.by}{finished}"
        )
        return StepAdded(people=1)

    @workflow.update
    def remove_step(self, removal: RemoveStep) -> StepRemoved:
        """Note what was removed."""
        self._notes.append(f"removed {removal.step} by {removal.by}")
        return StepRemoved(messages_skipped=1)

    def _steer(self, state: CampaignState, steering: Steering) -> CampaignProgress:
        self._state = state
        self._notes.append(f"{state} by {steering.by}: {steering.reason}")
        return CampaignProgress(
            campaign_id="q4",
            state=state,
            enrolled=0,
            rejected=0,
            chunks_to_enrol=0,
            sequences_running=[],
        )


@workflow.defn
class NotingSequence:
    """Notes why it was woken."""

    def __init__(self) -> None:
        self._notes: list[str] = []

    @workflow.run
    async def run(self) -> None:
        """Run until the test ends it."""
        await asyncio.Event().wait()

    @workflow.query
    def notes(self) -> list[str]:
        """Return the reasons given, in order."""
        return self._notes

    @workflow.signal
    def wake(self, reason: str) -> None:
        """Note why."""
        self._notes.append(reason)
