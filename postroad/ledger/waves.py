"""Reading a wave: everything its messages need to be rendered, sent and settled."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from postroad.contracts import MessageState
from postroad.ledger.own_texts import Written, own_texts
from postroad.ledger.settlement import Subject
from postroad.ledger.tables import Enrollment, Message, ReturnedTry

_IN_HAND = (MessageState.RESERVED, MessageState.SENDING)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A message that was sent to a person before."""

    position: int
    message_id: str
    channel: str | None
    thread_id: str | None
    version: int | None
    """The version of the text that was sent."""
    sent_at: int
    by_another: bool = False
    """Whether another sender wrote it, whose people were handed over since."""
    own: Written | None = None
    """What was written for this person alone."""


@dataclass(frozen=True, slots=True)
class WaveMessage:
    """One message of a wave with its person."""

    subject: Subject
    state: MessageState
    attempt: int
    slot: int
    deferrals: int
    version: int | None
    recipient: str
    person_key: str
    fields: dict[str, Any]
    timezone: str | None
    earlier: tuple[Earlier, ...] = ()
    """What was sent to this person before, oldest first."""
    came_back: bool = False
    """Whether it left before, came back undelivered, and is sent again."""
    own: Written | None = None
    """What somebody wrote for this person alone, in place of the step's text."""

    @property
    def thread_id(self) -> str | None:
        """The provider's thread to answer in; a thread's id means nothing on another channel."""
        last = self.earlier[-1] if self.earlier else None
        return last.thread_id if last and last.channel == self.subject.channel else None


def load_wave(
    connection: Connection, campaign_id: str, sequence: int, wave: int
) -> list[WaveMessage]:
    """Return the messages of a wave that are still in hand, in the order of their slots."""
    rows = connection.execute(
        select(
            Message.id,
            Message.enrollment_id,
            Message.position,
            Message.channel_id,
            Message.state,
            Message.attempt,
            Message.charge_at,
            Message.deferrals,
            Message.version,
            Enrollment.address,
            Enrollment.recipient,
            Enrollment.person_key,
            Enrollment.fields,
            Enrollment.timezone,
        )
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.sequence_id == sequence, Message.wave == wave, Message.state.in_(_IN_HAND))
        .order_by(Message.charge_at, Message.priority, Message.id)
    ).all()
    followed_up = [row.enrollment_id for row in rows if row.position > 0]
    earlier = _earlier(connection, sequence, followed_up)
    came_back = _came_back(connection, sequence, wave)
    own = own_texts(connection, [row.id for row in rows])
    return [
        WaveMessage(
            subject=Subject(
                message=row.id,
                enrollment=row.enrollment_id,
                position=row.position,
                campaign=campaign_id,
                channel=row.channel_id or "",
                address=row.address,
            ),
            state=MessageState(row.state),
            attempt=row.attempt,
            slot=row.charge_at or 0,
            deferrals=row.deferrals,
            version=row.version,
            recipient=row.recipient,
            person_key=row.person_key,
            fields=row.fields,
            timezone=row.timezone,
            came_back=row.id in came_back,
            own=own.get(row.id),
            earlier=tuple(
                sent for sent in earlier.get(row.enrollment_id, ()) if sent.position < row.position
            ),
        )
        for row in rows
    ]


def count_wave(connection: Connection, sequence: int, wave: int) -> dict[str, int]:
    """Return how many messages of a wave ended in each state, over all attempts."""
    rows = connection.execute(
        select(Message.state, func.count())
        .where(Message.sequence_id == sequence, Message.wave == wave)
        .group_by(Message.state)
    )
    return {state: count for state, count in rows}


def return_wave(connection: Connection, sequence: int, wave: int) -> int:
    """Give back the reserved messages of a wave: due again at once, charged no more."""
    return connection.execute(
        update(Message)
        .where(
            Message.sequence_id == sequence,
            Message.wave == wave,
            Message.state == MessageState.RESERVED,
        )
        .values(state=MessageState.PLANNED, wave=None, charge_at=None)
    ).rowcount


def _came_back(connection: Connection, sequence: int, wave: int) -> set[int]:
    """Return the messages of a wave that were sent before and came back."""
    return set(
        connection.scalars(
            select(ReturnedTry.message)
            .join(Message, Message.id == ReturnedTry.message)
            .where(Message.sequence_id == sequence, Message.wave == wave)
        )
    )


def _earlier(
    connection: Connection, sequence: int, enrollments: Iterable[int]
) -> dict[int, list[Earlier]]:
    """Return what was sent to people, oldest first."""
    found: dict[int, list[Earlier]] = {}
    rows = connection.execute(
        select(
            Message.enrollment_id,
            Message.position,
            Message.message_id,
            Message.channel_id,
            Message.thread_id,
            Message.version,
            Message.sent_at,
            Message.sequence_id,
            Message.id,
        )
        .where(
            Message.enrollment_id.in_(set(enrollments)),
            Message.state == MessageState.SENT,
            Message.message_id.is_not(None),
        )
        .order_by(Message.enrollment_id, Message.position)
    ).all()
    own = own_texts(connection, [row.id for row in rows])
    for row in rows:
        sent = Earlier(
            position=row.position,
            message_id=row.message_id or "",
            channel=row.channel_id,
            thread_id=row.thread_id,
            version=row.version,
            sent_at=row.sent_at or 0,
            by_another=row.sequence_id != sequence,
            own=own.get(row.id),
        )
        found.setdefault(row.enrollment_id, []).append(sent)
    return found
