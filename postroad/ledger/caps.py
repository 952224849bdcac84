"""Caps on what one person, one recipient domain and one company get, whoever writes to them."""

from collections.abc import Collection, Iterable, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select, true
from sqlalchemy.orm import InstrumentedAttribute

from postroad.campaign.reply_policy import is_company
from postroad.contracts import MessageState
from postroad.instants import milliseconds
from postroad.ledger.charges import ChargedScope
from postroad.ledger.postponing import postpone
from postroad.ledger.tables import Enrollment, Message, ReturnedTry
from postroad.quota.caps import Caps, Later, kept_back
from postroad.quota.limits import Limit
from postroad.quota.scope import Scope
from postroad.quota.turns import Priority

EACH_PERSON = "a person in several campaigns"
_SENDING = Message.state == MessageState.SENDING


class _Kind(StrEnum):
    """What is counted by."""

    PERSON = "person"
    DOMAIN = "domain"
    COMPANY = "company"


_COUNTED: dict[_Kind, tuple[InstrumentedAttribute[Any], ColumnElement[bool]]] = {
    _Kind.PERSON: (Enrollment.address, Message.enrollment_id == Enrollment.id),
    _Kind.DOMAIN: (Message.domain, true()),
    _Kind.COMPANY: (Enrollment.company, Message.enrollment_id == Enrollment.id),
}
"""The column, and how it belongs to a message."""


class Recipient(NamedTuple):
    """Whom a message goes to."""

    address: str
    domain: str
    company: str | None
    """See `postroad.campaign.company.company_key`."""


def hold_to_caps(
    connection: Connection,
    campaign_id: str,
    caps: Caps,
    messages: Sequence[int],
    now: int,
    tolerance: int,
) -> set[int]:
    """Make due later, with the reason, those that a cap keeps from leaving now; return them.

    For what the arguments are, see `held_by_caps`; nobody else may book meanwhile, so the
    transaction holds the organisation's lock.
    """
    held = held_by_caps(connection, campaign_id, caps, messages, now, tolerance)
    postpone(connection, {message: (later.at, later.why) for message, later in held.items()})
    return set(held)


def held_by_caps(
    connection: Connection,
    campaign_id: str,
    caps: Caps,
    messages: Sequence[int],
    now: int,
    tolerance: int,
) -> dict[int, Later]:
    """Return those that a cap keeps from leaving now; single mails wait for none.

    Args:
        connection: a transaction.
        campaign_id: the campaign that they are of.
        caps: what is in force.
        messages: messages that are due, in their order, and not charged.
        now: the instant of asking.
        tolerance: how long after its slot a message may leave.
    """
    if not caps or not messages:
        return {}
    rows = connection.execute(
        select(Message.id, Message.domain, Enrollment.address, Enrollment.company)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id.in_(messages), Message.priority != Priority.INTERACTIVE)
    )
    found = {row.id: Recipient(row.address, row.domain, row.company) for row in rows}
    wanted = {message: caps_of(caps, found[message]) for message in messages if message in found}
    keys = {key for some in wanted.values() for key in some}
    scopes = load_caps(connection, campaign_id, caps, keys, now, tolerance)
    return kept_back(wanted, scopes, now, tolerance)


def caps_of(caps: Caps, to: Recipient) -> tuple[str, ...]:
    """Return the keys of the capped scopes that a message falls in."""
    keys: list[str] = []
    if caps.person is not None:
        keys.append(f"{_Kind.PERSON}:{to.address}")
    if caps.domain is not None and to.domain not in caps.named and is_company(to.domain):
        keys.append(f"{_Kind.DOMAIN}:{to.domain}")
    if caps.company is not None and to.company is not None:
        keys.append(f"{_Kind.COMPANY}:{to.company}")
    return tuple(keys)


def load_caps(
    connection: Connection,
    campaign_id: str,
    caps: Caps,
    keys: Iterable[str],
    now: int,
    tolerance: int,
) -> dict[str, Scope]:
    """Read capped scopes, with what is charged to them.

    Args:
        connection: a transaction; one that holds the organisation's lock where it decides.
        campaign_id: the campaign that asks: its own mail does not count for its people.
        caps: what is in force.
        keys: the scopes' keys, from `caps_of`.
        now: the instant of asking.
        tolerance: how long after its slot a message may leave.
    """
    counted: dict[_Kind, set[str]] = {}
    for scope_key in keys:
        kind, _, key = scope_key.partition(":")
        counted.setdefault(_Kind(kind), set()).add(key)
    scopes: dict[str, Scope] = {}
    for kind, limit in _limits(caps).items():
        if kind in counted:
            since = now - milliseconds(limit.per)
            charges = _charges(connection, kind, counted[kind], campaign_id, since)
            for key in counted[kind]:
                scope = _scope(kind, key, limit, charges.get(key, []), now)
                scopes[scope.key] = scope.scope(tolerance)
    return scopes


def _limits(caps: Caps) -> dict[_Kind, Limit]:
    limits = {_Kind.PERSON: caps.person, _Kind.DOMAIN: caps.domain, _Kind.COMPANY: caps.company}
    return {kind: limit for kind, limit in limits.items() if limit is not None}


def _scope(
    kind: _Kind, key: str, limit: Limit, rows: Sequence[tuple[str, int, int]], now: int
) -> ChargedScope:
    names = {
        _Kind.PERSON: EACH_PERSON,
        _Kind.DOMAIN: key,
        _Kind.COMPANY: f"the company {key.removeprefix('@')}",
    }
    return ChargedScope(
        key=f"{kind}:{key}",
        name=names[kind],
        limits=[limit],
        rows=rows,
        not_before=0,
        words="",
        now=now,
        keep_free=0,
    )


def _charges(
    connection: Connection, kind: _Kind, keys: Collection[str], campaign_id: str, since: int
) -> dict[str, list[tuple[str, int, int]]]:
    """Return (message state, charge_at, messages) of what counts since an instant, by key."""
    column, belongs = _COUNTED[kind]
    statement = select(column, Message.state, Message.charge_at, func.count()).where(
        column.in_(keys), belongs, Message.charge_at.is_not(None)
    )
    if kind is _Kind.PERSON:
        statement = statement.where(Enrollment.campaign_id != campaign_id)
    grouped = statement.group_by(column, Message.state, Message.charge_at)
    found = list(connection.execute(grouped.where(Message.charge_at > since, ~_SENDING)))
    found += connection.execute(grouped.where(_SENDING))
    if kind is _Kind.DOMAIN:
        found += connection.execute(_tries(keys, since))
    charges: dict[str, list[tuple[str, int, int]]] = {}
    for key, state, at, messages in found:
        charges.setdefault(key, []).append((state, at, messages))
    return charges


def _tries(domains: Collection[str], since: int) -> Select[str, str, int, int]:
    """Ask for what left and came back before it was sent again.

    The domain's servers had to take it; a person or a company never got it.
    """
    return (
        select(
            ReturnedTry.domain,
            literal(MessageState.SENT.value),
            ReturnedTry.charge_at,
            func.count(),
        )
        .where(ReturnedTry.domain.in_(domains), ReturnedTry.charge_at > since)
        .group_by(ReturnedTry.domain, ReturnedTry.charge_at)
    )
