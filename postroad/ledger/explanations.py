"""Why someone's next message has not left, and when it will: facts put into sentences."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from postroad.channels.selection import NoChannel
from postroad.contracts import CampaignState, ChannelState, EnrollmentState, MessageState
from postroad.durations import format_duration
from postroad.instants import milliseconds, moment
from postroad.ledger.standings import ChannelStanding, NextMessage, Standing
from postroad.wording import say_count, say_instant


class WaitsFor(StrEnum):
    """What keeps a message from leaving."""

    NOTHING = "nothing"
    """It is on its way, or the person's sequence has ended."""
    CAMPAIGN = "campaign"
    """Its campaign is paused, or still being staged."""
    SUPPRESSION = "suppression"
    DUE_TIME = "due_time"
    CHANNEL = "channel"
    """No channel may take it now."""
    PROVIDER = "provider"
    """The provider said "slow down"."""
    TURN = "turn"
    """The limits of the channel: the sequence waits for its turn."""
    SLOT = "slot"
    OPERATOR = "operator"
    """It is uncertain."""


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


@dataclass(frozen=True, slots=True)
class _Said:
    """How instants are written for the reader."""

    now: int
    zone: tzinfo

    def at(self, instant: int) -> str:
        return say_instant(instant, self.now, self.zone)


def explain(standing: Standing, now: int, zone: tzinfo) -> Explanation:
    """Explain where one person stands in one campaign.

    Args:
        standing: the facts, from `postroad.ledger.standings`.
        now: the present instant.
        zone: the reader's time zone.
    """
    message = standing.message if standing.state is EnrollmentState.ACTIVE else None
    if message is None:
        obstacles = [_Obstacle(WaitsFor.NOTHING, _ended(standing))]
    else:
        obstacles = list(_obstacles(standing, message, _Said(now, zone)))
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
        case EnrollmentState.FINISHED:
            return f"{who} was sent every step of {campaign}; nothing more is planned."
    reason = f" ({standing.reason})" if standing.reason else ""
    return f"Nothing more goes to {who} in {campaign}: {standing.state}{reason}."


def _obstacles(standing: Standing, message: NextMessage, said: _Said) -> Iterator[_Obstacle]:
    """Yield everything that stands between the message and its leaving, the gravest first."""
    if message.state is MessageState.UNCERTAIN:
        yield _uncertain(message)
        return
    if message.state is MessageState.SENDING:
        on = f" on {standing.channel.id}" if standing.channel else ""
        words = f"{message.step} is on the wire at this moment{on} (wave {message.wave})."
        yield _Obstacle(WaitsFor.NOTHING, words, said.now)
        return
    if standing.suppressed is not None:
        reason = f" ({standing.suppressed})" if standing.suppressed else ""
        words = f"{standing.recipient} is suppressed{reason}: {message.step} will not leave."
        yield _Obstacle(WaitsFor.SUPPRESSION, words)
    yield from _campaign(standing)
    if message.state is MessageState.RESERVED:
        yield from _reserved(standing, message, said)
    elif message.due_at is None:
        before = message.after_step or "the step before it"
        words = f"{message.step} falls due after {before}, which has not been sent."
        yield _Obstacle(WaitsFor.DUE_TIME, words)
    elif message.due_at > said.now:
        yield _Obstacle(WaitsFor.DUE_TIME, _due_later(message, said), message.due_at)
    else:
        yield from _due_now(standing, message, message.due_at, said)


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


def _reserved(standing: Standing, message: NextMessage, said: _Said) -> Iterator[_Obstacle]:
    slot = said.now if message.slot is None else message.slot
    on = f" on {standing.channel.id}" if standing.channel else ""
    booked = f"{message.step} is booked{on} for {said.at(slot)} (wave {message.wave})."
    yield _Obstacle(WaitsFor.SLOT, booked, max(slot, said.now))


def _due_later(message: NextMessage, said: _Said) -> str:
    due = said.at(message.due_at or 0)
    if message.deferrals:
        times = say_count(message.deferrals, "time")
        return f"{message.step} was put off {times} ({message.reason}); next try {due}."
    if message.after_sent_at is None:
        return f"{message.step} falls due {due}: its sending window opens then."
    wait = message.settings.wait
    after = f"{message.after_step} (sent {said.at(message.after_sent_at)})"
    moved = message.due_at != message.after_sent_at + milliseconds(wait)
    window = ", then inside its sending window" if moved else ""
    return f"{message.step} falls due {due}: {format_duration(wait)} after {after}{window}."


def _due_now(
    standing: Standing, message: NextMessage, due_at: int, said: _Said
) -> Iterator[_Obstacle]:
    since = f"{message.step} is due since {said.at(due_at)}"
    channel = standing.channel
    if channel is None:
        if isinstance(standing.choice, NoChannel):
            words = f"{since}, but no channel may take it: {standing.choice.why}."
            yield _Obstacle(WaitsFor.CHANNEL, words)
        else:
            yield _Obstacle(WaitsFor.TURN, f"{since} and goes with a coming wave.", said.now)
        return
    if channel.state is not ChannelState.ACTIVE:
        reason = f" ({channel.reason})" if channel.reason else ""
        words = (
            f"{since}, but {channel.id} is {channel.state}{reason}: once that is repaired, "
            f"`postroad channel resume {channel.id}`."
        )
        yield _Obstacle(WaitsFor.CHANNEL, words)
        return
    yield _queued(channel, since, said)


def _queued(channel: ChannelStanding, since: str, said: _Said) -> _Obstacle:
    ahead = ""
    if channel.ahead:
        ahead = f"; {say_count(channel.ahead, 'message')} of the same sender go first"
    if channel.held_until > said.now:
        reason = f" ({channel.held_reason})" if channel.held_reason else ""
        until = f"until {said.at(channel.held_until)}"
        words = f"{since}; the provider of {channel.id} asked for a pause {until}{reason}{ahead}."
        return _Obstacle(WaitsFor.PROVIDER, words, channel.held_until)
    if channel.told_at is not None and channel.told_at > said.now:
        turn = f"{said.at(channel.told_at)}, {channel.turn_reason}"
        words = f"{since} and waits for its turn on {channel.id}: {turn}{ahead}."
        return _Obstacle(WaitsFor.TURN, words, channel.told_at)
    words = f"{since} and goes with the next wave on {channel.id}{ahead}."
    return _Obstacle(WaitsFor.TURN, words, said.now)
