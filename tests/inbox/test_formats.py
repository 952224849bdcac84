"""Notices in words alone: each mail system's own way, and the main languages."""

import pytest

from postroad.inbox.judge import judge
from tests.inbox.notices import SAMPLES, Sample


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.system)
def test_a_notice_in_words_is_understood(sample: Sample) -> None:
    verdict = judge(sample.mail)
    assert (verdict.kind, verdict.reason) == (sample.kind, sample.reason)
    assert verdict.action == sample.action
    assert tuple(recipient.address for recipient in verdict.recipients) == sample.recipients
    assert verdict.status == sample.status
    assert verdict.original_message_id == "<sent.1@acme.test>"
    assert verdict.postroad_message == "q4/intro/p17"
