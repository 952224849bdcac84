"""What sends mail for a channel, as DNS sees it: Google, Microsoft, a mail service, a host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SendingService:
    """Whose servers hand a channel's mail to the recipients' servers."""

    name: str
    includes: tuple[str, ...] = ()
    """What an SPF record includes for it, the one to add first."""
    selectors: tuple[str, ...] = ()
    """Where it publishes its DKIM keys, as a rule."""
    host: str | None = None
    """The server itself, where its includes are not known."""
    own_envelope: bool = False
    """Whether bounces go to an address of its own, so that only DKIM can align."""
    signing: str = ""
    """Where somebody switches its DKIM signatures on."""


GOOGLE = SendingService(
    "Google",
    includes=("_spf.google.com",),
    selectors=("google",),
    signing="Google Admin console, Apps, Google Workspace, Gmail, Authenticate email",
)
"""support.google.com/a/answer/33786 (SPF) and 174124 (DKIM)."""
MICROSOFT = SendingService(
    "Exchange Online",
    includes=("spf.protection.outlook.com",),
    selectors=("selector1", "selector2"),
    signing="Microsoft Defender portal, Email authentication settings, DKIM",
)
"""learn.microsoft.com/defender-office-365: email-authentication-spf-configure, -dkim-configure."""
SENDGRID = SendingService(
    "SendGrid",
    includes=("sendgrid.net",),
    selectors=("s1", "s2"),
    own_envelope=True,
    signing="SendGrid, Settings, Sender Authentication",
)
"""twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication."""
SPARKPOST = SendingService(
    "SparkPost",
    includes=("_spf.sparkpostmail.com", "sparkpostmail.com", "_spf.eu.sparkpostmail.com"),
    own_envelope=True,
    signing="SparkPost, Configuration, Domains",
)
"""support.sparkpost.com/docs/getting-started/setting-up-domains; its selectors carry a date."""

_BY_DOMAIN = {
    "sendgrid.net": SENDGRID,
    "sparkpostmail.com": SPARKPOST,
    "gmail.com": GOOGLE,
    "googleapis.com": GOOGLE,
    "google.com": GOOGLE,
    "office365.com": MICROSOFT,
    "office.com": MICROSOFT,
    "microsoft.com": MICROSOFT,
    "outlook.com": MICROSOFT,
}


def service_of_host(host: str) -> SendingService:
    """Return the service behind a host that takes mail from us; the host itself for others."""
    name = host.lower().rstrip(".")
    for domain, service in _BY_DOMAIN.items():
        if name == domain or name.endswith(f".{domain}"):
            return service
    return SendingService(name, host=name)
