"""Which of a channel's messages a provider's event is about."""

from sqlalchemy import Connection

from postroad.inbox.matching import Clues
from postroad.ledger.matching import find_match
from postroad.ledger.outcomes import CameBack
from postroad.provider_events.event import ProviderEvent


def came_back(
    connection: Connection, channel: str, provider: str, event: ProviderEvent, now: int
) -> CameBack | None:
    """Return what an event says about a message of ours; None where it names none.

    Nothing is guessed: the provider's account may have other users, with mail to the same people.

    Args:
        connection: to look the message up.
        channel: the channel whose events are pushed.
        provider: whose they are.
        event: what was pushed.
        now: the present instant.
    """
    if event.key is None and event.message_id is None:
        return None
    at = min(event.at or now, now)
    clues = Clues(
        author="",
        key=event.key,
        message_ids=(event.message_id,) if event.message_id else (),
        addresses=frozenset([event.recipient] if event.recipient else []),
        is_notice=True,
    )
    match = find_match(connection, channel, clues, at)
    if match is None:
        return None
    return CameBack(
        channel=channel,
        provider_id=event.id,
        received_at=at,
        kind=event.kind,
        verdict=event.verdict,
        match=match,
        way=f"{provider} event",
    )
