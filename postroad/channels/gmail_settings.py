"""What a Gmail channel needs to know, checked before anything is sent."""

import json
from datetime import timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from postroad.channels.channel_settings import ChannelSettings, Endpoint
from postroad.durations import Duration
from postroad.quota.limits import Limit

A_DAY = timedelta(days=1)
PER_SECOND = Limit(messages=2, per=timedelta(seconds=1))
"""What the incumbent keeps to; the API's own quota allows little less (60 sends a minute)."""
PER_DAY = Limit(messages=2_000, per=A_DAY)
"""support.google.com/a/answer/166852: Gmail sending limits in Google Workspace, rolling."""
PER_DAY_ON_TRIAL = Limit(messages=500, per=A_DAY)


class GoogleCredentials(BaseModel):
    """An OAuth client with one person's consent, or a service account for a whole domain."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str | None = None
    client_secret: SecretStr | None = None
    refresh_token: SecretStr | None = None
    """What `postroad channel connect` obtains and keeps; seldom written by hand."""
    service_account: SecretStr | None = None
    """The JSON key of a service account with domain-wide delegation."""

    @field_validator("service_account")
    @classmethod
    def _is_key_file(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not _is_service_account(given.get_secret_value()):
            raise ValueError("must be the content of a service account's JSON key file")
        return given

    @model_validator(mode="after")
    def _one_way_in(self) -> Self:
        if (self.service_account is None) == (self.client_id is None):
            raise ValueError("give either client_id and client_secret, or service_account")
        if self.client_id is not None and self.client_secret is None:
            raise ValueError("client_secret is missing: it stands beside the client_id")
        return self


def _is_service_account(text: str) -> bool:
    try:
        key = json.loads(text)
    except ValueError:
        return False
    needed = ("client_email", "private_key")
    return isinstance(key, dict) and all(isinstance(key.get(name), str) for name in needed)


class GmailSettings(ChannelSettings):
    """One Gmail mailbox, reached by the Gmail API."""

    credentials: GoogleCredentials
    trial: bool = False
    """Whether the Workspace is on trial: 500 messages a day instead of 2,000."""
    endpoint: Endpoint = "https://gmail.googleapis.com/"
    token_endpoint: Endpoint = "https://oauth2.googleapis.com/token"  # noqa: S105 - no secret
    authorisation_endpoint: Endpoint = "https://accounts.google.com/o/oauth2/v2/auth"
    timeout: Duration = timedelta(seconds=60)
    """For one request; a send that takes longer is in doubt."""
    settle: Duration = timedelta(seconds=5)
    """How long Gmail may go on with a send whose connection was lost, before it counts as not
    sent."""
    limits: list[Limit] = Field(default_factory=list[Limit])

    @model_validator(mode="before")
    @classmethod
    def _fill_limits(cls, given: object) -> object:
        """Give the provider's limits where the file names none."""
        if not isinstance(given, dict) or "limits" in given:
            return given
        per_day = PER_DAY_ON_TRIAL if given.get("trial") is True else PER_DAY
        return {**given, "limits": [PER_SECOND, per_day]}
