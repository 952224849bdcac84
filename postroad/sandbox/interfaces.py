"""From a mailbox provider to the interface that it serves; every kind has its line here."""

from aiohttp import web

from postroad.sandbox.mailbox_provider import MailboxProvider


def build_app(provider: MailboxProvider) -> web.Application:
    """Return the interface of a provider's kind."""
    raise AssertionError(f"no interface is built for {provider.config.kind}")
