"""From a channel's settings to the channel; every kind has its line here."""

from collections.abc import Awaitable, Callable

from postroad.channels.base import ConnectionLeases, DeliveryChannel
from postroad.channels.channel_settings import ChannelSettings
from postroad.channels.exchange_online import ExchangeOnlineChannel
from postroad.channels.exchange_online_settings import ExchangeOnlineSettings
from postroad.channels.exchange_settings import ExchangeSettings
from postroad.channels.gmail_settings import GmailSettings
from postroad.channels.legacy import LegacyChannel
from postroad.channels.legacy_settings import LegacySettings
from postroad.channels.smtp import SmtpChannel
from postroad.channels.smtp_settings import SmtpSettings

Rotated = Callable[[str], Awaitable[None]]
"""Stores a refresh token that replaces the former one."""


def build_channel(
    settings: ChannelSettings,
    address: str | None,
    leases: ConnectionLeases | None = None,
    rotated: Rotated | None = None,
) -> DeliveryChannel:
    """Return the channel that settings describe; nothing is connected yet.

    Args:
        settings: the settings of one kind of channel.
        address: the account behind a mailbox's channel.
        leases: who may open connections, where several workers share the channel.
        rotated: told when a provider replaces the refresh token.
    """
    match settings:
        case ExchangeSettings():
            from postroad.channels.exchange import ExchangeChannel  # noqa: PLC0415 - exchangelib is slow

            return ExchangeChannel(settings, address or "", leases)
        case ExchangeOnlineSettings():
            return ExchangeOnlineChannel(settings, address or "", leases, rotated)
        case GmailSettings():
            from postroad.channels.gmail import GmailChannel  # noqa: PLC0415 - aiogoogle is slow

            return GmailChannel(settings, address or "", leases, rotated)
        case LegacySettings():
            return LegacyChannel(settings, leases)
        case SmtpSettings():
            return SmtpChannel(settings, leases)
        case _:
            raise AssertionError(f"no channel is built from {type(settings).__name__}")
