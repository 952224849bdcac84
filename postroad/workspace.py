"""The workspace file: the organisation, its senders, and the channels they send through."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from postroad.campaign.address import EmailAddress
from postroad.campaign.bounce_policy import BounceRate, SoftBounces
from postroad.campaign.days_off import Away
from postroad.campaign.footer import PostalAddress
from postroad.campaign.public_holidays import Regions
from postroad.campaign.reply_policy import OnReply
from postroad.campaign.schedule import Window, check_timezone
from postroad.channels.kinds import LEGACY_KINDS, MAILBOX_KINDS
from postroad.durations import Duration
from postroad.field_errors import Place, did_you_mean, refuse
from postroad.hosts import is_loopback
from postroad.names import Name
from postroad.quota.caps import CapChoice
from postroad.quota.keep_free import USUAL_SHARE, Share
from postroad.quota.limits import Limit, Throttle
from postroad.quota.providers import Tenant
from postroad.quota.spacing import Spacing
from postroad.webhook_settings import WebhookSettings
from postroad.workspace_channels import (
    Channel,
    Domain,
    ExchangeChannel,
    ExchangeOnlineChannel,
    GmailChannel,
    LegacyChannel,
    SmtpChannel,
)
from postroad.yaml_file import load_model

__all__ = [
    "READ_INBOX_AFTER",
    "Channel",
    "ExchangeChannel",
    "ExchangeOnlineChannel",
    "GmailChannel",
    "Identity",
    "LegacyChannel",
    "Organisation",
    "Sender",
    "SmtpChannel",
    "Workspace",
    "load_workspace",
]

_PRINTABLE = re.compile(r"[!-~]+")
READ_INBOX_AFTER = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15)),
    *(timedelta(hours=hours) for hours in (1, 4, 24, 72)),
]
"""Bounces come within minutes, or when a server gives up after days; replies at any time."""
_LONGEST_DELAY = timedelta(days=30)


def _check_public_url(url: str) -> str:
    """Links in mails lead there: one-click unsubscribing needs https (RFC 8058, 3.1).

    Loopback may do without.
    """
    parts = urlsplit(url)
    if not parts.hostname or parts.query or parts.fragment or not _PRINTABLE.fullmatch(url):
        raise ValueError("must be an address such as https://mail.acme.com")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        raise ValueError("must begin with https://, as links in mails have to")
    return url.rstrip("/")


def _check_delay(delay: timedelta) -> timedelta:
    if not timedelta() < delay <= _LONGEST_DELAY:
        raise ValueError(f"must be more than 0s and at most {_LONGEST_DELAY.days} days")
    return delay


class Organisation(BaseModel):
    """One installation is one organisation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    legacy_account: bool = False
    """Whether the old shared servers may be used."""
    throttle: Throttle | None = None
    """The pace of people's mailboxes; other channels follow it with `throttle: inherit`."""
    spacing: Spacing | None = None
    """Uneven pauses between the messages of a person's mailbox."""
    keep_free: Share = USUAL_SHARE
    """Share of each channel's long limits that only single mails may use."""
    limits: list[Limit] = []
    """Over all channels together."""
    recipient_domains: dict[Domain, list[Limit]] = {}
    """Limits on the mail to one domain, over all channels together."""
    per_person: CapChoice = None
    """What a person who is in several campaigns gets at most from the others."""
    per_recipient_domain: CapChoice = None
    """What any domain gets at most that is neither public nor under `recipient_domains`."""
    per_company: CapChoice = None
    """What all people of a company get at most together: see postroad.campaign.company."""
    window: Window | None = None
    """When campaigns launched from now on may send, where a step names no window of its own."""
    public_url: Annotated[str, AfterValidator(_check_public_url)] | None = None
    """Where people reach the unsubscribing page."""
    tracking_url: Annotated[str, AfterValidator(_check_public_url)] | None = None
    """Where tracked links and images lead; None is the public URL."""
    postal_address: PostalAddress | None = None
    """Stands below every mail of a campaign that does not say it itself."""
    tenants: dict[str, Tenant] = {}
    """Exchange Online tenants, by their directory id or domain as channels name them."""
    projects: dict[str, list[Limit]] = {}
    """Limits over all Gmail channels of a Google Cloud project, by its number."""
    prefer_same_network: bool = True
    """Whether a sender with several mailboxes uses the one in the recipient's own mail network."""
    read_inbox_after: Annotated[
        list[Annotated[Duration, AfterValidator(_check_delay)]],
        Field(min_length=1, max_length=20),
        AfterValidator(sorted),
    ] = READ_INBOX_AFTER
    """How long after mail was sent its mailbox is read for bounces and replies."""
    on_soft_bounce: SoftBounces = SoftBounces()
    on_reply: OnReply = OnReply()
    bounce_rate: BounceRate | None = BounceRate()
    """When campaigns and channels pause themselves; null is never."""

    @property
    def links_at(self) -> str | None:
        """Where tracked links and images lead; None where readers cannot reach us."""
        return self.tracking_url or self.public_url


