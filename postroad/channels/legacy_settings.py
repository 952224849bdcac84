"""What a legacy shared relay needs to know: an SMTP server, and that it is one of the old ones."""

from postroad.channels.smtp_settings import SmtpSettings


class LegacySettings(SmtpSettings):
    """One of the shared servers that some old accounts still have."""


def legacy_warning(channel: str) -> str:
    """Return what everybody who uses a legacy relay is told."""
    return (
        f"{channel} is a legacy shared server without SPF or DKIM for your domain, so that its "
        "mail is easily taken for spam: connect each sender's Gmail or Exchange mailbox, or an "
        "SMTP relay that signs for your domain"
    )
