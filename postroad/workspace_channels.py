"""The channels of a workspace file: every kind's settings, and whose each one is."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from postroad.campaign.address import EmailAddress, parse_domain
from postroad.channels.channel_settings import ChannelSettings
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.kinds import CHANNEL_KINDS, CURRENT_KINDS
from postroad.channels.legacy_settings import LegacySettings
from postroad.channels.smtp_settings import SmtpSettings
from postroad.field_errors import did_you_mean, refuse
from postroad.hosts import is_loopback
from postroad.names import Slug

Domain = Annotated[str, AfterValidator(parse_domain)]

"""What is suggested; legacy kinds are known only to those who have them."""
_BULK = re.compile(r"bulk|mass|market(o(?!_sales)|ing)|engage|mkto|campaign")


def _check_kind(channel: object) -> object:
    """Say in one sentence why a kind of channel cannot be used."""
    kind = channel.get("kind") if isinstance(channel, Mapping) else None
    if isinstance(kind, str) and kind not in CHANNEL_KINDS:
        refuse("Channel", [(("kind",), _why_not(kind))])
    return channel


def _why_not(kind: str) -> str:
    if _BULK.search(kind.lower()):
        return (
            f"{kind!r} names a bulk server, and those are not integrated: a rep's mail leaves "
            "through their own account; use smtp with an SMTP relay"
        )
    return f"there is no kind {kind!r}; {did_you_mean(kind, CURRENT_KINDS)}"


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

    @property
    def inbox(self) -> str | None:
        """The address whose mail is read here."""
        return self.address


class GmailChannel(GmailSettings, _Mailbox):
    """A connected Gmail mailbox."""

    kind: Literal["gmail"]


class ExchangeChannel(ExchangeSettings, _Mailbox):
    """A connected mailbox on an Exchange server."""

    kind: Literal["exchange"]


class ExchangeOnlineChannel(ExchangeOnlineSettings, _Mailbox):
    """A connected mailbox in Exchange Online."""

    kind: Literal["exchange_online"]


class _Relay(SmtpSettings, _Connected):
    """A way out on which anybody could write any From address, so that each is verified first."""

    verify_identities: bool = True
    """Whether a From address must be verified by a mailed token; by default not on loopback."""
    verified_domains: list[Domain] = Field(default_factory=list[Domain])
    """Domains whose every address may be written as: whoever applies the file vouches for them."""

    @property
    def inbox(self) -> str | None:
        """The address whose mail is read here; None where no mailbox of notices is described."""
        if self.bounces is None or self.bounces.imap is None:
            return None
        return self.bounces.address

    @model_validator(mode="before")
    @classmethod
    def _trust_loopback(cls, given: object) -> object:
        """Verify nobody where nothing leaves this machine, unless the file wants it."""
        if not isinstance(given, dict) or "verify_identities" in given:
            return given
        return {**given, "verify_identities": not is_loopback(str(given.get("host")))}


class SmtpChannel(_Relay):
    """A connected SMTP account."""

    kind: Literal["smtp"]


class LegacyChannel(LegacySettings, _Relay):
    """One of the old shared servers."""

    kind: Literal["legacy_msc", "legacy_marketo_sales"]
    address: None = None
    shared: Literal[True] = True


Channel = Annotated[
    Annotated[
        GmailChannel | ExchangeChannel | ExchangeOnlineChannel | SmtpChannel | LegacyChannel,
        Field(discriminator="kind"),
    ],
    BeforeValidator(_check_kind),
]
