"""The workspace file: the organisation, its senders, and the channels they send through."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from postroad.campaign.address import EmailAddress, parse_domain
from postroad.campaign.schedule import check_timezone
from postroad.channels.channel_settings import ChannelSettings
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.smtp_settings import SmtpSettings
from postroad.field_errors import Place, did_you_mean, refuse
from postroad.hosts import is_loopback
from postroad.names import Name, Slug
from postroad.quota.limits import Limit, Throttle
from postroad.yaml_file import load_model

_PRINTABLE = re.compile(r"[!-~]+")
_KINDS = ("gmail", "exchange", "exchange_online", "smtp")
_BULK = re.compile(r"bulk|marketo(?!_sales)")


def _check_public_url(url: str) -> str:
    """One-click unsubscribing needs https (RFC 8058, 3.1); loopback may do without."""
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment or not _PRINTABLE.fullmatch(url):
        raise ValueError("must be an address such as https://mail.acme.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("must begin with https://, as one-click unsubscribing requires")
    return url.rstrip("/")


def _check_kind(channel: object) -> object:
    """Say in one sentence why a kind of channel cannot be used."""
    kind = channel.get("kind") if isinstance(channel, Mapping) else None
    if isinstance(kind, str) and kind not in _KINDS:
        refuse("Channel", [(("kind",), _why_not(kind))])
    return channel


def _why_not(kind: str) -> str:
    if _BULK.search(kind.lower()):
        return (
            f"{kind!r} names a bulk server, and those are not integrated: a rep's mail leaves "
            "through their own account; use smtp with an SMTP relay"
        )
    return f"there is no kind {kind!r}; {did_you_mean(kind, _KINDS)}"


class Organisation(BaseModel):
    """One installation is one organisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    legacy_account: bool = False
    """Whether the old shared servers may be used."""
    throttle: Throttle | None = None
    """The pace of people's mailboxes; other channels follow it with `throttle: inherit`."""
    limits: list[Limit] = []
    """Over all channels together."""
    recipient_domains: dict[Annotated[str, AfterValidator(parse_domain)], list[Limit]] = {}
    """Limits on the mail to one domain, over all channels together."""
    public_url: Annotated[str, AfterValidator(_check_public_url)] | None = None
    """Where people reach the unsubscribing page."""


class Sender(BaseModel):
    """A rep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EmailAddress
    name: Name
    timezone: Annotated[str, AfterValidator(check_timezone)]
    default_channel: str | None = None
    signature: Annotated[str, StringConstraints(max_length=10_000)] = ""
    """For templates: `{{ sender.signature }}`."""


class _Connected(ChannelSettings):
    """What every channel in a workspace file says of itself."""

    id: Slug
    address: EmailAddress | None = None
    """The one sender it belongs to; of a mailbox, its address."""
    shared: bool = False
    """Whether every sender may use it."""


class _Mailbox(_Connected):
    """A person's mailbox: never shared."""

    address: EmailAddress
    shared: Literal[False] = False


class GmailChannel(GmailSettings, _Mailbox):
    """A connected Gmail mailbox."""

    kind: Literal["gmail"]


class ExchangeChannel(ExchangeSettings, _Mailbox):
    """A connected mailbox on an Exchange server."""

    kind: Literal["exchange"]


class ExchangeOnlineChannel(ExchangeOnlineSettings, _Mailbox):
    """A connected mailbox in Exchange Online."""

    kind: Literal["exchange_online"]


class SmtpChannel(SmtpSettings, _Connected):
    """A connected SMTP account."""

    kind: Literal["smtp"]


Channel = Annotated[
    Annotated[
        GmailChannel | ExchangeChannel | ExchangeOnlineChannel | SmtpChannel,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_check_kind),
]


class Workspace(BaseModel):
    """What an operator applies: who sends, and through what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: Organisation
    senders: list[Sender] = Field(min_length=1)
    channels: list[Channel] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        repeated = [
            *_repeated("senders", "email", [sender.email for sender in self.senders]),
            *_repeated("channels", "id", [channel.id for channel in self.channels]),
        ]
        refuse("Workspace", repeated or [*self._stranded_senders(), *self._unused_channels()])
        return self

    def _stranded_senders(self) -> Iterator[tuple[Place, str]]:
        """Find senders for whom no channel could be chosen: see channels.selection."""
        by_id = {channel.id: channel for channel in self.channels}
        team = [channel.id for channel in self.channels if channel.shared]
        for n, sender in enumerate(self.senders):
            if sender.default_channel is not None:
                fault = _wrong_default(sender, sender.default_channel, by_id)
                if fault:
                    yield ("senders", n, "default_channel"), fault
                continue
            own = [channel.id for channel in self.channels if channel.address == sender.email]
            options = own or team
            if not options:
                yield (
                    ("senders", n),
                    f"{sender.email} has no channel; add one with address: {sender.email}, "
                    "or one with shared: true",
                )
            elif len(options) > 1:
                yield (
                    ("senders", n),
                    f"{sender.email} may use {', '.join(options)}; "
                    "name one of them as default_channel",
                )

    def _unused_channels(self) -> Iterator[tuple[Place, str]]:
        named = {sender.default_channel for sender in self.senders}
        addresses = {sender.email for sender in self.senders}
        for n, channel in enumerate(self.channels):
            if not channel.shared and channel.id not in named and channel.address not in addresses:
                yield (
                    ("channels", n),
                    f"nobody can send through {channel.id}; give it a sender's address, "
                    "or shared: true",
                )


def _wrong_default(sender: Sender, wanted: str, channels: Mapping[str, Channel]) -> str:
    named = channels.get(wanted)
    if named is None:
        return f"there is no channel {wanted!r}; {did_you_mean(wanted, channels)}"
    if not named.shared and named.address not in (None, sender.email):
        return f"{wanted} belongs to {named.address}; give it shared: true, or name another"
    return ""


def load_workspace(path: Path, environment: Mapping[str, str] = os.environ) -> Workspace:
    """Read a workspace file, with `${NAME}` taken from the environment.

    Raises:
        FileError: the file is not as it must be; every fault has its line and field.
    """
    return load_model(path, Workspace, environment=environment)


def _repeated(items: str, name: str, values: list[str]) -> Iterator[tuple[Place, str]]:
    seen: set[str] = set()
    for n, value in enumerate(values):
        if value in seen:
            yield (items, n, name), f"{value} stands here twice; remove one"
        seen.add(value)
