"""Noting who opened mails and followed links, and judging a moment later who they were.

A visit is noted at once and judged when it is known what else happened within the same seconds:
whoever follows several links at once is a machine. Events tell of the first visit by a person and
by a machine to each message, so that nothing which an event said has to be taken back.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, exists, func, insert, select, update

from postroad.campaign.conditions import Deed
from postroad.instants import SECOND
from postroad.ledger.tables import Campaign, Enrollment, Event, Message
from postroad.ledger.tables import Visit as Noted
from postroad.signed_tokens import NamedMessage
from postroad.tracking.visit import Visit
from postroad.tracking.visitors import AT_ONCE, machine_at_once, machine_by_time

MOST_NOTED = 50
"""Visits to one message by people, and by machines, that are kept of each deed."""
JUDGED_AFTER = AT_ONCE + SECOND
"""From a visit to its judgement: until then others of the same moment have been noted."""

_MESSAGES_AT_ONCE = 500
_GUESSED = "its image was shown, as far as can be told"


def note_visits(connection: Connection, visits: Iterable[Visit]) -> None:
    """Note visits that are to be judged; passes over those to messages of erased people."""
    for visit in visits:
        message = _find(connection, visit.message)
        if message is None:
            continue
        deed = Deed.OPENED if visit.target is None else Deed.CLICKED
        alike = Noted.machine != "" if visit.machine else Noted.machine == ""
        noted = connection.scalar(
            select(func.count()).where(Noted.message == message, Noted.deed == deed, alike)
        )
        if noted is None or noted < MOST_NOTED:
            connection.execute(
                insert(Noted).values(
                    message=message,
                    deed=deed,
                    at=visit.at,
                    target=visit.target or "",
                    machine=visit.machine,
                )
            )


def judge_visits(connection: Connection, now: int) -> bool:
    """Judge the visits that are old enough, and tell of them; return whether any are left.

    Several processes may judge at once: each message is judged by one of them at a time.
    """
    until = now - JUDGED_AFTER
    ripe = list(
        connection.scalars(
            select(Noted.message)
            .where(Noted.judged_at.is_(None), Noted.at <= until)
            .distinct()
            .order_by(Noted.message)
            .limit(_MESSAGES_AT_ONCE)
        )
    )
    messages = {row.id: row for row in _locked(connection, ripe)}
    visits = connection.execute(
        select(*Noted.__table__.columns)
        .where(Noted.message.in_(ripe))
        .order_by(Noted.message, Noted.at, Noted.id)
    )
    for message, made in groupby(visits, key=lambda visit: visit.message):
        _judge(connection, messages[message], list(made), until, now)
    return connection.scalar(select(exists().where(Noted.judged_at.is_(None)))) or False


def _find(connection: Connection, named: NamedMessage) -> int | None:
    return connection.scalar(
        select(Message.id)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        # Through the index of each campaign: a handful of them, instead of an index of its own.
        .where(
            Enrollment.campaign_id.in_(select(Campaign.id)),
            Enrollment.person_key == named.person_key,
            Message.position == named.position,
        )
    )


def _locked(connection: Connection, messages: Sequence[int]) -> list[Row[Any]]:
    """Return what is known of messages, and keep other processes from judging them."""
    statement = (
        select(
            Message.id,
            Message.enrollment_id,
            Message.position,
            Message.channel_id,
            func.coalesce(Message.sent_at, Message.charge_at).label("sent_at"),
            Enrollment.campaign_id,
        )
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Message.id.in_(messages))
        .order_by(Message.id)
        .with_for_update(key_share=True, of=Message)
    )
    return list(connection.execute(statement))


def _judge(
    connection: Connection, message: Row[Any], visits: Sequence[Row[Any]], until: int, now: int
) -> None:
    clicks = [(visit.at, visit.target) for visit in visits if visit.deed == Deed.CLICKED]
    told = {(visit.deed, bool(visit.machine)) for visit in visits if visit.judged_at is not None}
    for visit in visits:
        if visit.judged_at is not None or visit.at > until:
            continue
        machine = visit.machine or machine_by_time(visit.at, message.sent_at)
        if machine is None and visit.deed == Deed.CLICKED:
            machine = machine_at_once(visit.at, visit.target, clicks)
        connection.execute(
            update(Noted).where(Noted.id == visit.id).values(machine=machine or "", judged_at=now)
        )
        if (visit.deed, bool(machine)) not in told:
            told.add((visit.deed, bool(machine)))
            _tell(connection, message, visit, machine, now)


def _tell(
    connection: Connection, message: Row[Any], visit: Row[Any], machine: str | None, now: int
) -> None:
    connection.execute(
        insert(Event).values(
            at=now,
            event=f"{visit.deed}_by_machine" if machine else visit.deed,
            campaign_id=message.campaign_id,
            enrollment_id=message.enrollment_id,
            position=message.position,
            channel_id=message.channel_id,
            detail=", ".join(filter(None, (visit.target, machine))) or _GUESSED,
        )
    )
