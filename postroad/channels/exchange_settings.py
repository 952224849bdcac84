"""What a channel to Exchange Web Services needs to know, checked before anything is sent."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, FilePath, SecretStr, field_validator, model_validator

from postroad.channels.channel_settings import ChannelSettings, Endpoint
from postroad.durations import Duration


class ExchangeOAuthCredentials(BaseModel):
    """An application that was given access to mailboxes in Microsoft Entra."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str
    client_id: str
    client_secret: SecretStr


class ExchangeSettings(ChannelSettings):
    """One mailbox on an Exchange server, reached by EWS."""

    server: Endpoint
    """The EWS address, for instance https://mail.acme.com/EWS/Exchange.asmx."""
    auth: Literal["ntlm", "basic", "oauth"] = "ntlm"
    username: str | None = None
    password: SecretStr | None = None
    credentials: ExchangeOAuthCredentials | None = None
    """For `auth: oauth`."""
    token_endpoint: Endpoint | None = None
    """For `auth: oauth`; None is the tenant's own at login.microsoftonline.com."""
    version: Literal["2010", "2010_SP2", "2013", "2013_SP1", "2016", "2019"] = "2016"
    """The oldest that the server is; naming it saves every start a round of guessing."""
    impersonate: bool = False
    """Whether the account signed in with acts for the mailbox by ApplicationImpersonation; with
    `auth: oauth` it always does."""
    ca_file: FilePath | None = None
    """Trust these authorities (PEM) beside the system's: for a server with a private one."""
    timeout: Duration = timedelta(seconds=60)
    """For every answer of the server; a send that takes longer is in doubt."""
    settle: Duration = timedelta(seconds=5)
    """How long the server may go on with a send whose connection was lost, before it counts as
    not sent."""

    @field_validator("ca_file")
    @classmethod
    def _is_absolute(cls, path: Path | None) -> Path | None:
        return path and path.absolute()

    @model_validator(mode="after")
    def _can_sign_in(self) -> Self:
        if self.auth == "oauth":
            if self.credentials is None:
                raise ValueError("credentials is missing: auth: oauth needs tenant and client")
        elif self.username is None or self.password is None:
            raise ValueError(f"auth: {self.auth} needs username and password")
        return self
