"""What a mail that came back turned out to be."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["hard", "soft", "auto_reply", "reply", "feedback", "other"]
"""hard: the address is dead; soft: everything else undelivered, a delay notice included."""

Action = Literal["failed", "delayed", "delivered"]
"""RFC 3464, 2.3.3; relayed and expanded count as delivered."""

Reason = Literal[
    "user_unknown", "domain_unknown", "mailbox_full", "mailbox_disabled", "rate_limited", "spam",
    "policy", "message_size", "content", "transient", "unknown",
]  # fmt: skip

Fault = Literal["recipient", "sender", "message", "network"]
"""Whose doing it is; `sender` means account, domain or server, so others would fare no better."""

DEAD: frozenset[Reason] = frozenset({"user_unknown", "domain_unknown"})
"""Reasons that end an address for good."""


@dataclass(frozen=True, slots=True)
class RecipientVerdict:
    """What a notice or a complaint says about one address."""

    address: str
    status: str | None
    """The RFC 3463 status `class.subject.detail`, where one is told."""
    reason: Reason | None = None
    """None where the mail was delivered."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of one mail; `classify --json` prints exactly these fields."""

    kind: Kind
    action: Action | None = None
    """What became of the mail, where this one is a delivery notice."""
    recipients: tuple[RecipientVerdict, ...] = ()
    """Whom a bounce, a delivery notice or a complaint is about."""
    status: str | None = None
    """The first recipient's, or the mail's own where it names no recipient."""
    reason: Reason | None = None
    at_fault: Fault | None = None
    original_message_id: str | None = None
    """Message-ID of the mail this one is about, with its angle brackets."""
    postroad_message: str | None = None
    """The X-Postroad-Message of that mail, where its headers came back."""
    return_date: date | None = None
    """The day an auto-reply names for the return."""
