"""Why someone's next message has not left, and when it will: facts put into sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from postroad.campaign.local_times import beginning
from postroad.campaign.waits import format_wait
from postroad.channels.selection import Chosen
from postroad.contracts import CampaignState, ChannelState, EnrollmentState, MessageState
from postroad.instants import moment
from postroad.ledger.standings import ChannelStanding, NextMessage, PersonPause, Standing
from postroad.quota.reasons import time_of_day
from postroad.wording import say_count


class WaitsFor(StrEnum):
    """What keeps a message from leaving."""

    NOTHING = "nothing"
    """It is on its way, or the person's sequence has ended."""
    CAMPAIGN = "campaign"
    """Its campaign is paused, or still being staged."""
    PAUSE = "pause"
    """The person is paused."""
    SUPPRESSION = "suppression"
    DUE_TIME = "due_time"
    CAP = "cap"
    """The person, their mail domain or their company has got as much as the organisation allows."""
    CHANNEL = "channel"
    """No channel may take it now."""
    PROVIDER = "provider"
    """The provider now "slow down"."""
    TURN = "turn"
    """The limits of the channel: the sequence waits for its turn."""
    SLOT = "slot"
    OPERATOR = "operator"
    """It is uncertain."""
    TASK = "task"
    """Somebody has to do or review something first."""


class Explanation(BaseModel):
    """One campaign of `explain EMAIL --json`."""

    model_config = ConfigDict(frozen=True)

    campaign: str
    sender: str
    state: EnrollmentState
    step: str | None
    """The step of the next message; None where there is none."""
    message: MessageState | None
    channel: str | None
    due_at: datetime | None
    waits_for: WaitsFor
    expected_at: datetime | None
    """The earliest instant at which it may leave; None where somebody has to act first."""
    sentences: list[str]


@dataclass(frozen=True, slots=True)
class _Obstacle:
    waits_for: WaitsFor
    sentence: str
    until: int | None = None
    """When it goes away by itself; None where somebody has to act."""


def explain(standing: Standing, now: int) -> Explanation:
    """Explain where one person stands in one campaign.

    Args:
        standing: the facts, from `postroad.ledger.standings`.
        now: the present instant.
    """
    message = standing.message if standing.state is EnrollmentState.ACTIVE else None
    if message is None:
        obstacles = [_Obstacle(WaitsFor.NOTHING, _ended(standing))]
    else:
        obstacles = list(_obstacles(standing, message, now))
    instants = [obstacle.until for obstacle in obstacles if obstacle.until is not None]
    expected = max(instants) if len(instants) == len(obstacles) else None
    due = None if message is None else message.due_at
    return Explanation(
        campaign=standing.campaign,
        sender=standing.sender,
        state=standing.state,
        step=None if message is None else message.step,
        message=None if message is None else message.state,
        channel=None if message is None or standing.channel is None else standing.channel.id,
        due_at=None if due is None else moment(due),
        waits_for=obstacles[0].waits_for,
        expected_at=None if expected is None else moment(expected),
        sentences=[obstacle.sentence for obstacle in obstacles],
    )


def _ended(standing: Standing) -> str:
    who, campaign = standing.recipient, standing.campaign
    match standing.state:
        case EnrollmentState.ACTIVE:
            return f"Every message of {campaign} to {who} has come to its end."
        case EnrollmentState.FINISHED if not standing.reason:
            return f"{who} was sent every step of {campaign}; nothing more is planned."
    reason = f" ({standing.reason})" if standing.reason else ""
    return f"Nothing more goes to {who} in {campaign}: {standing.state}{reason}."


def _obstacles(standing: Standing, message: NextMessage, now: int) -> Iterator[_Obstacle]:
    """Yield everything that stands between the message and its leaving, the gravest first."""
    if message.state is MessageState.UNCERTAIN:
        yield _uncertain(message)
        return
    if message.state is MessageState.OPEN:
        yield _Obstacle(WaitsFor.TASK, f"{message.step} waits for somebody: see `postroad task`.")
        if standing.pause is not None:
            yield _paused(standing, standing.pause, message, now)
        return
    if message.state is MessageState.SENDING:
        on = f" on {standing.channel.id}" if standing.channel else ""
        words = f"{message.step} is on the wire at this moment{on} (wave {message.wave})."
        yield _Obstacle(WaitsFor.NOTHING, words, now)
        return
    if standing.suppressed is not None:
        reason = f" ({standing.suppressed})" if standing.suppressed else ""
        words = f"{standing.recipient} is suppressed{reason}: {message.step} will not leave."
        yield _Obstacle(WaitsFor.SUPPRESSION, words)
    yield from _campaign(standing)
    if standing.pause is not None:
        yield _paused(standing, standing.pause, message, now)
    elif message.state is MessageState.RESERVED:
        yield from _reserved(standing, message, now)
    elif message.due_at is None:
        before = message.after_step or "the step before it"
        words = f"{message.step} falls due after {before}, which has not been sent."
        yield _Obstacle(WaitsFor.DUE_TIME, words)
    elif message.due_at > now and message.reason and not message.deferrals:
        words = f"{message.step} waits until {time_of_day(message.due_at, now)}: {message.reason}."
        yield _Obstacle(WaitsFor.CAP, words, message.due_at)
    elif message.due_at > now:
        yield _Obstacle(WaitsFor.DUE_TIME, _due_later(message, now), message.due_at)
    else:
        if (held := message.kept_back) is not None:
            until = time_of_day(held.at, now)
            words = f"{message.step} is not to leave before {until}: {held.why}."
            yield _Obstacle(WaitsFor.CAP, words, held.at)
        yield from _due_now(standing, message, message.due_at, now)


