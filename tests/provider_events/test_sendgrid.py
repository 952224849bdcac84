"""SendGrid's batches: who signed them, and what they say."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from postroad.inbox.outcome import OutcomeKind
from postroad.instants import MINUTE, SECOND
from postroad.provider_events.event import MalformedEvents, ProviderEvent
from postroad.provider_events.sendgrid import OLDEST, is_authentic, read_events

_NOW = 1_795_000_000_000
_PRIVATE = ec.generate_private_key(ec.SECP256R1())
_KEY = _PRIVATE.public_key()
_BODY = b'[{"event":"delivered"}]\r\n'
_STRANGER = {"sg_event_id": "e1", "email": "Bo@X.test", "timestamp": 1_794_999_990}
_OURS = {**_STRANGER, "postroad_message": "q4/intro/0123456789abcdef", "smtp-id": "<a@acme.test>"}


def _signed(stamp: str, body: bytes = _BODY) -> str:
    return base64.b64encode(_PRIVATE.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()


def _read(**fields: Any) -> ProviderEvent:
    (event,) = read_events(json.dumps([{**_OURS, **fields}]).encode())
    return event


def test_what_sendgrid_signed_just_now_is_authentic() -> None:
    stamp = str(_NOW // SECOND)
    assert is_authentic(_KEY, _signed(stamp), stamp, _BODY, _NOW)


@pytest.mark.parametrize("age", [-10 * MINUTE, OLDEST + MINUTE])
def test_a_batch_from_another_time_is_refused(age: int) -> None:
    stamp = str((_NOW - age) // SECOND)
    assert not is_authentic(_KEY, _signed(stamp), stamp, _BODY, _NOW)


def test_a_changed_body_or_time_or_another_key_is_refused() -> None:
    stamp = str(_NOW // SECOND)
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    assert not is_authentic(_KEY, _signed(stamp), stamp, _BODY + b" ", _NOW)
    assert not is_authentic(_KEY, _signed(stamp), str(_NOW // SECOND + 1), _BODY, _NOW)
    assert not is_authentic(other, _signed(stamp), stamp, _BODY, _NOW)


@given(st.text(max_size=100), st.text(max_size=20))
def test_no_header_breaks_the_check(signature: str, stamp: str) -> None:
    assert not is_authentic(_KEY, signature, stamp, _BODY, _NOW)


def test_an_event_names_its_message_its_person_and_its_time() -> None:
    event = _read(event="delivered")
    assert event.id == "e1"
    assert event.key == "q4/intro/0123456789abcdef"
    assert event.message_id == "<a@acme.test>"
    assert event.recipient == "bo@x.test"
    assert event.at == 1_794_999_990_000


@pytest.mark.parametrize(
    ("fields", "kind", "reason", "status"),
    [
        ({"event": "delivered", "response": "250 OK"}, OutcomeKind.DELIVERED, None, None),
        (
            {"event": "deferred", "response": "450 4.2.1 rate limited"},
            OutcomeKind.DELAYED, "rate_limited", "4.2.1",
        ),
        (
            {"event": "bounce", "type": "bounce", "status": "5.1.1",
             "reason": "550 5.1.1 The email account does not exist"},
            OutcomeKind.BOUNCED, "user_unknown", "5.1.1",
        ),
        (
            {"event": "bounce", "type": "bounce", "status": "5.2.2", "reason": "552 5.2.2 full"},
            OutcomeKind.SOFT_BOUNCED, "mailbox_full", "5.2.2",
        ),
        (
            {"event": "bounce", "type": "blocked", "status": "5.7.1",
             "reason": "550 5.7.1 Service unavailable; client host blocked using Spamhaus"},
            OutcomeKind.SOFT_BOUNCED, "policy", "5.7.1",
        ),
        (
            {"event": "bounce", "reason": "x", "bounce_classification": "Invalid Address"},
            OutcomeKind.BOUNCED, "user_unknown", None,
        ),
        (
            {"event": "dropped", "reason": "Bounced Address"},
            OutcomeKind.BOUNCED, "user_unknown", None,
        ),
        (
            {"event": "dropped", "reason": "Recipient List over Package Quota"},
            OutcomeKind.SENDER_REFUSED, "rate_limited", None,
        ),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, OutcomeKind.UNSUBSCRIBED, None,
         None),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, OutcomeKind.COMPLAINED, "spam",
         None),
        ({"event": "spamreport"}, OutcomeKind.COMPLAINED, "spam", None),
        ({"event": "unsubscribe"}, OutcomeKind.UNSUBSCRIBED, None, None),
        ({"event": "group_unsubscribe"}, OutcomeKind.UNSUBSCRIBED, None, None),
    ],
)  # fmt: skip
def test_each_event_means_an_outcome(
    fields: dict[str, str], kind: OutcomeKind, reason: str | None, status: str | None
) -> None:
    event = _read(**fields)
    assert (event.kind, event.verdict.reason, event.verdict.status) == (kind, reason, status)


def test_openings_clicks_and_what_is_no_event_are_passed_over() -> None:
    batch = [{"event": "open"}, {"event": "click"}, {"event": "processed"}, {}, 7, None, [[]]]
    assert read_events(json.dumps(batch).encode()) == []


def test_an_event_without_an_id_is_the_same_as_long_as_it_says_the_same() -> None:
    one, same = (_read(event="delivered", sg_event_id=None) for _ in range(2))
    assert one.id == same.id != _read(event="delivered", sg_event_id=None, timestamp=1).id


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b"[" * 100_000, b"null", b'"x"'])
def test_what_is_no_batch_is_refused_in_a_sentence(body: bytes) -> None:
    with pytest.raises(MalformedEvents, match="the body is no"):
        read_events(body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
names = st.sampled_from([
    "event", "email", "timestamp", "smtp-id", "sg_event_id", "postroad_message", "reason",
    "response", "status", "type", "bounce_classification",
])  # fmt: skip
events = st.sampled_from(["bounce", "dropped", "deferred", "delivered", "spamreport"])


@given(st.lists(st.dictionaries(names, anything | events)))
def test_no_event_breaks_the_reading_and_what_is_read_fits_the_ledger(
    batch: list[dict[str, Any]],
) -> None:
    for event in read_events(json.dumps(batch).encode()):
        for word in (event.id, event.key or "", event.message_id or "", event.verdict.status or ""):
            assert word.isascii()
            assert "\0" not in word
        assert event.at < 1 << 62
