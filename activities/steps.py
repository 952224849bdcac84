"""Changing the steps of a running campaign."""

import time

from temporalio import activity

from activities.audience import refusing
from activities.clock import ServerClock
from postroad.campaign.timing import Timing
from postroad.contracts import (
    InsertStep,
    NewTiming,
    PublishStepText,
    StepChanged,
    StepInserted,
    StepRemoved,
    TakeOutStep,
)
from postroad.ledger.adding_steps import (
    CannotAdd,
    insert_step,
    let_finished_go_on,
    plan_some,
    sequences_with_people,
    still_in_hand,
    waves_in_hand,
)
from postroad.ledger.changing_steps import (
    CannotChange,
    count_not_yet_left,
    position_of,
    publish_step,
    sequences_of,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.removing_steps import CannotRemove, pass_over_some, remove_step
from postroad.ledger.rescheduling import reschedule_step

_PART = 1_000
"""Messages looked at in one transaction, so that senders are never locked out for long."""
_LOOK_AGAIN_SECONDS = 0.5
"""How soon to see whether waves that had begun before a step was added are done."""


class StepActivities:
    """Activities on a campaign's steps."""

    def __init__(self, ledger: Ledger, clock: ServerClock) -> None:
        self._ledger = ledger
        self._clock = clock

    @activity.defn(name="change_step")
    def change_step(self, request: PublishStepText) -> StepChanged:
        """Send another version of a step's text from now on, at other hours where these change."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotChange), self._ledger.write() as connection:
            affected = publish_step(connection, request, now)
        if request.timing is not None:
            self._reschedule(request, request.timing, now)
        return StepChanged(messages_affected=affected)

    @activity.defn(name="remove_step")
    def remove_step(self, request: TakeOutStep) -> StepRemoved:
        """Take a step out, and let those go on who waited for it, part by part."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotRemove), self._ledger.write() as connection:
            position = remove_step(connection, request, now)
        skipped = 0
        while True:
            activity.heartbeat(skipped)
            with self._ledger.write() as connection:
                part = pass_over_some(connection, request.campaign_id, position, now)
            if not part:
                return StepRemoved(messages_skipped=skipped)
            skipped += part

    @activity.defn(name="add_step")
    def add_step(self, request: InsertStep) -> StepInserted:
        """Add a step at the end, for everybody who has not left; a retry goes on where it was."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotAdd), self._ledger.write() as connection:
            added_at = insert_step(connection, request, now)
        last: int | None = 0
        while last is not None:
            activity.heartbeat(last)
            with self._ledger.write() as connection:
                last = plan_some(connection, request, added_at, now, last)
        self._wait_for_waves(request, now)
        with self._ledger.read() as connection:
            sequences = sequences_with_people(connection, request.campaign_id)
            people = count_not_yet_left(connection, request.campaign_id, request.position)
        return StepInserted(people=people, sequences=sequences)

    def _wait_for_waves(self, request: InsertStep, now: int) -> None:
        """Let those go on whom a wave ended that had begun before the step was there."""
        with self._ledger.read() as connection:
            waves = waves_in_hand(connection, request)
        in_hand = True
        while in_hand:
            activity.heartbeat(len(waves))
            with self._ledger.write() as connection:
                in_hand = bool(waves) and still_in_hand(connection, waves)
                ended = let_finished_go_on(connection, request, now)
            if in_hand and not ended:
                time.sleep(_LOOK_AGAIN_SECONDS)
            in_hand = in_hand or bool(ended)

    def _reschedule(self, request: PublishStepText, timing: NewTiming, now: int) -> None:
        """Give those who wait for a step their new due times, part by part."""
        timings = (Timing.model_validate(timing.before), Timing.model_validate(timing.after))
        with self._ledger.read() as connection:
            position = position_of(connection, request.campaign_id, request.step)
            sequences = sequences_of(connection, request.campaign_id)
        for sequence in sequences:
            after: int | None = 0
            while after is not None:
                activity.heartbeat(sequence, after)
                with self._ledger.write() as connection:
                    after = reschedule_step(
                        connection,
                        sequence,
                        position,
                        timings,
                        now,
                        after=after,
                        at_most=_PART,
                    )