def _uncertain(message: NextMessage) -> _Obstacle:
    reason = f" ({message.reason})" if message.reason else ""
    return _Obstacle(
        WaitsFor.OPERATOR,
        f"{message.step} may or may not have left{reason}: decide with "
        f"`postroad uncertain resend {message.id}` or `postroad uncertain dismiss {message.id}`.",
    )


def _campaign(standing: Standing) -> Iterator[_Obstacle]:
    campaign = standing.campaign
    words = f" {standing.campaign_words}" if standing.campaign_words else ""
    match standing.campaign_state:
        case CampaignState.RUNNING:
            return
        case CampaignState.PAUSED:
            sentence = f"{campaign} is paused{words}: `postroad resume {campaign}` lets it go on."
        case CampaignState.STAGING:
            sentence = f"{campaign} has not started: its audience is still being staged."
        case _:
            sentence = f"{campaign} is {standing.campaign_state}{words}."
    yield _Obstacle(WaitsFor.CAMPAIGN, sentence)


def _paused(standing: Standing, pause: PersonPause, message: NextMessage, now: int) -> _Obstacle:
    who, campaign = standing.recipient, standing.campaign
    if pause.until is None:
        words = f"{who} is paused {pause.words}: `postroad people resume {campaign} {who}`."
        return _Obstacle(WaitsFor.PAUSE, words)
    until = max(pause.until, message.due_at or pause.until)
    words = f"{who} is paused until {time_of_day(pause.until, now)}, {pause.words}."
    return _Obstacle(WaitsFor.PAUSE, words, until)


def _reserved(standing: Standing, message: NextMessage, now: int) -> Iterator[_Obstacle]:
    slot = now if message.slot is None else message.slot
    on = f" on {standing.channel.id}" if standing.channel else ""
    booked = f"{message.step} is booked{on} for {time_of_day(slot, now)} (wave {message.wave})."
    yield _Obstacle(WaitsFor.SLOT, booked, max(slot, now))


def _due_later(message: NextMessage, now: int) -> str:
    due = time_of_day(message.due_at or 0, now)
    if message.deferrals:
        times = say_count(message.deferrals, "time")
        return f"{message.step} was put off {times} ({message.reason}); next try {due}."
    settings, sent_at = message.settings, message.after_sent_at
    if sent_at is None:
        return f"{message.step} falls due {due}, {_opening(message, now)}."
    waited = settings.waited(sent_at, message.zone, message.zone)
    after = f"{message.after_step} (sent {time_of_day(sent_at, now)})"
    opening = "" if message.due_at == waited else f", then {_opening(message, waited)}"
    return f"{message.step} falls due {due}: {format_wait(settings.wait)} after {after}{opening}."


def _opening(message: NextMessage, since: int) -> str:
    """Say what keeps a message until it is due that has waited long enough."""
    settings, due_at = message.settings, message.due_at or 0
    words: list[str] = []
    if settings.is_too_late(due_at, message.zone, message.zone):
        return f"and ends then: it is not to leave after {settings.not_after}"
    if settings.not_before is not None:
        words.append(f"not before {settings.not_before}")
        since = max(since, beginning(settings.not_before, message.zone))
    if (window := settings.window) is not None:
        opens = moment(due_at).astimezone(ZoneInfo(message.zone))
        hours = f"{window.hours} {message.zone}"
        words.append(f"in its window ({hours}), which opens {opens:%a %d %b %H:%M} there")
        words += window.days_off_between(since, due_at, message.zone)
    # A step that was changed after the message became due names neither.
    return "; ".join(words) or "in its sending window"


def _due_now(
    standing: Standing, message: NextMessage, due_at: int, now: int
) -> Iterator[_Obstacle]:
    since = f"{message.step} is due since {time_of_day(due_at, now)}"
    channel = standing.channel
    if channel is None:
        if standing.choice is None or isinstance(standing.choice, Chosen):
            yield _Obstacle(WaitsFor.TURN, f"{since} and goes with a coming wave.", now)
        else:
            words = f"{since}, but no channel may take it: {standing.choice.why}."
            yield _Obstacle(WaitsFor.CHANNEL, words)
        return
    if channel.state is not ChannelState.ACTIVE:
        reason = f" ({channel.reason})" if channel.reason else ""
        words = (
            f"{since}, but {channel.id} is {channel.state}{reason}: once that is repaired, "
            f"`postroad channel resume {channel.id}`."
        )
        yield _Obstacle(WaitsFor.CHANNEL, words)
        return
    yield _queued(channel, since, now)


def _queued(channel: ChannelStanding, since: str, now: int) -> _Obstacle:
    ahead = ""
    if channel.ahead:
        ahead = f"; {say_count(channel.ahead, 'message')} of the same sender go first"
    if channel.held_until > now:
        reason = f" ({channel.held_reason})" if channel.held_reason else ""
        until = f"until {time_of_day(channel.held_until, now)}"
        words = f"{since}; the provider of {channel.id} asked for a pause {until}{reason}{ahead}."
        return _Obstacle(WaitsFor.PROVIDER, words, channel.held_until)
    if channel.told_at is not None and channel.told_at > now:
        turn = f"its turn on {channel.id}: {channel.turn_reason}"
        words = f"{since} and waits for {turn}{ahead}."
        return _Obstacle(WaitsFor.TURN, words, channel.told_at)
    words = f"{since} and goes with the next wave on {channel.id}{ahead}."
    return _Obstacle(WaitsFor.TURN, words, now)
