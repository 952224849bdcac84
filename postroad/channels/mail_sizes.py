"""How large a mail each kind of channel takes, all of it encoded for the wire."""

from collections.abc import Mapping

MEGABYTE = 1024 * 1024

_USUAL: Mapping[str, int] = {
    "gmail": 35,  # developers.google.com/gmail/api: maxSize of users.messages.send
    "exchange_online": 35,  # learn.microsoft.com: Exchange Online limits; a tenant may allow 150
    "exchange": 10,  # learn.microsoft.com: Set-TransportConfig, MaxSendSize as it is installed
}
_RELAY = 20
"""SparkPost's limit; SendGrid takes 30, and few recipients' servers take more than 25."""


def largest_mail(kind: str, own: int | None) -> int:
    """Return how many bytes a mail may have.

    Args:
        kind: the channel's kind.
        own: what its settings say, in MB; None is what its kind usually takes.
    """
    return (own or _USUAL.get(kind, _RELAY)) * MEGABYTE
