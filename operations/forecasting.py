"""Forecasting a campaign before its launch: when everything will have left, and what decides it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from operations.audience_groups import PeopleAlike
from operations.definition import Definition
from postroad.campaign.days_off import DaysOff
from postroad.campaign.step import StepSettings
from postroad.channels.options import ChannelOption, ChannelWish
from postroad.channels.selection import Chosen, choose_channel
from postroad.instants import moment
from postroad.ledger.caps import EACH_PERSON, load_caps
from postroad.ledger.channel_options import load_options, load_wish
from postroad.ledger.charges import ChargedScope
from postroad.ledger.days_off import NO_DAYS_OFF, days_off
from postroad.ledger.scopes import ChannelScopes
from postroad.ledger.staging import StagedStep
from postroad.quota import forecast as quota
from postroad.quota.caps import Caps
from postroad.quota.scope import Scope
from postroad.workspace import Sender

_STEPS = 1_000
"""In so many steps at least are spaced messages played through: each is one, if they are fewer."""


class ChannelForecast(BaseModel):
    """One channel's part of the campaign."""

    model_config = ConfigDict(frozen=True)

    channel: str | None
    """None for messages that no channel may take."""
    messages: int
    last_at: datetime | None
    too_late: int = 0
    """Messages that would end unsent, as they could leave only after their step's last day."""
    binding_limit: str | None
    """The limit that decides, or why nothing leaves; None where only the steps' waits count."""


class Forecast(BaseModel):
    """When a campaign's mails would leave, if it were launched now."""

    model_config = ConfigDict(frozen=True)

    first_at: datetime | None
    last_at: datetime | None
    by_channel: list[ChannelForecast]


def forecast_campaign(
    connection: Connection,
    definition: Definition,
    senders: Mapping[str, Sender],
    people: Counter[PeopleAlike],
    caps: Caps,
    now: int,
) -> Forecast:
    """Play a campaign through with what other campaigns have sent so far."""
    options = load_options(connection)
    groups: list[quota.Group] = []
    held: Counter[str] = Counter()
    on: dict[str, ChannelScopes] = {}
    wishes = {
        email: load_wish(connection, email, definition.settings)
        for email in {alike.sender for alike in people}
    }
    off = {} if definition.settings.interactive else days_off(connection, wishes)
    legs = {email: _legs(definition.steps, off.get(email, NO_DAYS_OFF)) for email in wishes}
    for alike, number in people.items():
        channels = _channels(definition, wishes[alike.sender], options)
        if isinstance(channels, str):
            held[channels] += number * len(definition.mails)
        else:
            for channel in channels:
                if channel not in on:
                    on[channel] = ChannelScopes.of(connection, channel)
            capped = (*alike.capped, *([_hold_key(alike)] if alike.held_until else ()))
            scopes = [
                (*on[channel].shared, *on[channel].own(alike.limited_domain), *capped)
                for channel in channels
            ]
            zone = senders[alike.sender].timezone
            timetable = _Timetable(legs[alike.sender], alike.timezone, zone)
            interactive = definition.settings.interactive
            groups.append(quota.Group(number, channels, scopes, timetable, interactive))
    domains = {alike.limited_domain for alike in people if alike.limited_domain is not None}
    wanted = people.total() * len(definition.mails)
    scopes_by_key = _scopes(connection, on, domains, now, wanted)
    keys = {key for alike in people for key in alike.capped}
    scopes_by_key |= load_caps(connection, definition.id, caps, keys, now, 0)
    scopes_by_key |= {_hold_key(alike): _hold(alike, caps) for alike in people if alike.held_until}
    return _summary(quota.forecast(groups, scopes_by_key, now), held)


def _hold_key(alike: PeopleAlike) -> str:
    return f"held:{alike.held_until}"


def _hold(alike: PeopleAlike, caps: Caps) -> Scope:
    """Return a scope that nobody uses before other campaigns' mail lets these people be."""
    return Scope(_hold_key(alike), EACH_PERSON, not_before=alike.held_until, words=str(caps.person))


def _channels(
    definition: Definition, wish: ChannelWish, options: Mapping[str, ChannelOption]
) -> list[str] | str:
    """Choose each step's channel as it stands now; say why where none may be chosen.

    Recipients' mail networks are not looked up.
    """
    channels: list[str] = []
    for step in definition.mails:
        replying = step.settings.thread == "reply"
        choice = choose_channel(
            replace(
                wish,
                step_channel=step.settings.channel,
                conversation=channels[-1] if replying else None,
            ),
            options,
        )
        if not isinstance(choice, Chosen):
            return choice.why
        channels.append(choice.channel)
    return channels


def _scopes(
    connection: Connection,
    channels: Mapping[str, ChannelScopes],
    domains: set[str],
    now: int,
    wanted: int,
) -> dict[str, Scope]:
    scopes: dict[str, Scope] = {}
    for channel in sorted(channels):
        charged = channels[channel].load(connection, domains, now=now, wanted=wanted)
        at_once = wanted // (_STEPS * len(channels))
        scopes |= {
            key: _in_bulk(found, at_once).scope(0)
            for key, found in charged.items()
            if key not in scopes
        }
    return scopes


def _in_bulk(charged: ChargedScope, at_once: int) -> ChargedScope:
    """Let spaced messages leave several at once, where they are so many that it hardly matters."""
    spacing = charged.spacing
    if spacing is None or at_once <= 1:
        return charged
    others = [limit for limit in charged.limits if limit != spacing.as_limit()]
    return replace(charged, limits=[*others, spacing.in_bulk(at_once)], spacing=None)


@dataclass(frozen=True, slots=True)
class _Timetable:
    """When the mails of people in one time zone are due, where tasks are done at once."""

    legs: Sequence[Sequence[StepSettings]]
    person_zone: str | None
    sender_zone: str

    def due_at(self, position: int, previous: int) -> int | None:
        if position >= len(self.legs):
            return None
        for settings in self.legs[position]:
            previous = settings.due_at(previous, self.person_zone, self.sender_zone)
        return previous

    def next_opening(self, position: int, at: int) -> int | None:
        settings = self.legs[position][-1]
        opening = settings.next_opening(at, self.person_zone, self.sender_zone)
        too_late = settings.is_too_late(opening, self.person_zone, self.sender_zone)
        return None if too_late else opening


def _legs(steps: Sequence[StagedStep], off: DaysOff) -> list[list[StepSettings]]:
    """Return each mail's timing for a sender's people, after that of the tasks before it."""
    legs: list[list[StepSettings]] = []
    leg: list[StepSettings] = []
    for step in steps:
        leg.append(step.settings.for_sender(off))
        if step.settings.task is None:
            legs.append(leg)
            leg = []
    return legs


def _summary(played: Mapping[str, quota.ChannelForecast], held: Counter[str]) -> Forecast:
    by_channel = [
        ChannelForecast(
            channel=channel,
            messages=part.messages,
            last_at=moment(part.last_at) if part.messages else None,
            too_late=part.too_late,
            binding_limit=part.binding_limit,
        )
        for channel, part in sorted(played.items())
    ]
    by_channel += [
        ChannelForecast(channel=None, messages=messages, last_at=None, binding_limit=why)
        for why, messages in held.items()
    ]
    sending = [part for part in played.values() if part.messages]
    first = min((part.first_at for part in sending), default=None)
    last = max((part.last_at for part in sending), default=None)
    return Forecast(
        first_at=None if first is None else moment(first),
        last_at=None if last is None else moment(last),
        by_channel=by_channel,
    )
