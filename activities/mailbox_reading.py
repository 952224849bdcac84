"""Reading a mailbox to its end: what came back, what it is about, and what follows from it."""

import asyncio
from collections import Counter

from activities.clock import Clock
from postroad.channels.base import DeliveryChannel, InboundMail, InboxPage
from postroad.contracts import MailboxRead, ReviveSequence
from postroad.inbox.judge import judge
from postroad.inbox.matching import Basis, clues_of
from postroad.inbox.outcome import OutcomeKind, outcome_of
from postroad.inbox.parsing import READ_MAX, split_message
from postroad.inbox.unsubscribing import asks_to_unsubscribe
from postroad.ledger.engine import Ledger
from postroad.ledger.mailboxes import keep_cursor, mailbox_address, mailbox_cursor
from postroad.ledger.matching import find_match
from postroad.ledger.outcomes import CameBack, Effect, record_outcome


class MailboxReading:
    """One attempt at reading a mailbox to its end."""

    def __init__(
        self, ledger: Ledger, channel_id: str, channel: DeliveryChannel, clock: Clock
    ) -> None:
        self._ledger = ledger
        self._channel_id = channel_id
        self._channel = channel
        self._clock = clock
        self._mails = 0
        self._outcomes: Counter[str] = Counter()
        self._wake: set[str] = set()
        self._revive: dict[tuple[str, str], ReviveSequence] = {}

    @property
    def progress(self) -> str:
        """How far the reading is, for its heartbeats."""
        return f"{self._mails} mails read"

    async def read(self) -> MailboxRead:
        """Read page after page; each is taken in before the next is asked for.

        Raises:
            ChannelError: the mailbox cannot be read now.
        """
        cursor, own = await asyncio.to_thread(self._load)
        more = True
        while more:
            page = await self._channel.read_inbox(cursor)
            if page is None:
                return MailboxRead(closed=True)
            await asyncio.to_thread(self._take_in, page, own)
            cursor, more = page.cursor, page.more
        return MailboxRead(
            outcomes=dict(self._outcomes),
            wake=sorted(self._wake),
            revive=list(self._revive.values()),
        )

    def _load(self) -> tuple[str | None, str | None]:
        with self._ledger.read() as connection:
            return (
                mailbox_cursor(connection, self._channel_id),
                mailbox_address(connection, self._channel_id),
            )

    def _take_in(self, page: InboxPage, own: str | None) -> None:
        for mail in page.mails:
            came = self._understand(mail, own)
            effect = None if came is None else self._record(came)
            if effect is not None:
                self._outcomes[effect.kind] += 1
                self._wake |= effect.wake
                if effect.revive is not None:
                    self._revive[effect.revive.campaign_id, effect.revive.sender] = effect.revive
            self._mails += 1
        with self._ledger.write() as connection:
            keep_cursor(connection, self._channel_id, page.cursor, self._clock.now())

    def _understand(self, mail: InboundMail, own: str | None) -> CameBack | None:
        """Judge a mail and find the message it is about; None where it is not our affair."""
        verdict = judge(mail.content)
        asks = asks_to_unsubscribe(mail.content, verdict)
        kind = OutcomeKind.UNSUBSCRIBED if asks else outcome_of(verdict)
        if kind is None:
            return None
        headers, _ = split_message(mail.content[:READ_MAX])
        clues = clues_of(headers, verdict, kind, thread_id=mail.thread_id, mailbox=own)
        if clues is None:
            return None
        with self._ledger.read() as connection:
            match = find_match(connection, self._channel_id, clues, mail.received_at)
        if asks and match is not None and match.basis is Basis.GUESS:
            kind = outcome_of(verdict)  # anybody can write in somebody's name
        if match is None or kind is None:
            return None
        return CameBack(
            channel=self._channel_id,
            provider_id=mail.provider_id,
            received_at=mail.received_at,
            kind=kind,
            verdict=verdict,
            match=match,
        )

    def _record(self, came: CameBack) -> Effect | None:
        with self._ledger.write() as connection:
            return record_outcome(connection, came, self._clock.now())
