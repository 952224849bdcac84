"""Looking up recipients' mail networks, as the settings say."""

from postroad.dns.mail_network import MailNetworks
from postroad.settings import load_settings


def mail_networks() -> MailNetworks:
    """Return what knows the mail networks of domains; none where look-ups are switched off."""
    return MailNetworks(load_settings().dns.resolver())
