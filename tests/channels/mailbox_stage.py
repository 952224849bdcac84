"""A mailbox's channel and the sandbox provider behind it, for tests of every mailbox kind."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from postroad.channels.base import DeliveryChannel, OutgoingMessage, Receipt
from postroad.sandbox.faults import Fault
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.server import Sandbox

Channel = TypeVar("Channel", bound=DeliveryChannel)


@dataclass(frozen=True)
class MailboxStage(Generic[Channel]):
    """A channel, and everything behind it."""

    channel: Channel
    sandbox: Sandbox
    address: str

    @property
    def provider(self) -> MailboxProvider:
        """The only provider."""
        [provider] = self.sandbox.mailbox_providers.values()
        return provider

    @property
    def mailbox(self) -> Mailbox:
        """The channel's mailbox."""
        found = self.provider.mailbox(self.address)
        assert found is not None
        return found

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message."""
        async with self.channel.connection() as connection:
            return await connection.send(message)

    def left(self, key: str = "q4/intro/1") -> int:
        """Return how often a message really left."""
        return self.sandbox.accepted.times(key)

    def fault(self, phase: str, action: str = "reply", **given: object) -> None:
        """Let something go wrong."""
        self.sandbox.add_fault(Fault.model_validate({"phase": phase, "action": action, **given}))
