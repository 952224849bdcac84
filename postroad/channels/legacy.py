"""Legacy shared relays: SMTP channels that say at every check what is wrong with them."""

from dataclasses import replace

from postroad.channels.base import OutgoingMessage, Verification
from postroad.channels.legacy_settings import legacy_warning
from postroad.channels.smtp import SmtpChannel


class LegacyChannel(SmtpChannel):
    """A shared server that signs for nobody."""

    async def verify(self, test_message: OutgoingMessage | None = None) -> Verification:
        """Check it as any SMTP server; the warning is the last finding."""
        found = await super().verify(test_message)
        return replace(found, findings=[*found.findings, legacy_warning(self._settings.host)])
