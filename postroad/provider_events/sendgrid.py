"""SendGrid's Event Webhook (twilio.com/docs/sendgrid/for-developers/tracking-events/event)."""

import base64
from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from postroad.inbox.reason_codes import UNKNOWN, Cause
from postroad.instants import HOUR, MINUTE, SECOND
from postroad.provider_events import verdicts
from postroad.provider_events.event import Fields, ProviderEvent, batch_of, objects_in
from postroad.provider_events.verdicts import Meaning

SIGNATURE_HEADER = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP_HEADER = "X-Twilio-Email-Event-Webhook-Timestamp"

OLDEST = 25 * HOUR
"""SendGrid pushes an event again for up to 24 hours after it happened."""
_AHEAD = 5 * MINUTE
_LONGEST_TIMESTAMP = 12

_NO_SUCH_ADDRESS = Cause("user_unknown", "recipient")
_OWN_PLAN = Cause("rate_limited", "sender")
_OWN_MESSAGE = Cause("content", "message")
_CLASSES = {
    "Invalid Address": _NO_SUCH_ADDRESS,
    "Mailbox Unavailable": Cause("mailbox_disabled", "recipient"),
    "Content": Cause("content", "message"),
    "Reputation": Cause("spam", "sender"),
    "Frequency or Volume Too High": Cause("rate_limited", None),
    "Technical Failure": Cause("transient", "network"),
}
"""`bounce_classification`, for where the receiving server's words say nothing."""
_DROPPED = {
    "Bounced Address": _NO_SUCH_ADDRESS,
    "Invalid": _NO_SUCH_ADDRESS,
    "Recipient List over Package Quota": _OWN_PLAN,
    "Invalid SMTPAPI header": _OWN_MESSAGE,
}
"""Why SendGrid itself did not try: the address is on one of its lists, or the account's limit."""
_WISHES = {
    "unsubscribe": verdicts.UNSUBSCRIBED,
    "group_unsubscribe": verdicts.UNSUBSCRIBED,
    "Unsubscribed Address": verdicts.UNSUBSCRIBED,
    "spamreport": verdicts.COMPLAINED,
    "Spam Reporting Address": verdicts.COMPLAINED,
}
"""Events, and reasons to drop a message, that tell what the person wants."""


def is_authentic(
    public_key: EllipticCurvePublicKey, signature: str, timestamp: str, body: bytes, now: int
) -> bool:
    """Whether SendGrid signed a batch, and not longer ago than it pushes one again.

    Args:
        public_key: the webhook's own, as its settings show it.
        signature: the header's value: base64 of an ECDSA signature over timestamp and body.
        timestamp: the header's value, in seconds.
        body: the batch, byte for byte.
        now: the present instant.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= _LONGEST_TIMESTAMP):
        return False
    try:
        signed = base64.b64decode(signature, validate=True)
        public_key.verify(signed, timestamp.encode() + body, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return now - OLDEST <= int(timestamp) * SECOND <= now + _AHEAD


def read_events(body: bytes) -> list[ProviderEvent]:
    """Return what a batch says about messages; openings and clicks are passed over.

    Raises:
        MalformedEvents: it is no batch of events.
    """
    return [*_events(objects_in(batch_of(body)))]


def _events(pushed: Iterator[Fields]) -> Iterator[ProviderEvent]:
    for fields in pushed:
        meaning = _meaning(fields)
        if meaning is not None:
            yield ProviderEvent(
                id=fields.id("sg_event_id"),
                kind=meaning.kind,
                verdict=meaning.verdict,
                recipient=fields.text("email").lower(),
                at=fields.at("timestamp"),
                key=fields.key(),
                message_id=fields.message_id("smtp-id"),
            )


def _meaning(fields: Fields) -> Meaning | None:
    recipient, reason = fields.text("email").lower(), fields.text("reason")
    match fields.text("event"):
        case "delivered":
            return verdicts.DELIVERED
        case "deferred":
            return verdicts.delayed(recipient, fields.text("response") or reason)
        case "bounce":
            thought = _CLASSES.get(fields.text("bounce_classification"), UNKNOWN)
            return verdicts.failed(recipient, fields.text("status"), reason, thought)
        case "dropped":
            thought = _DROPPED.get(reason, UNKNOWN)
            return _WISHES.get(reason) or verdicts.failed(recipient, "", reason, thought)
        case event:
            return _WISHES.get(event)
