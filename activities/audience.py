"""Enrolling people, and taking single ones out again."""

from temporalio import activity

from activities.clock import ServerClock
from postroad.contracts import ChunkEnrolled, EnrolChunk, PersonRemoved, RemoveEnrollment
from postroad.ledger.engine import Ledger
from postroad.ledger.enrolment import enrol_chunk
from postroad.ledger.lifecycle import remove_person


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
            return enrol_chunk(connection, request.campaign_id, request.chunk, now)

    @activity.defn(name="remove_person")
    def remove_person(self, request: RemoveEnrollment) -> PersonRemoved:
        """End one person's sequence; removing them again stops nothing more."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            return PersonRemoved(messages_stopped=remove_person(connection, request, now))
