"""Looking up recipients' mail networks, as the settings say."""

from postroad.dns.mail_network import MailNetworks
from postroad.dns.resolver import Resolver


def mail_networks() -> MailNetworks:
    """Return what knows the mail networks of domains; the system's nameservers are asked."""
    return MailNetworks(Resolver())
