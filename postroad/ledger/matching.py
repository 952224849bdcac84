"""Finding the message that a mail is about among those that left through a mailbox."""

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from postroad.contracts import MessageState
from postroad.inbox.matching import Basis, Candidate, Clues, Match, choose
from postroad.instants import DAY
from postroad.ledger.tables import Campaign, Enrollment, Message, ReturnedTry, Sequence, Step
from postroad.verp import person_key_of

_LEFT = (MessageState.SENDING, MessageState.SENT, MessageState.UNCERTAIN)
"""A bounce can be faster than the settlement of its message."""
_GUESS_MS = 14 * DAY
"""How long after a message its recipient's mail may be guessed to be about it."""
_MOST_CANDIDATES = 100


def find_match(
    connection: Connection, channel: str, clues: Clues, received_at: int
) -> Match | None:
    """Return the message that a mail is about: the surest clue that leads to one decides.

    Only messages that left through the mailbox's own channel count.
    """
    for basis in Basis:
        condition = _condition(basis, clues, received_at)
        if condition is None:
            continue
        match = choose(clues, basis, _candidates(connection, channel, condition))
        if match is not None:
            return match
    return None


def _condition(basis: Basis, clues: Clues, received_at: int) -> ColumnElement[bool] | None:
    match basis:
        case Basis.KEY if clues.key is not None:
            return _has_key(clues.key)
        case Basis.RETURN_PATH if clues.return_token is not None:
            # Through the index of each campaign: a handful of them, instead of an index of its own.
            return and_(
                Enrollment.campaign_id.in_(select(Campaign.id)),
                Enrollment.person_key == person_key_of(clues.return_token),
            )
        case Basis.MESSAGE_ID if clues.message_ids:
            return Message.message_id.in_(clues.message_ids)
        case Basis.THREAD if clues.thread_id is not None:
            return Message.thread_id == clues.thread_id
        case Basis.GUESS if clues.may_be_guessed:
            return and_(
                Enrollment.address.in_(clues.addresses),
                Message.sent_at.between(received_at - _GUESS_MS, received_at),
            )
    return None


def _has_key(key: str) -> ColumnElement[bool] | None:
    """Return the condition of an X-Postroad-Message, `<campaign>/<step>/<person key>`."""
    parts = key.split("/")
    if len(parts) != 3:  # of ours it has three
        return None
    campaign, step, person = parts
    return and_(
        Enrollment.campaign_id == campaign, Enrollment.person_key == person, Step.id == step
    )


def _left_by(channel: str) -> ColumnElement[bool]:
    """Say which messages left by a channel: those that came back and wait for a retry as well."""
    came_back = exists().where(ReturnedTry.message == Message.id, ReturnedTry.channel_id == channel)
    return or_(and_(Message.channel_id == channel, Message.state.in_(_LEFT)), came_back)


def _candidates(
    connection: Connection, channel: str, condition: ColumnElement[bool]
) -> list[Candidate]:
    rows = connection.execute(
        select(
            Message.id,
            Message.message_id,
            Message.sent_at,
            Message.charge_at,
            Enrollment.id.label("enrollment"),
            Enrollment.address,
            Enrollment.campaign_id,
            Enrollment.person_key,
            Step.id.label("step"),
            Sequence.sender,
        )
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .join(
            Step,
            and_(Step.campaign_id == Enrollment.campaign_id, Step.position == Message.position),
        )
        .where(_left_by(channel), condition)
        .order_by(Message.id.desc())
        .limit(_MOST_CANDIDATES)
    )
    return [
        Candidate(
            message=row.id,
            key=f"{row.campaign_id}/{row.step}/{row.person_key}",
            enrollment=row.enrollment,
            address=row.address,
            sender=row.sender,
            message_id=row.message_id,
            sent_at=row.sent_at or row.charge_at or 0,
        )
        for row in rows
    ]
