"""Making due messages due later."""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, update

from postroad.contracts import MessageState
from postroad.ledger.tables import Message

_POSTPONE = (
    update(Message)
    .where(Message.id == bindparam("of"))
    .values(
        state=MessageState.PLANNED,
        due_at=bindparam("until"),
        reason=bindparam("why"),
        channel_id=None,
        wave=None,
        charge_at=None,
    )
)


def postpone(connection: Connection, until: Mapping[int, tuple[int, str]]) -> None:
    """Give messages another due time; they lose channel, wave and charge until then.

    Args:
        connection: a write transaction.
        until: message → when it is due, and why then; empty where its step says so.
    """
    if until:
        rows = [{"of": message, "until": at, "why": why} for message, (at, why) in until.items()]
        connection.execute(_POSTPONE, rows)
