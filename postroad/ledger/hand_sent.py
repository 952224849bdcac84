"""What people sent from their mailboxes themselves: it uses up the same limits."""

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Connection, delete, insert

from postroad.ledger.tables import HandSent


def record_hand_sent(
    connection: Connection, channel: str, instants: Iterable[int], since: int
) -> None:
    """Replace what is known of a stretch of time; reading it again counts nothing twice.

    Args:
        connection: a transaction.
        channel: the mailbox's channel.
        instants: when each mail was sent.
        since: the beginning of the stretch; it ends now.
    """
    connection.execute(delete(HandSent).where(HandSent.channel_id == channel, HandSent.at >= since))
    together = Counter(at for at in instants if at >= since)
    rows = [
        {"channel_id": channel, "at": at, "messages": messages} for at, messages in together.items()
    ]
    if rows:
        connection.execute(insert(HandSent), rows)