class Identity(BaseModel):
    """Another From address of a rep: named wherever a sender may be named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EmailAddress
    channel: str | None = None
    """The channel that its mail leaves by; None is chosen as for the rep's own address."""


class Sender(BaseModel):
    """A rep; in the ledger, each of their identities is a sender as well."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    email: EmailAddress
    name: Name
    timezone: Annotated[str, AfterValidator(check_timezone)]
    default_channel: str | None = None
    holidays: Regions | None = None
    """Where the sender's public holidays are taken from; None is the organisation's."""
    away: Away = []
    """Days on which the sender does not work."""
    identities: list[Identity] = []
    signature: Annotated[str, StringConstraints(max_length=10_000)] = ""
    """For templates: `{{ sender.signature }}`."""


class Workspace(BaseModel):
    """What an operator applies: who sends, and through what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    organisation: Organisation
    senders: list[Sender] = Field(min_length=1)
    channels: list[Channel] = Field(min_length=1)
    webhooks: list[WebhookSettings] = []
    """Where other systems listen."""

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        repeated = [
            *_repeated("senders", "email", [sender.email for sender in self.senders]),
            *_repeated("channels", "id", [channel.id for channel in self.channels]),
            *_repeated("webhooks", "id", [webhook.id for webhook in self.webhooks]),
        ]
        refuse(
            "Workspace",
            repeated
            or [
                *self._identities(),
                *self._stranded_senders(),
                *self._unused_channels(),
                *self._legacy_channels(),
            ],
        )
        return self

    def _identities(self) -> Iterator[tuple[Place, str]]:
        """Find identities that are somebody already, or that name a channel they cannot use."""
        known = {sender.email for sender in self.senders}
        by_id = {channel.id: channel for channel in self.channels}
        for n, sender in enumerate(self.senders):
            for m, identity in enumerate(sender.identities):
                place = ("senders", n, "identities", m)
                if identity.email in known:
                    yield (*place, "email"), f"{identity.email} stands here twice; remove one"
                known.add(identity.email)
                fault = _wrong_channel(identity.channel, (sender.email, identity.email), by_id)
                if fault:
                    yield (*place, "channel"), fault

    def _stranded_senders(self) -> Iterator[tuple[Place, str]]:
        """Find senders for whom no channel could be chosen: see channels.selection."""
        by_id = {channel.id: channel for channel in self.channels}
        for n, sender in enumerate(self.senders):
            if sender.default_channel is not None:
                fault = _wrong_channel(sender.default_channel, (sender.email,), by_id)
                if fault:
                    yield ("senders", n, "default_channel"), fault
                continue
            fault = self._wrong_options(sender)
            if fault:
                yield ("senders", n), fault

    def _wrong_options(self, sender: Sender) -> str:
        """Say why it is not clear which channel a sender without a default has."""
        own = [channel for channel in self.channels if channel.address == sender.email]
        team = [channel for channel in self.channels if channel.shared]
        signing = [channel for channel in team if channel.kind not in LEGACY_KINDS]
        options = own or signing or team
        if not options:
            return (
                f"{sender.email} has no channel; add one with address: {sender.email}, "
                "or one with shared: true"
            )
        mailboxes = sum(channel.kind in MAILBOX_KINDS for channel in options)
        if len(options) == 1 or (mailboxes > 1 and self.organisation.prefer_same_network):
            return ""
        return (
            f"{sender.email} may use {', '.join(channel.id for channel in options)}; "
            "name one of them as default_channel"
        )

    def _unused_channels(self) -> Iterator[tuple[Place, str]]:
        identities = [identity for sender in self.senders for identity in sender.identities]
        named = {sender.default_channel for sender in self.senders}
        named |= {identity.channel for identity in identities}
        addresses = {one.email for one in self.senders} | {one.email for one in identities}
        for n, channel in enumerate(self.channels):
            if not channel.shared and channel.id not in named and channel.address not in addresses:
                yield (
                    ("channels", n),
                    f"nobody can send through {channel.id}; give it a sender's address, "
                    "or shared: true",
                )

    def _legacy_channels(self) -> Iterator[tuple[Place, str]]:
        if self.organisation.legacy_account:
            return
        for n, channel in enumerate(self.channels):
            if channel.kind in LEGACY_KINDS:
                yield (
                    ("channels", n, "kind"),
                    f"{channel.kind} is for old accounts that still have it: set "
                    "organisation.legacy_account: true if yours does, or use smtp",
                )


def _wrong_channel(
    wanted: str | None, addresses: tuple[str, ...], channels: Mapping[str, Channel]
) -> str:
    """Say why a channel that is named cannot carry the mail of these addresses."""
    if wanted is None:
        return ""
    named = channels.get(wanted)
    if named is None:
        return f"there is no channel {wanted!r}; {did_you_mean(wanted, channels)}"
    if not named.shared and named.address not in (None, *addresses):
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
