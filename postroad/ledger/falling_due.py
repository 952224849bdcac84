"""What falls due and is not simply mailed: steps that are not for everybody, manual tasks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, select

from postroad.campaign.conditions import Deed, Known
from postroad.contracts import MessageState, SelectChannel
from postroad.ledger.going_on import Passed
from postroad.ledger.judging_variants import judge_variants
from postroad.ledger.settling_tasks import open_tasks
from postroad.ledger.skipping import REMOVED, skip
from postroad.ledger.steps import CampaignStep
from postroad.ledger.tables import Enrollment, Event, Message, Task

Due = Row[int, int, int, str, int, int | None]
"""(id, enrollment_id, position, domain, priority, due_at) of a message."""
_OF_EVENTS = (Deed.OPENED, Deed.CLICKED, Deed.REPLIED)


class FallingDue:
    """Goes through one sequence's due messages before they are given channels."""

    def __init__(
        self,
        connection: Connection,
        request: SelectChannel,
        steps: Sequence[CampaignStep],
        now: int,
    ) -> None:
        self._connection = connection
        self._request = request
        self._steps = steps
        self._now = now
        self.skipped = False
        """Whether somebody went on with their next step, which may be due as well."""

    def take_out(self, due: Sequence[Due]) -> set[int]:
        """Pass over the steps whose conditions do not hold, and open tasks.

        Returns:
            The row ids of the messages that are not to be mailed now.
        """
        for position in sorted({row.position for row in due}):
            step = self._steps[position]
            if step.is_to_be_judged(self._now):
                judge_variants(self._connection, self._request.campaign_id, step, self._now)
        skipped = self._skip([row for row in due if self._asks(row.position)])
        settled = skipped | self._reviewed(due)
        tasks = [
            (row.id, row.enrollment_id, row.position)
            for row in due
            if self._steps[row.position].settings.waits_for_somebody and row.id not in settled
        ]
        if tasks:
            open_tasks(self._connection, self._request.campaign_id, self._steps, tasks, self._now)
        return skipped | {message for message, _, _ in tasks}

    def _reviewed(self, due: Sequence[Due]) -> set[int]:
        """Return the mails that somebody has approved."""
        mails = [row.id for row in due if self._steps[row.position].settings.review]
        if not mails:
            return set()
        approved = select(Task.message).where(Task.message.in_(mails), Task.settled_at.is_not(None))
        return set(self._connection.scalars(approved))

    def _asks(self, position: int) -> bool:
        step = self._steps[position]
        settings = step.settings
        return step.removed or settings.only_if is not None or settings.unless is not None

    def _skip(self, conditional: Sequence[Due]) -> set[int]:
        if not conditional:
            return set()
        known = self._known({row.enrollment_id for row in conditional})
        passed: defaultdict[str, list[Passed]] = defaultdict(list)
        skipped: set[int] = set()
        for row in conditional:
            step = self._steps[row.position]
            why = REMOVED if step.removed else step.settings.why_not(known[row.enrollment_id])
            if why is not None:
                since = row.due_at or self._now
                passed[why].append(Passed(row.enrollment_id, row.position, since))
                skipped.add(row.id)
        for why, people in passed.items():
            skip(
                self._connection,
                self._request.campaign_id,
                self._request.sender,
                people,
                why,
                self._now,
            )
        self.skipped = self.skipped or bool(skipped)
        return skipped

    def _known(self, people: Iterable[int]) -> Mapping[int, Known]:
        ids = {step.position: step.id for step in self._steps}
        deeds: defaultdict[int, set[tuple[Deed, str]]] = defaultdict(set)
        events = select(Event.enrollment_id, Event.position, Event.event).where(
            Event.enrollment_id.in_(people), Event.event.in_(_OF_EVENTS)
        )
        done = select(Message.enrollment_id, Message.position).where(
            Message.enrollment_id.in_(people), Message.state == MessageState.DONE
        )
        for person, position, event in self._connection.execute(events):
            if person is not None and position in ids:
                deeds[person].add((Deed(event), ids[position]))
        for person, position in self._connection.execute(done):
            deeds[person].add((Deed.DONE, ids[position]))
        fields = self._connection.execute(
            select(Enrollment.id, Enrollment.fields).where(Enrollment.id.in_(people))
        )
        return {row.id: Known(row.fields, frozenset(deeds[row.id])) for row in fields}
