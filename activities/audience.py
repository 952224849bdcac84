"""Enrolling people, and taking single ones out again."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.clock import ServerClock
from postroad.contracts import (
    AdvanceEnrollment,
    ChunkEnrolled,
    EnrolChunk,
    HandOver,
    PauseEnrollment,
    PersonAdvanced,
    PersonPaused,
    PersonRemoved,
    PersonResumed,
    RemoveEnrollment,
    ResumeEnrollment,
    SenderReplaced,
    SettleOpenTask,
    TaskSettled,
)
from postroad.ledger.advancing import NothingToAdvance, advance_person
from postroad.ledger.engine import Ledger
from postroad.ledger.enrolment import enrol_chunk
from postroad.ledger.handing_over import CannotHandOver, hand_over
from postroad.ledger.lifecycle import remove_person
from postroad.ledger.pausing import CannotPause, pause_person, resume_person
from postroad.ledger.settling_tasks import NotOpen, settle_task

_log = structlog.get_logger(__name__)

REFUSED = "Refused"
"""Error type: what an operator asked for cannot be done; the message is for them."""


@contextmanager
def refusing(error: type[ValueError]) -> Iterator[None]:
    """Hand an error's sentence to whoever asked, instead of trying again."""
    try:
        yield
    except error as reason:
        # Benign: an operator's mistake is no failure for the worker's log and metrics.
        raise ApplicationError(
            str(reason), type=REFUSED, non_retryable=True, category=ApplicationErrorCategory.BENIGN
        ) from None


class AudienceActivities:
    """Activities on the people of a campaign."""

    def __init__(self, ledger: Ledger, clock: ServerClock) -> None:
        self._ledger = ledger
        self._clock = clock

    @activity.defn(name="enrol_chunk")
    def enrol_chunk(self, request: EnrolChunk) -> ChunkEnrolled:
        """Enrol one staged part of the audience; a retry answers the same."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            enrolled = enrol_chunk(connection, request.campaign_id, request.chunk, now)
        _log.info("people_enrolled", enrolled=enrolled.enrolled, rejected=enrolled.rejected)
        return enrolled

    @activity.defn(name="remove_person")
    def remove_person(self, request: RemoveEnrollment) -> PersonRemoved:
        """End one person's sequence; removing them again stops nothing more."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            return PersonRemoved(messages_stopped=remove_person(connection, request, now))

    @activity.defn(name="advance_person")
    def advance_person(self, request: AdvanceEnrollment) -> PersonAdvanced:
        """Let what a person waits for be due now."""
        now = self._clock.read(activity.info()).now()
        with refusing(NothingToAdvance), self._ledger.write() as connection:
            return advance_person(connection, request, now)

    @activity.defn(name="pause_person")
    def pause_person(self, request: PauseEnrollment) -> PersonPaused:
        """Hold back what would leave to a person; a retry changes nothing."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotPause), self._ledger.write() as connection:
            return pause_person(connection, request, now)

    @activity.defn(name="resume_person")
    def resume_person(self, request: ResumeEnrollment) -> PersonResumed:
        """Let a person go on; a retry changes nothing."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotPause), self._ledger.write() as connection:
            return resume_person(connection, request, now)

    @activity.defn(name="settle_task")
    def settle_task(self, request: SettleOpenTask) -> TaskSettled:
        """Note that a task was done or is skipped; a retry answers the same."""
        now = self._clock.read(activity.info()).now()
        with refusing(NotOpen), self._ledger.write() as connection:
            return settle_task(connection, request, now)

    @activity.defn(name="hand_over")
    def hand_over(self, request: HandOver) -> SenderReplaced:
        """Give one sender's open people to another; a retry finds nobody left to give."""
        now = self._clock.read(activity.info()).now()
        with refusing(CannotHandOver), self._ledger.write() as connection:
            return SenderReplaced(people=hand_over(connection, request, now))
