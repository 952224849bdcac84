"""Recording what came back, and what it does: all in the transaction that records it.

An outcome is recorded once, by the provider's id of the mail; reading it again changes nothing.
"""

from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select

from postroad.campaign.file import StopRule
from postroad.contracts import ChannelState, EnrollmentState, ReviveSequence
from postroad.inbox.matching import Basis, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.instants import DAY, milliseconds, moment
from postroad.ledger.absences import postpone_until_back
from postroad.ledger.bounce_rates import pause_if_too_many
from postroad.ledger.channel_state import stop_channel
from postroad.ledger.colleagues import colleagues_of
from postroad.ledger.opting_out import OptOut, opt_out
from postroad.ledger.organisation import load_organisation
from postroad.ledger.people import Enrolled, end_enrolled, enrolled_as
from postroad.ledger.retries import Returned, plan_again, take_back, tries_before
from postroad.ledger.soft_bounces import soft_bounces_in_a_row
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Channel, Enrollment, Event, Message, Outcome
from postroad.ledger.upsert import insert_new
from postroad.workspace import Organisation

_LONGEST_ABSENCE = 30 * DAY
_SAY_NOTHING_NEW = (
    OutcomeKind.SOFT_BOUNCED,
    OutcomeKind.SENDER_REFUSED,
    OutcomeKind.DELAYED,
)
"""Kinds after which a message that is to be sent again still is."""
_OPT_OUTS = {
    OutcomeKind.UNSUBSCRIBED: OptOut.UNSUBSCRIBED,
    OutcomeKind.COMPLAINED: OptOut.COMPLAINED,
}
_NO_ORGANISATION = Organisation(name="unknown")


