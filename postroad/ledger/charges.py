"""Reading what is charged to a scope: the messages themselves."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select
from sqlalchemy.sql.visitors import ExternallyTraversible, replacement_traverse

from postroad.contracts import MessageState
from postroad.instants import milliseconds
from postroad.ledger.tables import HandSent, Message, QuotaScope, ReturnedTry
from postroad.quota.keep_free import USUAL_SHARE
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.spacing import Spacing
from postroad.quota.window import NEVER, Charge


@dataclass(frozen=True, slots=True)
class Charged:
    """What falls in a scope."""

    messages: ColumnElement[bool]
    """Which messages do; their returned tries do as well."""
    by_hand: ColumnElement[bool] | None = None
    """Which mail that people sent themselves does; None where that cannot be told."""


@dataclass(frozen=True, slots=True)
class ChargedScope:
    """A scope's limits that may bind, with the rows that count against them."""

    key: str
    name: str
    limits: Sequence[Limit]
    rows: Sequence[tuple[str, int, int]]
    """(message state, charge_at, messages)."""
    not_before: int
    words: str
    now: int
    spacing: Spacing | None = None
    keep_free: float = USUAL_SHARE

    def scope(self, tolerance: int) -> Scope:
        """Build the scope for a decision; the decision charges it further."""
        charges = [self._charge(*row, tolerance) for row in self.rows]
        return Scope(
            self.key, self.name, self.limits, charges,
            not_before=self.not_before, words=self.words, spacing=self.spacing,
            keep_free=self.keep_free,
        )  # fmt: skip

    def _charge(self, state: str, at: int, messages: int, tolerance: int) -> Charge:
        if state in (MessageState.SENT, MessageState.UNCERTAIN):
            return Charge(at, at, messages)
        on_the_wire_too_long = state == MessageState.SENDING and at + tolerance < self.now
        return Charge(at, NEVER if on_the_wire_too_long else at + tolerance, messages)


def load_scope(
    connection: Connection,
    key: str,
    name: str,
    limits: Iterable[Limit],
    charged: Charged,
    *,
    now: int,
    wanted: int,
    spacing: Spacing | None = None,
    keep_free: float = USUAL_SHARE,
) -> ChargedScope:
    """Read a scope; a limit that cannot bind for `wanted` more messages is left out.

    Args:
        connection: a transaction that holds the scope's lock.
        key: the scope's key.
        name: what people call it.
        limits: its limits.
        charged: what falls in it.
        now: the instant of asking.
        wanted: how many messages may be charged in this decision.
        spacing: the pauses between its messages; its limit is one of `limits`.
        keep_free: share of its long limits that only interactive mail may use.
    """
    limits = list(limits)
    sending = Message.state == MessageState.SENDING
    on_the_wire = _rows(connection, charged.messages, sending) if limits else []
    wanted += sum(messages for _, _, messages in on_the_wire)
    binding = [
        limit for limit in limits if _may_bind(connection, limit, charged, now, wanted, keep_free)
    ]
    rows: list[tuple[str, int, int]] = []
    if binding:
        pause = 0 if spacing is None else milliseconds(spacing.between[1])
        since = now - max(pause, *(limit.per_ms for limit in binding))
        settled = Message.state != MessageState.SENDING
        rows = on_the_wire + _rows(connection, charged.messages, settled, Message.charge_at > since)
        rows += _rows_of_tries(connection, charged, since)
        rows += _rows_by_hand(connection, charged, since)
    hold = connection.execute(
        select(QuotaScope.not_before, QuotaScope.not_before_reason).where(QuotaScope.key == key)
    ).first()
    return ChargedScope(
        key=key,
        name=name,
        limits=binding,
        rows=rows,
        not_before=hold.not_before if hold else 0,
        words=hold.not_before_reason if hold else "",
        now=now,
        spacing=spacing,
        keep_free=keep_free,
    )


def _may_bind(
    connection: Connection, limit: Limit, charged: Charged, now: int, wanted: int, keep_free: float
) -> bool:
    since = now - limit.per_ms
    messages = select(func.count()).where(charged.messages, Message.charge_at > since)
    tries = select(func.count()).where(_of_tries(charged.messages), ReturnedTry.charge_at > since)
    used: int = connection.execute(
        select(messages.scalar_subquery() + tries.scalar_subquery())
    ).scalar_one()
    used += sum(messages for _, _, messages in _rows_by_hand(connection, charged, since))
    return used + wanted > limit.messages_at(now) * (1 - keep_free) - 1


def _rows_by_hand(
    connection: Connection, charged: Charged, since: int
) -> list[tuple[str, int, int]]:
    if charged.by_hand is None:
        return []
    found = connection.execute(
        select(HandSent.at, HandSent.messages).where(charged.by_hand, HandSent.at > since)
    )
    return [(MessageState.SENT, at, messages) for at, messages in found]


def _rows_of_tries(
    connection: Connection, charged: Charged, since: int
) -> list[tuple[str, int, int]]:
    """Return what left and came back before it was sent again."""
    found = connection.execute(
        select(ReturnedTry.charge_at, func.count())
        .where(_of_tries(charged.messages), ReturnedTry.charge_at > since)
        .group_by(ReturnedTry.charge_at)
    )
    return [(MessageState.SENT, at, tries) for at, tries in found]


def _of_tries(of_messages: ColumnElement[bool]) -> ColumnElement[bool]:
    """Ask of returned tries what is asked of messages: the columns have the same names."""
    columns = ReturnedTry.__table__.c

    def replace(element: ExternallyTraversible, **_: object) -> ColumnElement[Any] | None:
        if isinstance(element, Column) and element.table is Message.__table__:
            return columns[element.name]
        return None

    return replacement_traverse(of_messages, {}, replace)


def _rows(connection: Connection, *where: ColumnElement[bool]) -> list[tuple[str, int, int]]:
    found = connection.execute(
        select(Message.state, Message.charge_at, func.count())
        .where(*where, Message.charge_at.is_not(None))
        .group_by(Message.state, Message.charge_at)
    )
    return [(state, at, messages) for state, at, messages in found if at is not None]
