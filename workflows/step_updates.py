"""Updates about the steps of a running campaign."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from postroad.contracts import (
        AddStep,
        ChangeStep,
        InsertStep,
        PublishStepText,
        RemoveStep,
        StepAdded,
        StepChanged,
        StepRemoved,
        TakeOutStep,
    )

from workflows import activity_calls
from workflows.updatable import Updatable


class StepUpdates(Updatable):
    """Changes steps, adds some, and takes them out."""

    @workflow.update
    async def change_step(self, change: ChangeStep) -> StepChanged:
        """Send another version of a step's text from now on, at other hours where these change."""
        changed = await activity_calls.change_step(
            PublishStepText(campaign_id=self._campaign_id, **change.model_dump())
        )
        if change.timing is not None:
            await self._wake_all(f"{change.step} was changed")
        return changed

    @change_step.validator
    def _may_change_step(self, change: ChangeStep) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def add_step(self, addition: AddStep) -> StepAdded:
        """Send one step more; sequences that have ended start again where they have people."""
        inserted = await activity_calls.add_step(
            InsertStep(campaign_id=self._campaign_id, **addition.model_dump())
        )
        for sequence in inserted.sequences:
            await self._start_or_wake(sequence.sender, waves=sequence.waves)
        return StepAdded(people=inserted.people)

    @add_step.validator
    def _may_add_step(self, addition: AddStep) -> None:  # noqa: ARG002
        self._refuse_when_over()

    @workflow.update
    async def remove_step(self, removal: RemoveStep) -> StepRemoved:
        """Let nobody get a step any more; whoever waits for it goes on with the next."""
        removed = await activity_calls.remove_step(
            TakeOutStep(campaign_id=self._campaign_id, **removal.model_dump())
        )
        await self._wake_all(f"{removal.step} was removed")
        return removed

    @remove_step.validator
    def _may_remove_step(self, removal: RemoveStep) -> None:  # noqa: ARG002
        self._refuse_when_over()
