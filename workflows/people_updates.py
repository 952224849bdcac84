"""Updates about the people of a running campaign."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        AddPeople,
        AdvanceEnrollment,
        AdvancePerson,
        ChunkEnrolled,
        HandOver,
        PauseEnrollment,
        PausePerson,
        PeopleAdded,
        PersonAdvanced,
        PersonPaused,
        PersonRemoved,
        PersonResumed,
        RemoveEnrollment,
        RemovePerson,
        ReplaceSender,
        ResumeEnrollment,
        ResumePerson,
        SenderReplaced,
        SettleOpenTask,
        SettleTask,
        TaskSettled,
        sequence_workflow_id,
    )

from workflows import activity_calls
from workflows.refusal import refuse
from workflows.signals import try_signal
from workflows.updatable import Updatable


class PeopleUpdates(Updatable):
    """Adds people, takes them out, moves them on, and gives them to another sender."""

    _pending: list[int]
    """Chunks of the audience that are still to be enrolled."""
    _chunks: int
    _added: dict[int, ChunkEnrolled]
    """What became of chunks, until whoever added them is told."""

    @workflow.update
    async def add_people(self, people: AddPeople) -> PeopleAdded:
        """Enrol more people, whose rows were staged in the ledger before."""
        self._pending.extend(people.chunks)
        self._chunks += len(people.chunks)
        await workflow.wait_condition(lambda: all(n in self._added for n in people.chunks))
        results = [self._added.pop(number) for number in people.chunks]
        return PeopleAdded(
            enrolled=sum(result.enrolled for result in results),
            rejected=sum(result.rejected for result in results),
        )

    @add_people.validator
    def _may_add_people(self, people: AddPeople) -> None:
        self._refuse_when_over()
        if not people.chunks:
            raise refuse("no people were staged")

    @workflow.update
    async def remove_person(self, person: RemovePerson) -> PersonRemoved:
        """End one person's sequence; a message on the wire is finished."""
        return await activity_calls.remove_person(
            RemoveEnrollment(campaign_id=self._campaign_id, email=person.email, by=person.by)
        )

    @remove_person.validator
    def _may_remove_person(self, person: RemovePerson) -> None:
        self._refuse_when_over()
        if "@" not in person.email:
            raise refuse(f"{person.email!r} is no email address")

    @workflow.update
    async def advance_person(self, person: AdvancePerson) -> PersonAdvanced:
        """Let what a person waits for be due now; windows and limits still hold."""
        advanced = await activity_calls.advance_person(
            AdvanceEnrollment(campaign_id=self._campaign_id, email=person.email, by=person.by)
        )
        await try_signal(advanced.workflow_id, "wake", "a person was moved forward")
        return advanced

    @advance_person.validator
    def _may_advance_person(self, person: AdvancePerson) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def pause_person(self, person: PausePerson) -> PersonPaused:
        """Let nothing leave to one person; their sequence does not end meanwhile."""
        return await activity_calls.pause_person(
            PauseEnrollment(campaign_id=self._campaign_id, **person.model_dump())
        )

    @pause_person.validator
    def _may_pause_person(self, person: PausePerson) -> None:
        self._refuse_when_over()
        if person.until is not None and person.until <= workflow.now():
            raise refuse(f"{person.until:%Y-%m-%d %H:%M} UTC has passed: name a later time")

    @workflow.update
    async def resume_person(self, person: ResumePerson) -> PersonResumed:
        """Let a person go on who was paused."""
        resumed = await activity_calls.resume_person(
            ResumeEnrollment(campaign_id=self._campaign_id, email=person.email, by=person.by)
        )
        await try_signal(resumed.workflow_id, "wake", "a person was resumed")
        return resumed

    @resume_person.validator
    def _may_resume_person(self, person: ResumePerson) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def settle_task(self, task: SettleTask) -> TaskSettled:
        """Note that a manual task was done or is skipped; the person goes on."""
        settled = await activity_calls.settle_task(
            SettleOpenTask(campaign_id=self._campaign_id, **task.model_dump())
        )
        await try_signal(settled.workflow_id, "wake", "a task was settled")
        return settled

    @settle_task.validator
    def _may_settle_task(self, task: SettleTask) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def replace_sender(self, change: ReplaceSender) -> SenderReplaced:
        """Let another sender write to a sender's people from now on."""
        replaced = await activity_calls.hand_over(
            HandOver(
                campaign_id=self._campaign_id,
                sender=change.sender,
                replacement=change.replacement,
                by=change.by,
            )
        )
        if replaced.people:
            await self._start_or_wake(change.replacement)
        leaving = sequence_workflow_id(self._campaign_id, change.sender)
        await try_signal(leaving, "wake", f"{change.replacement} takes over")
        return replaced

    @replace_sender.validator
    def _may_replace_sender(self, change: ReplaceSender) -> None:
        self._refuse_when_over()
        if change.sender == change.replacement:
            raise refuse(f"{change.sender} cannot take over from themselves")
