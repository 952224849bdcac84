"""One policy per kind of provider error: what becomes of the message, and of the channel."""

from dataclasses import dataclass
from datetime import timedelta

from postroad.channels.base import (
    AccountRefused,
    Ambiguous,
    AuthorisationLost,
    ChannelError,
    MessageRefused,
    Misconfigured,
    QuotaExhausted,
    RateLimited,
    RecipientRefused,
    Transient,
)
from postroad.contracts import ChannelState, EnrollmentState
from postroad.instants import DAY, HOUR, MINUTE, SECOND, milliseconds
from postroad.ledger.settlement import Deferred, Failed, Outcome, Returned
from postroad.ledger.waves import WaveMessage

DEFERRAL_LADDER = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, *(4 * HOUR,) * 17)
"""Pauses between tries of one message; three days in all, as mail servers do (RFC 5321 4.5.4.1)."""

CONNECT_PAUSE = 30 * SECOND
"""How long a channel rests when its provider cannot be reached."""

_RATE_PAUSE = timedelta(seconds=60)
_QUOTA_PAUSE = timedelta(hours=1)
_LONGEST_PAUSE = timedelta(milliseconds=DAY)


@dataclass(frozen=True, slots=True)
class Hold:
    """The provider's "slow down": nobody uses the channel before this instant."""

    until: int
    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The channel may not send until an operator acts."""

    state: ChannelState
    words: str


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an error means: for the message, and for everybody who uses the channel."""

    outcome: Outcome
    channel: Hold | Stop | None = None


def consequence(error: ChannelError, message: WaveMessage, now: int) -> Consequence:
    """Map an error after which the message certainly did not leave."""
    subject, words = message.subject, f"{error.kind}: {error.words}"
    match error:
        case RecipientRefused():
            dead = error.address_is_dead
            return Consequence(Failed(subject, now, EnrollmentState.BOUNCED, words, dead))
        case MessageRefused():
            return Consequence(Failed(subject, now, EnrollmentState.FAILED, words))
        case Transient():
            pause = DEFERRAL_LADDER[min(message.deferrals, len(DEFERRAL_LADDER) - 1)]
            if error.retry_after is not None:
                pause = milliseconds(error.retry_after)
            return Consequence(_defer(message, now, now + pause, words))
        case Ambiguous():
            raise ValueError("an ambiguous error is resolved by asking the channel, not by policy")
    channel = channel_consequence(error, now)
    if isinstance(channel, Hold):
        # Others go first when the hold is over: it may have been about this message alone.
        return Consequence(_defer(message, now, channel.until, words), channel)
    return Consequence(Returned(subject, now, words), channel)


def channel_consequence(error: ChannelError, now: int) -> Hold | Stop | None:
    """Say what an error means for the channel, whatever message met it."""
    match error:
        case RateLimited():
            return _hold(error, now, _RATE_PAUSE)
        case QuotaExhausted():
            return _hold(error, now, _QUOTA_PAUSE)
        case AuthorisationLost():
            return Stop(ChannelState.UNAUTHORISED, error.words)
        case AccountRefused():
            return Stop(ChannelState.PAUSED, error.words)
        case Misconfigured():
            return Stop(ChannelState.MISCONFIGURED, error.words)
    return None


def unreachable(error: ChannelError, now: int) -> Hold | Stop:
    """Say what it means for the channel that no connection could be opened."""
    return channel_consequence(error, now) or Hold(now + CONNECT_PAUSE, error.words)


def _hold(error: ChannelError, now: int, default: timedelta) -> Hold:
    pause = min(error.retry_after or default, _LONGEST_PAUSE)
    return Hold(now + max(milliseconds(pause), SECOND), error.words)


def _defer(message: WaveMessage, now: int, due_at: int, words: str) -> Deferred | Failed:
    if message.deferrals >= len(DEFERRAL_LADDER):
        reason = f"given up after {message.deferrals} deferrals: {words}"
        return Failed(message.subject, now, EnrollmentState.FAILED, reason)
    return Deferred(message.subject, now, due_at, words)
