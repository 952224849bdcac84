"""Which step a person is at: the one that waits for its time, for its turn or for somebody."""

from sqlalchemy import and_, or_, select

from postroad.contracts import MessageState
from postroad.ledger.tables import Message, Pause

BEGUN = (
    MessageState.RESERVED,
    MessageState.SENDING,
    MessageState.UNCERTAIN,
    MessageState.OPEN,
)
"""States of messages that their people have come to."""

IS_NEXT = or_(
    Message.state.in_(BEGUN),
    and_(
        Message.state == MessageState.PLANNED,
        or_(Message.due_at.is_not(None), Message.id.in_(select(Pause.message))),
    ),
)
"""The condition of messages that their people have come to; at most one of each person."""
