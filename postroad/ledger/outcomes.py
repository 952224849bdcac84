"""Recording what came back, and what it does: all in the transaction that records it.

An outcome is recorded once, by the provider's id of the mail; reading it again changes nothing.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, func, insert, select

from postroad.campaign.file import StopRule
from postroad.contracts import ChannelState, EnrollmentState
from postroad.inbox.matching import Basis, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.instants import DAY, moment
from postroad.ledger.absences import postpone_until_back
from postroad.ledger.channel_state import stop_channel
from postroad.ledger.people import Enrolled, end_enrolled, enrolled_as
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Channel, Enrollment, Event, Message, Outcome
from postroad.ledger.upsert import insert_new

SOFT_BOUNCES_IN_A_ROW = 5
"""After so many messages that were not delivered, a person is given up."""
_LONGEST_ABSENCE = 30 * DAY
_SIGNS_OF_LIFE = (OutcomeKind.REPLIED, OutcomeKind.AUTO_REPLIED, OutcomeKind.DELIVERED)


@dataclass(frozen=True, slots=True)
class CameBack:
    """One mail that came back, judged and matched."""

    channel: str
    provider_id: str
    received_at: int
    kind: OutcomeKind
    verdict: Verdict
    match: Match

    @property
    def reason(self) -> str:
        """Why, in the words of events: `user_unknown 5.1.1, matched by key`."""
        told = " ".join(filter(None, (self.verdict.reason, self.verdict.status)))
        basis = "a guess" if self.match.basis is Basis.GUESS else f"by its {self.match.basis}"
        return ", ".join(filter(None, (told, basis.replace("_", " "))))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a newly recorded outcome did."""

    kind: OutcomeKind
    wake: set[str] = field(default_factory=set[str])
    """Sequences that have less to do now, as workflow ids."""


def record_outcome(connection: Connection, came: CameBack, now: int) -> Effect | None:
    """Record what came back, with its effects; None where it was recorded before."""
    row = {
        "channel_id": came.channel,
        "provider_id": came.provider_id,
        "kind": came.kind,
        "message": came.match.message,
        "basis": came.match.basis,
        "status": came.verdict.status,
        "reason": came.verdict.reason,
        "at": came.received_at,
    }
    if not insert_new(connection, Outcome, [row]):
        return None
    recording = _Recording(connection, came, now)
    if came.kind is OutcomeKind.BOUNCED and came.match.basis is Basis.GUESS:
        recording.tell("bounce_guessed", came.reason)  # not counted as a bounce
        return Effect(came.kind)
    recording.tell(came.kind, came.reason)
    match came.kind:
        case OutcomeKind.BOUNCED:
            recording.bounce()
        case OutcomeKind.SOFT_BOUNCED:
            recording.soft_bounce()
        case OutcomeKind.SENDER_REFUSED:
            recording.blame_channel()
        case OutcomeKind.REPLIED:
            recording.reply()
        case OutcomeKind.AUTO_REPLIED:
            recording.auto_reply()
        case OutcomeKind.DELIVERED | OutcomeKind.DELAYED:
            pass  # nothing follows from it
    return Effect(came.kind, recording.wake)


