"""An Exchange channel and the sandbox server behind it, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from postroad.channels.base import OutgoingMessage
from postroad.channels.exchange import ExchangeChannel
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.sandbox.config import MailboxProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from tests.channels.mailbox_stage import MailboxStage

BO = "bo@acme.test"
PROVIDER = "exchange"
USER, PASSWORD = "ACME\\bo", "bo's password"
OAUTH = {"tenant": "acme.test", "client_id": "sandbox", "client_secret": "sandbox-secret"}


def mail(
    key: str = "q4/intro/1", *, to: str = "bob@buyer.test", body: str = "Hello.\n"
) -> OutgoingMessage:
    """Return a message as Postroad composes them."""
    content = EmailMessage(policy=SMTP)
    message_id = f"<{key.replace('/', '.')}@acme.test>"
    content["From"], content["To"], content["Subject"] = BO, to, "Hello"
    content["Message-ID"], content["X-Postroad-Message"] = message_id, key
    content["List-Unsubscribe"] = "<https://acme.test/u/1>"
    content["In-Reply-To"] = content["References"] = "<before@acme.test>"
    content.set_content(body)
    return OutgoingMessage(key, message_id, BO, to, bytes(content))


def settings(port: int, **given: Any) -> ExchangeSettings:
    """Return settings for a server on loopback, with short timeouts."""
    here = f"http://127.0.0.1:{port}"
    if given.get("auth") == "oauth":
        given = {"credentials": OAUTH, "token_endpoint": f"{here}/acme/oauth2/v2.0/token", **given}
    else:
        given = {"auth": "basic", "username": USER, "password": PASSWORD, **given}
    short = {"timeout": "2s", "settle": "10ms"}
    server = f"{here}/EWS/Exchange.asmx"
    return ExchangeSettings.model_validate({"server": server, **short, **given})


Stage = MailboxStage[ExchangeChannel]


@asynccontextmanager
async def exchange(given: dict[str, Any] | None = None, **provider: Any) -> AsyncIterator[Stage]:
    """Serve an Exchange server with Bo's mailbox, and open his channel.

    Args:
        given: settings of the channel.
        provider: settings of the server.
    """
    config = MailboxProviderConfig.model_validate(
        {
            "name": PROVIDER,
            "kind": "exchange",
            "mailboxes": (BO,),
            "users": {USER: PASSWORD},
            "answers_after": "10ms",
            **provider,
        }
    )
    async with await serve(SandboxConfig(mailbox_providers=(config,))) as sandbox:
        channel = ExchangeChannel(settings(sandbox.port(PROVIDER), **(given or {})), BO)
        try:
            yield Stage(channel, sandbox, BO)
        finally:
            await channel.aclose()
