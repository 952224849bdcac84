"""An Exchange Online channel and the sandbox provider behind it, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from postroad.channels.exchange_online import ExchangeOnlineChannel
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from tests.channels.gmail_stage import ANA, mail
from tests.channels.mailbox_stage import MailboxStage

PROVIDER = "microsoft"
CONSENT = "ana-refresh-token"
TENANT = {"tenant": "acme.test", "client_id": "sandbox", "client_secret": "sandbox-secret"}
DELEGATED: dict[str, Any] = {
    "delegated": True,
    "credentials": {"tenant": "acme.test", "client_id": "sandbox", "refresh_token": CONSENT},
}

__all__ = ["ANA", "CONSENT", "DELEGATED", "PROVIDER", "TENANT", "Stage", "exchange_online", "mail"]


def settings(port: int, **given: Any) -> ExchangeOnlineSettings:
    """Return settings for a provider on loopback, with short timeouts."""
    here = f"http://127.0.0.1:{port}"
    return ExchangeOnlineSettings.model_validate(
        {
            "credentials": TENANT,
            "endpoint": f"{here}/v1.0",
            "authority": here,
            "timeout": "2s",
            "settle": "10ms",
            **given,
        }
    )


class Stage(MailboxStage[ExchangeOnlineChannel]):
    """A channel, and everything behind it."""

    def drafts(self) -> int:
        """Return how many drafts stand in the mailbox."""
        return len(self.mailbox.in_folder("drafts"))


@asynccontextmanager
async def exchange_online(
    given: dict[str, Any] | None = None, **provider: Any
) -> AsyncIterator[Stage]:
    """Serve Exchange Online with Ana's mailbox, and open her channel.

    Args:
        given: settings of the channel.
        provider: settings of the provider.
    """
    config = MailboxProviderConfig.model_validate(
        {
            "name": PROVIDER,
            "kind": "exchange_online",
            "mailboxes": (ANA,),
            "refresh_tokens": {CONSENT: ANA},
            "answers_after": "10ms",
            **provider,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        channel = ExchangeOnlineChannel(settings(sandbox.port(PROVIDER), **(given or {})), ANA)
        try:
            yield Stage(channel, sandbox, ANA)
        finally:
            await channel.aclose()
