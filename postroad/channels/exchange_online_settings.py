"""What an Exchange Online channel needs to know, checked before anything is sent."""

from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from postroad.channels.channel_settings import ChannelSettings, Endpoint
from postroad.durations import Duration
from postroad.quota.limits import Limit

PER_MINUTE = Limit(messages=30, per=timedelta(minutes=1))
PER_DAY = Limit(messages=10_000, per=timedelta(days=1))
"""learn.microsoft.com, Exchange Online limits: 30 messages a minute, 10,000 recipients a day."""
MOST_AT_ONCE = 4
"""learn.microsoft.com/graph/throttling-limits: concurrent requests per app and mailbox."""


class MicrosoftCredentials(BaseModel):
    """An application registered in Microsoft Entra."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")
    """The directory's id or domain."""
    client_id: str
    client_secret: SecretStr | None = None
    """With it the application sends for the tenant's mailboxes by itself."""
    refresh_token: SecretStr | None = None
    """One person's consent: what `postroad channel connect` obtains and keeps."""


class ExchangeOnlineSettings(ChannelSettings):
    """One mailbox in Exchange Online, reached by Microsoft Graph."""

    credentials: MicrosoftCredentials
    delegated: bool = False
    """Whether it acts for one person who consents, instead of for the whole tenant."""
    user: str | None = Field(default=None, pattern=r"^[^/?#\s]+$")
    """The account's user principal name or object id, where it is not the address."""
    endpoint: Endpoint = "https://graph.microsoft.com/v1.0"
    authority: Endpoint = "https://login.microsoftonline.com"
    timeout: Duration = timedelta(seconds=60)
    """For one request; a send that takes longer is in doubt."""
    settle: Duration = timedelta(seconds=5)
    """How long Exchange may go on with a send whose connection was lost, before its draft is
    withdrawn."""
    connections: int = Field(default=2, ge=1, le=MOST_AT_ONCE)
    limits: list[Limit] = Field(default_factory=lambda: [PER_MINUTE, PER_DAY])

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        given = self.credentials
        if not self.delegated and given.refresh_token is not None:
            raise ValueError("a refresh_token acts for one person: add delegated: true")
        if not self.delegated and given.client_secret is None:
            raise ValueError(
                "client_secret is missing: without it, only delegated: true works, for one person"
            )
        return self
