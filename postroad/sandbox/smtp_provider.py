"""One SMTP provider: what it accepts, refuses and limits."""

import asyncio
import time
from collections import Counter

from postroad.sandbox.acceptances import Acceptances, AcceptedMail, ids_of
from postroad.sandbox.config import ProviderConfig
from postroad.sandbox.faults import FaultBook
from postroad.sandbox.rolling_limit import RollingLimit


class SmtpProvider:
    """The provider behind all of its connections."""

    def __init__(self, config: ProviderConfig, accepted: Acceptances, faults: FaultBook) -> None:
        self.config = config
        self.faults = faults
        self.port = config.port
        self.connections = 0
        """Connections opened so far."""
        self.most_open = 0
        """The most that were open at once."""
        self.replies: Counter[int] = Counter()
        """How often each code was the answer to a refused message."""
        self.transports: set[asyncio.BaseTransport] = set()
        self._accepted = accepted
        self._limits = [RollingLimit(limit) for limit in config.limits]
        self._greylisted: set[tuple[str, str, str]] = set()

    def opened(self, transport: asyncio.BaseTransport) -> bool:
        """Count a new connection; return whether there is room for it."""
        self.connections += 1
        self.transports.add(transport)
        self.most_open = max(self.most_open, len(self.transports))
        most = self.config.most_connections
        return most is None or len(self.transports) <= most

    def closed(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection."""
        self.transports.discard(transport)

    def knows(self, user: bytes, password: bytes) -> bool:
        """Whether the credentials are good."""
        known = self.config.users.get(user.decode(errors="replace"))
        return known is not None and known.encode() == password

    def refuse_sender(self) -> str | None:
        """Return what is answered to MAIL where a limit is reached."""
        return self._noted(self._limited())

    def refuse_recipient(self, sender: str, recipient: str) -> str | None:
        """Return what is answered to RCPT where this recipient is refused."""
        for rule in self.config.refusals:
            if recipient.lower().startswith(rule.prefix):
                meeting = (rule.prefix, sender, recipient)
                if rule.once and meeting in self._greylisted:
                    continue
                self._greylisted.add(meeting)
                return self._noted(rule.reply)
        return None

    def accept(self, sender: str, recipients: list[str], content: bytes) -> str:
        """Accept a message, unless others used up the limit meanwhile; return the answer."""
        if (refused := self._noted(self._limited())) is not None:
            return refused
        for limit in self._limits:
            limit.count(time.monotonic())
        key, message_id = ids_of(content)
        self._accepted.add(
            AcceptedMail(
                provider=self.config.name,
                at=time.time_ns() // 1_000_000,
                key=key,
                message_id=message_id,
                envelope_from=sender,
                recipients=recipients,
                size=len(content),
            )
        )
        return f"250 2.0.0 Ok: queued as {self.config.name}-{len(self._accepted.mails)}"

    def _limited(self) -> str | None:
        now = time.monotonic()
        answers = (limit.refusal(now) for limit in self._limits)
        return next((answer for answer in answers if answer is not None), None)

    def _noted(self, reply: str | None) -> str | None:
        if reply is not None:
            self.replies[int(reply[:3])] += 1
        return reply
