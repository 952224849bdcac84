"""What status codes and reply codes mean, for where words say nothing."""

from dataclasses import dataclass

from postroad.inbox.verdict import Fault, Reason


@dataclass(frozen=True, slots=True)
class Cause:
    """Why, and whose doing it is."""

    reason: Reason
    at_fault: Fault | None


UNKNOWN = Cause("unknown", None)
PASSING = Cause("transient", "network")

_SENDER_LIMIT = Cause("rate_limited", "sender")
SENDER_REFUSED = Cause("policy", "sender")
_NO_USER = Cause("user_unknown", "recipient")
_NO_DOMAIN = Cause("domain_unknown", "recipient")
_DISABLED = Cause("mailbox_disabled", "recipient")
_FULL = Cause("mailbox_full", "recipient")
_TOO_LARGE = Cause("message_size", "message")
_CONTENT = Cause("content", "message")
_POLICY = Cause("policy", None)
_RECIPIENT_POLICY = Cause("policy", "recipient")

SENDER_SIDE = {
    # Exchange Online: tenant or account over its limits, blocked, or not authenticated.
    "5.1.8": SENDER_REFUSED,
    "5.1.90": _SENDER_LIMIT,
    "5.2.252": SENDER_REFUSED,
    "5.7.60": SENDER_REFUSED,
    "5.7.232": _SENDER_LIMIT,
    "5.7.233": _SENDER_LIMIT,
    "5.7.501": SENDER_REFUSED,
    "5.7.502": SENDER_REFUSED,
    "5.7.503": SENDER_REFUSED,
    "5.7.509": SENDER_REFUSED,
    "5.7.511": SENDER_REFUSED,
    "5.7.515": SENDER_REFUSED,
    "5.7.705": SENDER_REFUSED,
    "5.7.708": SENDER_REFUSED,
    "5.7.750": SENDER_REFUSED,
    # Gmail: the daily limit of the sending mailbox.
    "5.4.5": _SENDER_LIMIT,
}
"""Statuses that blame the sending account whatever the words are (facts, section 7)."""

BY_STATUS = {
    # RFC 3463, 3.2 to 3.8, and the registry of RFC 5248; classes 4 and 5 mean the same cause.
    "1.0": _NO_USER,
    "1.1": _NO_USER,
    "1.2": _NO_DOMAIN,
    "1.3": _NO_USER,
    "1.4": _RECIPIENT_POLICY,
    "1.6": _NO_USER,
    "1.7": SENDER_REFUSED,
    "1.8": SENDER_REFUSED,
    "1.9": PASSING,
    "1.10": _NO_DOMAIN,
    "2.0": _RECIPIENT_POLICY,
    "2.1": _DISABLED,
    "2.2": _FULL,
    "2.3": _TOO_LARGE,
    "2.4": _RECIPIENT_POLICY,
    "3.1": PASSING,
    "3.2": PASSING,
    "3.3": PASSING,
    "3.4": _TOO_LARGE,
    "3.5": PASSING,
    "4.0": PASSING,
    "4.1": PASSING,
    "4.2": PASSING,
    "4.3": PASSING,
    "4.4": _NO_DOMAIN,
    "4.5": PASSING,
    "4.6": PASSING,
    "4.7": PASSING,
    "4.8": PASSING,
    "5.3": Cause("rate_limited", "sender"),
    "7.13": _DISABLED,
    "7.17": _NO_USER,
    "7.18": _NO_DOMAIN,
    # Exchange, on-premises and Online, beyond the registry.
    "1.20": _NO_USER,
    "1.310": _NO_DOMAIN,
    "1.351": _NO_USER,
    "4.310": _NO_DOMAIN,
    "4.312": PASSING,
    "4.316": PASSING,
    "7.12": _RECIPIENT_POLICY,
    "7.124": _RECIPIENT_POLICY,
    "7.133": _RECIPIENT_POLICY,
    "7.134": _RECIPIENT_POLICY,
    "7.136": _RECIPIENT_POLICY,
}
BY_SUBJECT = {"4": PASSING, "6": _CONTENT, "7": _POLICY}
"""RFC 3463, 3.1: what a subject means where its detail says nothing."""

BY_REPLY = {
    "421": PASSING,
    "450": PASSING,
    "451": PASSING,
    "452": PASSING,
    "552": _FULL,
    "521": _NO_DOMAIN,
    "551": _NO_USER,
    "556": _NO_DOMAIN,
}
"""RFC 5321, 4.2.3 and RFC 7504; what 550, 553 and 554 mean is in their words."""
