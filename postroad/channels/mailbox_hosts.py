"""Hosts that serve people's mailboxes: they are connected as what they are, never as SMTP."""

_KIND_BY_DOMAIN = {
    "gmail.com": "gmail",
    "googlemail.com": "gmail",
    "google.com": "gmail",
    "office365.com": "exchange_online",
    "office.com": "exchange_online",
    "outlook.com": "exchange_online",
    "hotmail.com": "exchange_online",
    "live.com": "exchange_online",
    "office365.us": "exchange_online",
    "partner.outlook.cn": "exchange_online",
}
"""The domains of smtp.gmail.com, smtp.office365.com, smtp-mail.outlook.com and their like."""


def mailbox_kind(host: str) -> str | None:
    """Return the kind of channel that a mail host's accounts are connected as; None for others."""
    labels = host.lower().rstrip(".").split(".")
    domains = (".".join(labels[n:]) for n in range(len(labels)))
    return next((_KIND_BY_DOMAIN[domain] for domain in domains if domain in _KIND_BY_DOMAIN), None)


def why_not_smtp(host: str, kind: str) -> str:
    """Return why a mailbox is not connected by SMTP, and what to do instead."""
    return (
        f"{host} serves mailboxes: SMTP would keep a password, could not tell whether a mail left "
        f"and would not see replies and bounces; use kind: {kind}"
    )
