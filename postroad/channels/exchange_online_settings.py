"""What an Exchange Online channel needs to know, checked before anything is sent."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, SecretStr

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

    tenant: str
    """The directory's id or domain."""
    client_id: str
    client_secret: SecretStr | None = None
    """With it and no refresh_token the application sends for the whole tenant by itself."""
    refresh_token: SecretStr | None = None
    """One person's consent: what `postroad channel connect` obtains and keeps."""


class ExchangeOnlineSettings(ChannelSettings):
    """One mailbox in Exchange Online, reached by Microsoft Graph."""

    credentials: MicrosoftCredentials
    delegated: bool = False
    """Whether it acts for one person who consents, instead of for the whole tenant."""
    endpoint: Endpoint = "https://graph.microsoft.com/v1.0"
    authority: Endpoint = "https://login.microsoftonline.com"
    timeout: Duration = timedelta(seconds=60)
    """For one request; a send that takes longer is in doubt."""
    connections: int = Field(default=2, ge=1, le=MOST_AT_ONCE)
    limits: list[Limit] = Field(default_factory=lambda: [PER_MINUTE, PER_DAY])
