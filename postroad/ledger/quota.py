"""Booking waves: which messages may leave now, or when to ask again and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from postroad.contracts import (
    CampaignState,
    ChannelState,
    MessageState,
    Reservation,
    ReserveQuota,
    SendWave,
)
from postroad.instants import SECOND, moment
from postroad.ledger import turns
from postroad.ledger.bounce_rates import pause_if_too_many
from postroad.ledger.canary import canary_room
from postroad.ledger.caps import hold_to_caps
from postroad.ledger.charges import ChargedScope
from postroad.ledger.limits import LimitsInForce, described, limits_in_force
from postroad.ledger.pausing import hold_paused
from postroad.ledger.scopes import ChannelScopes, domain_scope, lock_scopes
from postroad.ledger.sequences import sequence_id
from postroad.ledger.tables import Campaign, Channel, Event, Message, Step
from postroad.ledger.windows import hold_to_timing
from postroad.quota.allocation import WAVE_SPAN, Candidate, Pace, allocate, most_in_wave, wave_size
from postroad.quota.decision import Grant, Wait, decide
from postroad.quota.reasons import because
from postroad.quota.scope import Scope
from postroad.quota.turns import Priority, Turn

_LOOK_BEYOND = 4
"""Candidates looked at per message of a wave, so that a full domain does not block the others."""

_DueRow = Row[int, int, int, str]
"""(id, position, priority, domain) of a message."""

_RESERVE = (
    update(Message)
    .where(Message.id.in_(bindparam("of", expanding=True)))
    .values(state=MessageState.RESERVED, charge_at=bindparam("slot"), wave=bindparam("in_wave"))
)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Everything a decision needs, read under the locks."""

    on: ChannelScopes
    due: Sequence[_DueRow]
    charged: Mapping[str, ChargedScope]

    def scopes_with(self, tolerance: int) -> dict[str, Scope]:
        return {key: charged.scope(tolerance) for key, charged in self.charged.items()}

    def candidates(self) -> list[Candidate]:
        shared = self.on.shared
        return [Candidate(row.id, (*shared, *self.on.own(row.domain))) for row in self.due]


def reserve_wave(connection: Connection, request: ReserveQuota, now: int) -> Reservation:
    """Book a wave that may leave now, or register a turn and say when to ask again."""
    sequence = sequence_id(connection, request.campaign_id, request.sender)
    if not _may_send(connection, request):
        return _parked(connection, request, sequence)
    if booked := _booked(connection, request, sequence):
        return booked
    on = ChannelScopes.of(connection, request.channel)
    on.lock(connection)
    pause_if_too_many(connection, request.channel, request.campaign_id, now)
    if not _may_send(connection, request):
        return _parked(connection, request, sequence)
    canary = canary_room(connection, request.channel, request.campaign_id, now)
    if canary is not None and canary.until is not None:
        turns.leave(connection, sequence, request.channel)
        until = moment(canary.until)
        return Reservation(wave=request.wave, wait_until=until, reason=canary.reason)
    at_most = min(request.at_most, most_in_wave(on.limits.connections))
    if canary is not None:
        at_most = min(at_most, canary.messages)
    return _ask(connection, request, sequence, on, at_most, now)


def _parked(connection: Connection, request: ReserveQuota, sequence: int) -> Reservation:
    turns.leave(connection, sequence, request.channel)
    return Reservation(wave=request.wave, parked=True)


def _ask(
    connection: Connection,
    request: ReserveQuota,
    sequence: int,
    on: ChannelScopes,
    at_most: int,
    now: int,
) -> Reservation:
    """Ask for a turn with what is due."""
    look_at = at_most * (_LOOK_BEYOND if on.limits.domains else 1) + 1
    due = _due(connection, request, sequence, on.limits, now, look_at)
    if not due:
        turns.leave(connection, sequence, request.channel)
        return Reservation(wave=request.wave, more=False)
    asking = _asking(connection, on, due, now)
    mine = _turn(request, sequence, asking, now, at_most)
    answer = decide(
        mine,
        turns.waiting(connection, request.channel),
        turns.shares(connection, request.channel),
        asking.candidates(),
        asking.scopes_with,
        shared=on.shared,
        now=now,
        tolerance=on.limits.tolerance,
    )
    if isinstance(answer, Wait):
        return _wait(connection, request, mine, answer, now)
    return _book(connection, request, mine, asking, answer)


def rebook_wave(connection: Connection, wave: SendWave, now: int) -> int:
    """Give the reserved rest of a late wave new slots; return how many got one.

    The wave has had its turn, so it does not queue again. What gets no slot stays reserved, for
    the caller to give back; what may not leave at this hour is postponed.
    """
    sequence = sequence_id(connection, wave.campaign_id, wave.sender)
    on = ChannelScopes.of(connection, wave.channel)
    on.lock(connection)
    rows = connection.execute(
        select(Message.id, Message.position, Message.priority, Message.domain)
        .where(
            Message.sequence_id == sequence,
            Message.wave == wave.wave,
            Message.state == MessageState.RESERVED,
        )
        .order_by(Message.charge_at, Message.priority, Message.id)
    ).all()
    ids = [row.id for row in rows]
    # What is booked again must not count against itself.
    connection.execute(update(Message).where(Message.id.in_(ids)).values(charge_at=None))
    due = _may_leave(connection, wave.campaign_id, sequence, on.limits, rows, now)
    asking = _asking(connection, on, due, now)
    tolerance = on.limits.tolerance
    interactive = all(row.priority == Priority.INTERACTIVE for row in asking.due)
    slots = allocate(
        asking.candidates(),
        asking.scopes_with(tolerance),
        Pace(now, tolerance, interactive),
        len(ids),
    )
    soon = {message: at for message, at in slots.items() if at <= now + WAVE_SPAN}
    _set_slots(connection, wave.wave, soon)
    return len(soon)


