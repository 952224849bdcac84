"""What every kind of channel can be told, and the forms that several kinds share."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from postroad.hosts import is_loopback
from postroad.quota.keep_free import Share
from postroad.quota.limits import Limit, ThrottleChoice
from postroad.quota.spacing import SpacingChoice
from postroad.quota.warm_up import WarmUp


def _check_endpoint(address: str) -> str:
    """Credentials and mail travel there: https, except to this very machine."""
    parts = urlsplit(address)
    if not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://mail.acme.com/path")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("must begin with https://, since credentials go there")
    return address


Endpoint = Annotated[str, AfterValidator(_check_endpoint)]
"""The URL of a provider's interface."""


class ChannelSettings(BaseModel):
    """One channel of any kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    connections: int = Field(default=4, ge=1, le=50)
    """How many messages may be on their way at once, over all workers."""
    limits: list[Limit] = Field(default_factory=list[Limit])
    throttle: ThrottleChoice | None = None
    """None is the organisation's for people's mailboxes, and none for other kinds."""
    warm_up: WarmUp | None = None
    """A daily limit that grows; it holds beside `limits`."""
    keep_free: Share | None = None
    """Share of its long limits that only single mails may use; None is the organisation's."""
    spacing: SpacingChoice | None = None
    """Uneven pauses between its messages; None is the organisation's for people's mailboxes."""
    largest_mail: int | None = Field(default=None, ge=1, le=150)
    """MB of a whole mail, encoded; None is what its kind usually takes."""
    on_uncertain: Literal["hold", "resend"] = "hold"
    """What becomes of a message of which nobody can tell whether it left."""
