"""SparkPost's batches: who sent them, and what they say."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.inbox.outcome import OutcomeKind
from postroad.provider_events.event import MalformedEvents
from postroad.provider_events.sparkpost import is_authentic, read_events
from tests.provider_events.test_sendgrid import anything

_OURS = {
    "event_id": "92356927693813856",
    "rcpt_to": "Bo@X.test",
    "timestamp": "1794999990",
    "message_id": "000443ee14578172be22",
    "rcpt_meta": {"postroad_message": "q4/intro/0123456789abcdef"},
}


def _batch(*events: dict[str, Any], wrapper: str = "message_event") -> bytes:
    return json.dumps([{"msys": {wrapper: {**_OURS, **event}}} for event in events]).encode()


def _basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def test_the_webhook_proves_itself_by_its_password() -> None:
    assert is_authentic(_basic("spark:a long secret"), "spark", "a long secret")
    for wrong in ("", "Basic", _basic("spark:"), _basic("x:a long secret"), "Bearer x", "Basic ü"):
        assert not is_authentic(wrong, "spark", "a long secret")


def test_an_event_names_its_message_its_person_and_its_time() -> None:
    (event,) = read_events(_batch({"type": "delivery"}))
    assert event.key == "q4/intro/0123456789abcdef"
    assert (event.recipient, event.at) == ("bo@x.test", 1_794_999_990_000)
    assert event.message_id is None


@pytest.mark.parametrize(
    ("fields", "kind", "reason"),
    [
        ({"type": "delivery"}, OutcomeKind.DELIVERED, None),
        ({"type": "delay", "raw_reason": "451 4.3.0 later"}, OutcomeKind.DELAYED, "transient"),
        (
            {"type": "bounce", "bounce_class": "10", "raw_reason": "550 5.1.1 unknown user"},
            OutcomeKind.BOUNCED, "user_unknown",
        ),
        (
            {"type": "out_of_band", "bounce_class": "22", "raw_reason": "over quota 552"},
            OutcomeKind.SOFT_BOUNCED, "mailbox_full",
        ),
        (
            {"type": "bounce", "bounce_class": "30", "raw_reason": ""},
            OutcomeKind.BOUNCED, "user_unknown",
        ),
        ({"type": "policy_rejection", "bounce_class": "25"}, OutcomeKind.SOFT_BOUNCED, "policy"),
        ({"type": "spam_complaint"}, OutcomeKind.COMPLAINED, "spam"),
        ({"type": "link_unsubscribe"}, OutcomeKind.UNSUBSCRIBED, None),
        ({"type": "list_unsubscribe"}, OutcomeKind.UNSUBSCRIBED, None),
        ({"type": "bounce", "bounce_class": "90"}, OutcomeKind.UNSUBSCRIBED, None),
    ],
)  # fmt: skip
def test_each_event_means_an_outcome(
    fields: dict[str, str], kind: OutcomeKind, reason: str | None
) -> None:
    (event,) = read_events(_batch(fields))
    assert (event.kind, event.verdict.reason) == (kind, reason)


def test_answers_of_programs_openings_and_pings_are_passed_over() -> None:
    assert read_events(b'[{"msys":{}}]') == []
    assert read_events(_batch({"type": "bounce", "bounce_class": "60"}, {"type": "open"})) == []


def test_what_is_no_batch_is_refused_in_a_sentence() -> None:
    with pytest.raises(MalformedEvents, match="the body is no list of events"):
        read_events(b'{"results": []}')


names = st.sampled_from(["type", "rcpt_to", "rcpt_meta", "raw_reason", "bounce_class", "timestamp"])
types = st.sampled_from(["bounce", "delay", "delivery", "out_of_band", "spam_complaint"])


@given(st.lists(st.dictionaries(names, anything | types)))
def test_no_event_breaks_the_reading(events: list[dict[str, Any]]) -> None:
    read_events(_batch(*events))
    read_events(json.dumps(events).encode())