def tolerance_of(connection: Connection, channel: str) -> int:
    """Return how long after its slot a message on this channel may leave, in milliseconds."""
    return limits_in_force(described(connection, channel)).tolerance


def release_turns(connection: Connection, campaign_id: str, sender: str, now: int) -> list[str]:
    """Leave every queue; return the workflow ids of those who may go earlier for it."""
    return turns.leave_all(connection, sequence_id(connection, campaign_id, sender), now)


def _may_send(connection: Connection, request: ReserveQuota) -> bool:
    running_and_active = connection.execute(
        select(Campaign.id)
        .join(Channel, Channel.id == request.channel)
        .where(
            Campaign.id == request.campaign_id,
            Campaign.state == CampaignState.RUNNING,
            Channel.state == ChannelState.ACTIVE,
        )
    )
    return running_and_active.first() is not None


def _booked(connection: Connection, request: ReserveQuota, sequence: int) -> Reservation | None:
    """Return the booking that an earlier try of this request made and could not report."""
    positions = connection.scalars(
        select(Message.position).where(
            Message.sequence_id == sequence, Message.wave == request.wave
        )
    ).all()
    if not positions:
        return None
    steps = _step_names(connection, request.campaign_id, positions)
    return Reservation(wave=request.wave, messages=len(positions), steps=steps)


def _due(
    connection: Connection,
    request: ReserveQuota,
    sequence: int,
    limits: LimitsInForce,
    now: int,
    at_most: int,
) -> Sequence[_DueRow]:
    """Return messages that wait for a wave on this channel, the most urgent first."""
    rows = connection.execute(
        select(Message.id, Message.position, Message.priority, Message.domain)
        .where(
            Message.sequence_id == sequence,
            Message.channel_id == request.channel,
            Message.state == MessageState.PLANNED,
            Message.due_at <= now,
        )
        .order_by(Message.priority, Message.due_at, Message.id)
        .limit(at_most)
    ).all()
    return _may_leave(connection, request.campaign_id, sequence, limits, rows, now)


def _may_leave(
    connection: Connection,
    campaign: str,
    sequence: int,
    limits: LimitsInForce,
    rows: Sequence[_DueRow],
    now: int,
) -> Sequence[_DueRow]:
    """Return what pauses, its step's hours and the caps let leave now; the rest is due later."""
    held = hold_paused(connection, [row.id for row in rows], now)
    ids = [row.id for row in rows if row.id not in held]
    held |= hold_to_timing(connection, campaign, sequence, ids, now)
    ids = [row.id for row in rows if row.id not in held]
    held |= hold_to_caps(connection, campaign, limits.caps, ids, now, limits.tolerance)
    return [row for row in rows if row.id not in held]


def _asking(connection: Connection, on: ChannelScopes, due: Sequence[_DueRow], now: int) -> _Asking:
    domains = sorted({row.domain for row in due if row.domain in on.limits.domains})
    if domains:
        lock_scopes(connection, [domain_scope(domain) for domain in domains])
    return _Asking(on, due, on.load(connection, domains, now=now, wanted=len(due)))


def _turn(request: ReserveQuota, sequence: int, asking: _Asking, now: int, at_most: int) -> Turn:
    limits = [*asking.on.limits.channel, *asking.on.limits.organisation]
    return Turn(
        sequence=sequence,
        campaign=request.campaign_id,
        priority=Priority(asking.due[0].priority),
        messages=min(len(asking.due), wave_size(at_most, limits)),
        asked_at=now,
        told_at=now,
    )


def _wait(
    connection: Connection, request: ReserveQuota, mine: Turn, answer: Wait, now: int
) -> Reservation:
    reason = because(answer, now)
    turns.take(connection, request.channel, replace(mine, told_at=answer.until), reason)
    return Reservation(wave=request.wave, wait_until=moment(answer.until), reason=reason)


def _book(
    connection: Connection,
    request: ReserveQuota,
    mine: Turn,
    asking: _Asking,
    answer: Grant,
) -> Reservation:
    _set_slots(connection, request.wave, answer.slots)
    waited_since = turns.leave(connection, mine.sequence, request.channel)
    if waited_since is not None:
        _tell_throttled(connection, request, mine.asked_at, mine.asked_at - waited_since)
    turns.record_share(
        connection, request.channel, request.campaign_id, answer.virtual_time, answer.finish
    )
    positions = [row.position for row in asking.due if row.id in answer.slots]
    return Reservation(
        wave=request.wave,
        messages=len(positions),
        steps=_step_names(connection, request.campaign_id, positions),
        more=len(asking.due) > len(positions),
        room_left=answer.room_left,
    )


def _set_slots(connection: Connection, wave: int, slots: Mapping[int, int]) -> None:
    """Reserve messages, all that share a slot at once."""
    together: dict[int, list[int]] = {}
    for message, at in slots.items():
        together.setdefault(at, []).append(message)
    for at, messages in together.items():
        connection.execute(_RESERVE, {"of": messages, "slot": at, "in_wave": wave})


def _tell_throttled(connection: Connection, request: ReserveQuota, now: int, waited: int) -> None:
    if waited >= SECOND:
        connection.execute(
            insert(Event).values(
                at=now,
                event="throttled",
                campaign_id=request.campaign_id,
                channel_id=request.channel,
                detail=json.dumps({"seconds": round(waited / SECOND, 1)}),
            )
        )


def _step_names(connection: Connection, campaign_id: str, positions: Sequence[int]) -> list[str]:
    return list(
        connection.scalars(
            select(Step.id)
            .where(Step.campaign_id == campaign_id, Step.position.in_(set(positions)))
            .order_by(Step.position)
        )
    )
