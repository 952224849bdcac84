"""Messages in doubt: they may or may not have left. Ask the channel, then hold or resend."""

from typing import TYPE_CHECKING

from activities.composing import Unsendable
from postroad.channels.base import (
    ChannelError,
    OutgoingMessage,
    Receipt,
    SentAnswer,
    SentLookup,
)
from postroad.ledger.settlement import Outcome, Returned, Sent, Uncertain
from postroad.ledger.waves import WaveMessage

if TYPE_CHECKING:
    from activities.wave import SendingTools


async def resolve_doubt(
    message: WaveMessage, ready: OutgoingMessage, words: str, tools: "SendingTools"
) -> Outcome:
    """Find out whether a message left; where nobody can tell, do what the channel is set to."""
    now = tools.clock.now()
    found, words = await _look_up(message, ready, words, tools)
    if isinstance(found, Receipt):
        return Sent(
            subject=message.subject,
            at=now,
            provider_id=found.provider_id,
            message_id=found.message_id or ready.message_id,
            response=found.response,
            thread_id=found.thread_id,
            next_due_at=tools.composing.next_due_at(message, now),
        )
    if found == SentLookup.NOT_SENT:
        return Returned(message.subject, now, f"it had not left: {words}")
    if tools.resend_uncertain:
        return Returned(message.subject, now, f"sent again, may have left before: {words}")
    return Uncertain(message.subject, now, words, ready.message_id)


async def _look_up(
    message: WaveMessage, ready: OutgoingMessage, words: str, tools: "SendingTools"
) -> tuple[SentAnswer, str]:
    if message.came_back:
        # The Sent folder holds the try that came back, under the same key.
        return SentLookup.CANNOT_TELL, f"{words}; an earlier try of it came back"
    try:
        return await tools.channel.find_sent(ready), words
    except ChannelError as error:
        return SentLookup.CANNOT_TELL, f"{words}; looking it up failed: {error.words}"


async def resolve_interrupted(message: WaveMessage, tools: "SendingTools") -> Outcome:
    """Decide about a message that an earlier attempt marked sending before it was cut off."""
    words = "the worker was cut off while sending it"
    try:
        ready, _ = tools.composing.compose(message, tools.clock.now())
    except Unsendable:
        return Uncertain(message.subject, tools.clock.now(), words, message_id=None)
    return await resolve_doubt(message, ready, words, tools)
