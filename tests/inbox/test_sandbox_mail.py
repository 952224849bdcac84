"""What the sandbox sends back is judged as what it stands for."""

import pytest

from postroad.inbox.judge import judge
from postroad.sandbox.config import DEFAULT_REFUSALS, Refusal
from postroad.sandbox.returned_mail import auto_reply, bounce, reply
from tests.inbox.notices import RETURNED

_SENT = RETURNED.replace("\n", "\r\n").encode()
_REASONS = {
    "gone": ("hard", "user_unknown"),
    "full": ("soft", "mailbox_full"),
    "greylist": ("soft", "transient"),
    "refused": ("soft", "policy"),
}


@pytest.mark.parametrize("refusal", DEFAULT_REFUSALS, ids=lambda refusal: refusal.prefix)
def test_a_refusal_comes_back_as_a_bounce(refusal: Refusal) -> None:
    verdict = judge(bounce("dana@acme.test", "kay@wing.test", refusal, _SENT))
    assert (verdict.kind, verdict.reason) == _REASONS[refusal.prefix]
    assert [one.address for one in verdict.recipients] == ["kay@wing.test"]
    assert verdict.original_message_id == "<sent.1@acme.test>"
    assert verdict.postroad_message == "q4/intro/p17"


def test_answers_are_told_from_automatic_ones() -> None:
    person, program = reply("kay@wing.test", _SENT), auto_reply("kay@wing.test", _SENT)
    assert (judge(person).kind, judge(program).kind) == ("reply", "auto_reply")
    assert judge(person).original_message_id == "<sent.1@acme.test>"
