"""A Gmail channel and the sandbox provider behind it, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from postroad.channels.base import OutgoingMessage, Receipt
from postroad.channels.gmail import GmailChannel
from postroad.channels.gmail_settings import GmailSettings
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.faults import Fault
from postroad.sandbox.mailbox_provider import MailboxProvider
from postroad.sandbox.mailboxes import Mailbox
from postroad.sandbox.server import Sandbox, serve

ANA = "ana@acme.test"
PROVIDER = "google"
CONSENT = "ana-refresh-token"
CREDENTIALS = {
    "client_id": "sandbox",
    "client_secret": "sandbox-secret",
    "refresh_token": CONSENT,
}


def mail(
    key: str = "q4/intro/1",
    *,
    to: str = "bob@buyer.test",
    body: str = "Hello.\n",
    thread_id: str | None = None,
    answers: str | None = None,
) -> OutgoingMessage:
    """Return a message as Postroad composes them."""
    content = EmailMessage(policy=SMTP)
    message_id = f"<{key.replace('/', '.')}@acme.test>"
    content["From"], content["To"], content["Subject"] = ANA, to, "Hello"
    content["Message-ID"], content["X-Postroad-Message"] = message_id, key
    if answers is not None:
        content["In-Reply-To"] = content["References"] = answers
    content.set_content(body)
    return OutgoingMessage(key, message_id, ANA, to, bytes(content), thread_id)


def settings(port: int, **given: Any) -> GmailSettings:
    """Return settings for a provider on loopback, with short timeouts."""
    here = f"http://127.0.0.1:{port}"
    return GmailSettings.model_validate(
        {
            "credentials": CREDENTIALS,
            "endpoint": here,
            "token_endpoint": f"{here}/token",
            "authorisation_endpoint": f"{here}/o/oauth2/v2/auth",
            "timeout": "2s",
            "settle": "10ms",
            **given,
        }
    )


@dataclass(frozen=True, slots=True)
class Stage:
    """A channel, and everything behind it."""

    channel: GmailChannel
    sandbox: Sandbox

    @property
    def provider(self) -> MailboxProvider:
        """The provider."""
        return self.sandbox.mailbox_providers[PROVIDER]

    @property
    def mailbox(self) -> Mailbox:
        """Ana's mailbox."""
        found = self.provider.mailbox(ANA)
        assert found is not None
        return found

    async def send(self, message: OutgoingMessage) -> Receipt:
        """Send one message."""
        async with self.channel.connection() as connection:
            return await connection.send(message)

    def left(self, key: str = "q4/intro/1") -> int:
        """Return how often a message really left."""
        return self.sandbox.accepted.times(key)

    def fault(self, phase: str, action: str = "reply", **given: Any) -> None:
        """Let something go wrong."""
        self.sandbox.add_fault(Fault.model_validate({"phase": phase, "action": action, **given}))


@asynccontextmanager
async def gmail(given: dict[str, Any] | None = None, **provider: Any) -> AsyncIterator[Stage]:
    """Serve a Gmail provider with Ana's mailbox, and open her channel.

    Args:
        given: settings of the channel.
        provider: settings of the provider.
    """
    config = MailboxProviderConfig.model_validate(
        {
            "name": PROVIDER,
            "kind": "gmail",
            "mailboxes": (ANA,),
            "refresh_tokens": {CONSENT: ANA},
            "answers_after": "10ms",
            **provider,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        channel = GmailChannel(settings(sandbox.port(PROVIDER), **(given or {})), ANA)
        try:
            yield Stage(channel, sandbox)
        finally:
            await channel.aclose()
