"""SparkPost's event webhooks (developers.sparkpost.com/api/webhooks): batches without signature.

SparkPost proves itself by the user name and password that its webhook was given.
"""

import base64
import hmac
from collections.abc import Iterator

from postroad.inbox.reason_codes import PASSING, UNKNOWN, Cause
from postroad.provider_events import verdicts
from postroad.provider_events.event import Fields, ProviderEvent, batch_of, objects_in
from postroad.provider_events.verdicts import Meaning

_CLASSES = {
    "10": Cause("user_unknown", "recipient"),
    "20": PASSING,
    "21": PASSING,
    "22": Cause("mailbox_full", "recipient"),
    "23": Cause("message_size", "message"),
    "24": PASSING,
    "25": Cause("policy", "sender"),
    "30": Cause("user_unknown", "recipient"),
    "50": Cause("policy", None),
    "51": Cause("spam", None),
    "52": Cause("spam", "message"),
    "53": Cause("content", "message"),
    "54": Cause("policy", None),
    "70": PASSING,
}
"""`bounce_class`, for where the receiving server's words say nothing."""
_UNSUBSCRIBE_CLASS = "90"
_NO_BOUNCES = ("60", "80", "100")
"""Classes that are answers of programs: automatic replies, subscriptions, challenges."""
_UNDELIVERED = (
    "bounce", "out_of_band", "policy_rejection", "generation_failure", "generation_rejection",
)  # fmt: skip
_OTHERS = {
    "delivery": verdicts.DELIVERED,
    "spam_complaint": verdicts.COMPLAINED,
    "list_unsubscribe": verdicts.UNSUBSCRIBED,
    "link_unsubscribe": verdicts.UNSUBSCRIBED,
}


def is_authentic(authorization: str, username: str, password: str) -> bool:
    """Whether a request carries the webhook's user name and password (RFC 7617)."""
    scheme, _, given = authorization.partition(" ")
    expected = base64.b64encode(f"{username}:{password}".encode())
    is_same = hmac.compare_digest(given.strip().encode("utf-8", "replace"), expected)
    return scheme.lower() == "basic" and is_same


def read_events(body: bytes) -> list[ProviderEvent]:
    """Return what a batch says about messages; openings, clicks and pings are passed over.

    Raises:
        MalformedEvents: it is no batch of events.
    """
    return [*_events(objects_in(batch_of(body)))]


def _events(pushed: Iterator[Fields]) -> Iterator[ProviderEvent]:
    for fields in _unwrapped(pushed):
        meaning = _meaning(fields)
        if meaning is not None:
            yield ProviderEvent(
                id=fields.id("event_id"),
                kind=meaning.kind,
                verdict=meaning.verdict,
                recipient=fields.text("rcpt_to").lower(),
                at=fields.at("timestamp"),
                key=fields.part("rcpt_meta").key(),
                message_id=None,  # `message_id` is SparkPost's own, and no Message-ID
            )


def _unwrapped(pushed: Iterator[Fields]) -> Iterator[Fields]:
    """Take each event out of `{"msys": {"message_event": …}}`; a ping has none."""
    for wrapped in pushed:
        yield from objects_in([*wrapped.part("msys").values.values()])


def _meaning(fields: Fields) -> Meaning | None:
    event, bounce_class = fields.text("type"), fields.text("bounce_class")
    recipient = fields.text("rcpt_to").lower()
    words = fields.text("raw_reason") or fields.text("reason")
    if event == "delay":
        return verdicts.delayed(recipient, words)
    if event not in _UNDELIVERED:
        return _OTHERS.get(event)
    if bounce_class == _UNSUBSCRIBE_CLASS:
        return verdicts.UNSUBSCRIBED
    if bounce_class in _NO_BOUNCES:
        return None
    thought = _CLASSES.get(bounce_class, UNKNOWN)
    return verdicts.failed(recipient, fields.text("error_code"), words, thought)
