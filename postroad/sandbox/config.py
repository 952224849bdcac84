"""What a sandbox serves: its providers, their limits and refusals."""

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from postroad.durations import Duration
from postroad.sandbox.faults import Fault


class SandboxModel(BaseModel):
    """A model that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ProviderLimit(SandboxModel):
    """At most so many messages accepted in any period, as providers count: rolling."""

    messages: int = Field(ge=1)
    per: Duration
    reply: str = "451 4.7.1 Too many messages, try again in {seconds} seconds"
    """What is answered above it; `{seconds}` becomes the time until one more is accepted."""


class Refusal(SandboxModel):
    """Recipients that are refused, by how their local part begins."""

    prefix: str
    reply: str
    once: bool = False
    """Refused only the first time, as greylisting does."""


DEFAULT_REFUSALS = (
    Refusal(prefix="gone", reply="550 5.1.1 No such user here"),
    Refusal(prefix="full", reply="452 4.2.2 The mailbox is full"),
    Refusal(prefix="greylist", reply="451 4.7.1 Greylisted, please come back later", once=True),
    Refusal(prefix="refused", reply="550 5.7.1 Refused by policy"),
)


class ProviderConfig(SandboxModel):
    """One SMTP provider."""

    name: str
    port: int = 0
    """0 takes a free one."""
    tls: Literal["none", "starttls", "implicit"] = "none"
    users: dict[str, str] = Field(default_factory=dict)
    """User name → password; without any, nobody signs in."""
    limits: tuple[ProviderLimit, ...] = ()
    refusals: tuple[Refusal, ...] = DEFAULT_REFUSALS
    most_connections: int | None = None
    messages_per_connection: int | None = None
    most_bytes: int = 33_554_432
    smtputf8: bool = True
    latency: Duration = timedelta(0)
    """How long it takes to accept a message."""
    idle: Duration = timedelta(minutes=5)
    """How long a silent connection is kept."""


class MailboxProviderConfig(SandboxModel):
    """A provider of mailboxes: Gmail, an Exchange server, or Exchange Online."""

    name: str
    kind: Literal["gmail", "exchange", "exchange_online"]
    port: int = 0
    """0 takes a free one."""
    mailboxes: tuple[str, ...]
    """Addresses; each has an Inbox, Sent, Drafts and Outbox."""
    folders: tuple[str, ...] = ()
    """Exchange: more folders of every mailbox, as people make them."""
    users: dict[str, str] = Field(default_factory=dict)
    """Exchange: user name → password; whoever signs in may use every mailbox."""
    clients: dict[str, str] = Field(default_factory=lambda: {"sandbox": "sandbox-secret"})
    """OAuth: client id → client secret."""
    refresh_tokens: dict[str, str] = Field(default_factory=dict)
    """OAuth: refresh token → address of the mailbox, good from the start."""
    token_life: Duration = timedelta(hours=1)
    limits: tuple[ProviderLimit, ...] = ()
    """Per mailbox. A reply is the provider's own; `reply` is not used."""
    external_recipients: int | None = Field(default=None, ge=1)
    """Exchange Online: how many recipients elsewhere the tenant may write to in 24 hours."""
    refusals: tuple[Refusal, ...] = DEFAULT_REFUSALS
    """Those with a 5xx reply come back as bounces; the others are not used."""
    answers_after: Duration = timedelta(seconds=1)
    """When bounces and replies arrive after the mail was accepted."""
    search_lag: Duration = timedelta(0)
    """How long a mail cannot be found by searching, though it stands in its folder."""
    rewrites_message_id: bool = False
    latency: Duration = timedelta(0)
    """How long it takes to accept a message."""


class SandboxConfig(SandboxModel):
    """A whole sandbox."""

    providers: tuple[ProviderConfig, ...] = ()
    mailbox_providers: tuple[MailboxProviderConfig, ...] = ()
    faults: tuple[Fault, ...] = ()
    control_port: int = 0
    ca_file: Path | None = None
    """Where to put the certificate of the authority that signs for the providers with TLS."""
    journal: Path | None = None
    """Where to write down every accepted message before it is acknowledged; read at start."""
