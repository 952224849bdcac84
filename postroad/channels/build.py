"""From a channel's settings to the channel; every kind has its line here."""

from postroad.channels.base import ConnectionLeases, DeliveryChannel
from postroad.channels.smtp import SmtpChannel
from postroad.channels.smtp_settings import SmtpSettings


def build_channel(
    settings: SmtpSettings, leases: ConnectionLeases | None = None
) -> DeliveryChannel:
    """Return the channel that settings describe; nothing is connected yet.

    Args:
        settings: the settings of one kind of channel.
        leases: who may open connections, where several workers share the channel.
    """
    return SmtpChannel(settings, leases)