@dataclass(frozen=True, slots=True)
class CameBack:
    """One mail that came back, judged and matched."""

    channel: str
    provider_id: str
    received_at: int
    kind: OutcomeKind
    verdict: Verdict
    match: Match
    way: str = "mail"
    """How it came, for people."""

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
    revive: ReviveSequence | None = None
    """The sequence that has more to do, though it may have ended."""


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
    recording.settle_retry()
    if came.kind not in _OPT_OUTS:
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
        case OutcomeKind.UNSUBSCRIBED | OutcomeKind.COMPLAINED:
            recording.opt_out(_OPT_OUTS[came.kind])
        case OutcomeKind.DELIVERED | OutcomeKind.DELAYED:
            pass  # nothing more follows from it
    return Effect(came.kind, recording.wake, recording.revive)


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
        self._returned = Returned(
            id=came.match.message,
            enrollment=self._message.enrollment_id,
            position=self._message.position,
            campaign=self._person.campaign,
            sender=self._person.sender,
        )
        self.wake: set[str] = set()
        self.revive: ReviveSequence | None = None

    def settle_retry(self) -> None:
        """Send the message no more whose retry waits, if what came tells how its last try ended."""
        if self._came.kind in _SAY_NOTHING_NEW or self._came.match.basis is Basis.GUESS:
            return
        if take_back(self._connection, self._returned):
            self.wake.add(self._person.workflow_id)

    def bounce(self) -> None:
        """End the person's sequence, and suppress the address if it is what is dead."""
        if self._may_end_bounced:
            self._end(self._person, EnrollmentState.BOUNCED, self._came.reason)
            if self._came.match.names_person:
                address, words = self._message.address, self._came.reason
                suppress_address(self._connection, address, words, "bounce", self._now)
        self.wake |= pause_if_too_many(
            self._connection, self._came.channel, self._person.campaign, self._now
        )

    def soft_bounce(self) -> None:
        """Send the message again after a while, or give the person up."""
        if not self._may_end_bounced:
            return
        rules = self._person.settings.on_soft_bounce or self._organisation.on_soft_bounce
        in_a_row = soft_bounces_in_a_row(self._connection, self._message.address)
        if in_a_row >= rules.give_up_after:
            words = f"{in_a_row} soft bounces in a row: {self._came.reason}"
            if self._end(self._person, EnrollmentState.BOUNCED, f"given up after {words}"):
                self.tell("given_up", words)
            return
        reason = self._came.verdict.reason
        pause = rules.pause(reason, tries_before(self._connection, self._returned.id))
        if pause is None:
            return
        due_at = self._now + milliseconds(pause)
        if plan_again(self._connection, self._returned, self._came.reason, due_at, self._now):
            self.tell("retry_planned", f"sent again {moment(due_at):%a %d %b %H:%M} UTC")
            self.revive = ReviveSequence(
                campaign_id=self._person.campaign,
                sender=self._person.sender,
                reason="a message that was not delivered is sent again",
            )

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
        """End the person's sequences in every campaign that stops on replies, as far as wished."""
        rules = self._person.settings.on_reply or self._organisation.on_reply
        everywhere = rules.stop == "organisation"
        if StopRule.REPLY in self._person.stop_on:
            self._end(self._person, EnrollmentState.REPLIED, self._came.reason)
            if rules.company:
                self._stop_colleagues(None if everywhere else self._person.campaign)
        if not everywhere:
            return
        words = f"replied in {self._person.campaign}"
        for other in self._elsewhere:
            if StopRule.REPLY in other.stop_on and self._end(other, EnrollmentState.REPLIED, words):
                self._insert_event(other.id, other.campaign, OutcomeKind.REPLIED, words)

    def auto_reply(self) -> None:
        """Let the person's next messages wait until the day after the return."""
        named = self._came.verdict.return_date
        if named is None:
            return
        latest = moment(self._came.received_at + _LONGEST_ABSENCE).date()
        back = min(named, latest)
        if postpone_until_back(self._connection, self._message.address, back):
            self.tell("postponed", f"away until {back:%d %b %Y}")

    def opt_out(self, how: OptOut) -> None:
        """Let the person get nothing more from anybody here."""
        opted = opt_out(
            self._connection,
            how,
            self._message.address,
            self._now,
            source=f"{self._came.way} to {self._came.channel}",
            enrollment=self._person.id,
            position=self._message.position,
            channel=self._came.channel,
        )
        self.wake |= opted.wake

    def tell(self, event: str, detail: str) -> None:
        """Tell the live feed about the message."""
        person = self._person
        self._insert_event(person.id, person.campaign, event, detail, self._message.position)

    @property
    def _organisation(self) -> Organisation:
        return load_organisation(self._connection) or _NO_ORGANISATION

    @property
    def _may_end_bounced(self) -> bool:
        """Whether a bounce may stop the sequence: anybody can write one, so a guess may not."""
        is_guess = self._came.match.basis is Basis.GUESS
        return StopRule.BOUNCE in self._person.stop_on and not is_guess

    def _stop_colleagues(self, campaign: str | None) -> None:
        domain = self._message.address.rpartition("@")[2]
        words = f"somebody at {domain} replied in {self._person.campaign}"
        for enrollment, where, workflow_id in colleagues_of(
            self._connection, self._message.address, campaign
        ):
            if end_enrolled(self._connection, enrollment, EnrollmentState.REMOVED, words):
                self.wake.add(workflow_id)
                self._insert_event(enrollment, where, "colleague_replied", words)

    def _end(self, enrolled: Enrolled, state: EnrollmentState, reason: str) -> bool:
        ended = end_enrolled(self._connection, enrolled.id, state, reason)
        if ended:
            self.wake.add(enrolled.workflow_id)
        return ended

    def _insert_event(
        self, enrollment: int, campaign: str, event: str, detail: str, position: int | None = None
    ) -> None:
        self._connection.execute(
            insert(Event).values(
                at=self._now,
                event=event,
                campaign_id=campaign,
                enrollment_id=enrollment,
                position=position,
                channel_id=self._came.channel,
                detail=detail,
            )
        )