class _Recording:
    """One outcome's effects within its transaction."""

    def __init__(self, connection: Connection, came: CameBack, now: int) -> None:
        self._connection = connection
        self._came = came
        self._now = now
        self._message = connection.execute(
            select(Message.enrollment_id, Message.position, Message.sent_at, Enrollment.address)
            .join(Enrollment, Enrollment.id == Message.enrollment_id)
            .where(Message.id == came.match.message)
        ).one()
        everywhere = enrolled_as(connection, self._message.address)
        self._person = next(e for e in everywhere if e.id == self._message.enrollment_id)
        self._elsewhere = [e for e in everywhere if e.id != self._person.id and e.is_active]
        self.wake: set[str] = set()

    def bounce(self) -> None:
        """End the person's sequence, and suppress the address if it is what is dead."""
        if not self._may_end_bounced:
            return
        self._end(self._person, EnrollmentState.BOUNCED, self._came.reason)
        if self._came.match.names_person:
            address = self._message.address
            suppress_address(self._connection, address, self._came.reason, "bounce", self._now)

    def soft_bounce(self) -> None:
        """Give the person up if so many messages in a row did not reach them."""
        if not self._may_end_bounced:
            return
        in_a_row = _soft_bounces_in_a_row(self._connection, self._message.address)
        words = f"given up after {in_a_row} soft bounces in a row: {self._came.reason}"
        if in_a_row >= SOFT_BOUNCES_IN_A_ROW and self._end(
            self._person, EnrollmentState.BOUNCED, words
        ):
            self.tell(OutcomeKind.BOUNCED, words)

    def blame_channel(self) -> None:
        """Pause the channel, unless it was put back into service since the mail left."""
        channel, now = self._came.channel, self._now
        since = self._connection.execute(
            select(Channel.state_at).where(Channel.id == channel)
        ).scalar_one()
        if self._message.sent_at is None or self._message.sent_at >= since:
            words = f"the sender was refused: {self._came.reason}"
            stop_channel(self._connection, channel, ChannelState.PAUSED, words, now)

    def reply(self) -> None:
        """End the person's sequences in every campaign that stops on replies."""
        if StopRule.REPLY in self._person.stop_on:
            self._end(self._person, EnrollmentState.REPLIED, self._came.reason)
        words = f"replied in {self._person.campaign}"
        for other in self._elsewhere:
            if StopRule.REPLY in other.stop_on and self._end(other, EnrollmentState.REPLIED, words):
                self._insert_event(other, OutcomeKind.REPLIED, words)

    def auto_reply(self) -> None:
        """Let the person's next messages wait until the day after the return."""
        named = self._came.verdict.return_date
        if named is None:
            return
        latest = moment(self._came.received_at + _LONGEST_ABSENCE).date()
        back = min(named, latest)
        if postpone_until_back(self._connection, self._message.address, back):
            self.tell("postponed", f"away until {back:%d %b %Y}")

    def tell(self, event: str, detail: str) -> None:
        """Tell the live feed about the message."""
        self._insert_event(self._person, event, detail, self._message.position)

    @property
    def _may_end_bounced(self) -> bool:
        """Whether a bounce may stop the sequence: anybody can write one, so a guess may not."""
        is_guess = self._came.match.basis is Basis.GUESS
        return StopRule.BOUNCE in self._person.stop_on and not is_guess

    def _end(self, enrolled: Enrolled, state: EnrollmentState, reason: str) -> bool:
        ended = end_enrolled(self._connection, enrolled.id, state, reason)
        if ended:
            self.wake.add(enrolled.workflow_id)
        return ended

    def _insert_event(
        self, enrolled: Enrolled, event: str, detail: str, position: int | None = None
    ) -> None:
        self._connection.execute(
            insert(Event).values(
                at=self._now,
                event=event,
                campaign_id=enrolled.campaign,
                enrollment_id=enrolled.id,
                position=position,
                channel_id=self._came.channel,
                detail=detail,
            )
        )


def _soft_bounces_in_a_row(connection: Connection, address: str) -> int:
    """Count messages to an address that were not delivered, since it last showed any life."""
    of_address = (
        select(Outcome.id)
        .join(Message, Message.id == Outcome.message)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Enrollment.address == address, Outcome.basis != Basis.GUESS)
    )
    alive = connection.scalar(
        select(func.max(Outcome.at)).where(
            Outcome.kind.in_(_SIGNS_OF_LIFE), Outcome.id.in_(of_address)
        )
    )
    return connection.execute(
        select(func.count(Outcome.message.distinct())).where(
            Outcome.kind == OutcomeKind.SOFT_BOUNCED,
            Outcome.id.in_(of_address),
            Outcome.at > (alive or 0),
        )
    ).scalar_one()
