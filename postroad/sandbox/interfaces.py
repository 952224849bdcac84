"""From a mailbox provider to the interface that it serves; every kind has its line here."""

from aiohttp import web

from postroad.sandbox.ews import ews_app
from postroad.sandbox.gmail import gmail_app
from postroad.sandbox.graph import graph_app
from postroad.sandbox.mailbox_provider import MailboxProvider


def build_app(provider: MailboxProvider) -> web.Application:
    """Return the interface of a provider's kind."""
    match provider.config.kind:
        case "exchange":
            return ews_app(provider)
        case "exchange_online":
            return graph_app(provider)
        case "gmail":
            return gmail_app(provider)
        case kind:
            raise AssertionError(f"no interface is built for {kind}")
