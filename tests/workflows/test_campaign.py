"""Whole campaigns, over days of skipped time."""

from datetime import timedelta
from pathlib import Path

import pytest

from operations.refusal import Refused
from postroad.contracts import CampaignState
from postroad.instants import DAY
from postroad.ledger.engine import Ledger
from postroad.quota.limits import Limit
from postroad.sandbox.faults import Fault
from tests.quota.oracle import fullest
from tests.workflows.theatre import Theatre, open_theatre, temporal_environment

THREE_STEPS = (
    "[{id: intro, subject: Hi, text: One},"
    " {id: nudge, wait: 3 days, thread: reply, text: Two},"
    " {id: last, wait: 1 week, thread: reply, text: Three}]"
)
ONE_STEP = "[{id: intro, subject: Hi, text: secret body}]"


async def test_a_campaign_of_three_steps_sends_each_message_once_after_its_wait(
    skipping_theatre: Theatre,
) -> None:
    await skipping_theatre.launch(12, THREE_STEPS)
    assert await skipping_theatre.over() is CampaignState.COMPLETED
    assert skipping_theatre.counts() == {"sent": 36}
    accepted = skipping_theatre.sandbox.accepted
    assert accepted.duplicates == 0
    assert len(accepted.mails) == 36
    sent = skipping_theatre.sent_at()
    assert min(sent[12:24]) - max(sent[:12]) >= 3 * DAY - 60_000
    assert min(sent[24:]) - max(sent[12:24]) >= 7 * DAY - 60_000


async def test_a_limit_holds_in_every_window_and_history_says_why_it_waits(
    skipping_theatre: Theatre,
) -> None:
    await skipping_theatre.launch(23, ONE_STEP, limits="[{messages: 5, per: 45s}]")
    await skipping_theatre.over()
    limit = Limit(messages=5, per=timedelta(seconds=45))
    assert fullest(skipping_theatre.sent_at(), limit) == 5
    story = await skipping_theatre.story(skipping_theatre.sequence)
    assert len([line for line in story if "because s has sent 5 of 5 in 45s" in line]) >= 4
    assert "Wave 1: 5 messages (intro) by s" in story


async def test_a_window_keeps_messages_until_it_opens(skipping_theatre: Theatre) -> None:
    steps = "[{id: intro, subject: Hi, text: One, window: {hours: '03:00-03:10', timezone: UTC}}]"
    await skipping_theatre.launch(3, steps)
    await skipping_theatre.over()
    for at in skipping_theatre.sent_at():
        assert 3 * 60 <= at % DAY // 60_000 < 3 * 60 + 10


async def test_a_deferred_message_is_tried_again_after_a_durable_wait(
    skipping_theatre: Theatre,
) -> None:
    skipping_theatre.sandbox.add_fault(
        Fault(phase="rcpt", action="reply", reply="450 4.2.0 Not now", times=2)
    )
    await skipping_theatre.launch(4, ONE_STEP)
    await skipping_theatre.over()
    assert skipping_theatre.counts() == {"sent": 4}
    story = await skipping_theatre.story(skipping_theatre.sequence)
    assert [line for line in story if line.startswith("next intro due")]


@pytest.mark.parametrize("phase", ["banner", "ehlo", "mail", "rcpt", "data"])
async def test_a_connection_cut_before_the_last_byte_leaves_nothing_in_doubt(
    skipping_theatre: Theatre, phase: str
) -> None:
    skipping_theatre.sandbox.add_fault(
        Fault.model_validate({"phase": phase, "action": "drop", "times": 3})
    )
    await skipping_theatre.launch(10, ONE_STEP)
    await skipping_theatre.over()
    assert skipping_theatre.counts() == {"sent": 10}
    assert skipping_theatre.sandbox.accepted.duplicates == 0


# A small mail leaves in one piece: cut in the middle of its content, all of it may have arrived.
@pytest.mark.parametrize("phase", ["content", "end", "accepted"])
async def test_a_connection_cut_after_the_last_byte_holds_the_message_as_uncertain(
    theatre: Theatre, phase: str
) -> None:
    theatre.sandbox.add_fault(Fault.model_validate({"phase": phase, "action": "drop"}))
    await theatre.launch(5, ONE_STEP)
    await theatre.until(lambda: theatre.counts() == {"sent": 4, "uncertain": 1})
    assert theatre.state() is CampaignState.RUNNING
    assert theatre.sandbox.accepted.duplicates == 0


async def test_with_resend_a_message_in_doubt_is_sent_again(skipping_theatre: Theatre) -> None:
    skipping_theatre.sandbox.add_fault(Fault(phase="accepted", action="drop"))
    await skipping_theatre.launch(5, ONE_STEP, on_uncertain="resend")
    await skipping_theatre.over()
    assert skipping_theatre.counts() == {"sent": 5}
    assert skipping_theatre.sandbox.accepted.duplicates == 1


async def test_a_campaign_cannot_be_launched_twice(skipping_theatre: Theatre) -> None:
    await skipping_theatre.launch(2, ONE_STEP)
    with pytest.raises(Refused, match="q4 was already launched"):
        await skipping_theatre.launch(2, ONE_STEP)
    await skipping_theatre.over()
    assert skipping_theatre.counts() == {"sent": 2}


async def test_history_holds_no_recipient_no_text_and_no_secret(
    skipping_theatre: Theatre,
) -> None:
    await skipping_theatre.launch(3, ONE_STEP)
    await skipping_theatre.over()
    for handle in (skipping_theatre.campaign, skipping_theatre.sequence):
        kept = await skipping_theatre.kept(handle)
        assert b"q4" in kept  # what is not private can be read
        for private in (b"x.test", b"secret body", b"P1"):
            assert private not in kept


async def test_continuing_as_new_loses_and_doubles_nothing(ledger: Ledger, tmp_path: Path) -> None:
    async with (
        temporal_environment(skip_time=True, continue_after_events=40) as environment,
        open_theatre(environment, ledger, tmp_path, "continued") as theatre,
    ):
        await theatre.launch(30, THREE_STEPS, limits="[{messages: 3, per: 1m}]")
        await theatre.over()
        assert theatre.counts() == {"sent": 90}
        assert theatre.sandbox.accepted.duplicates == 0
        query = f"WorkflowId = '{theatre.sequence.id}'"
        assert len([run async for run in environment.client.list_workflows(query)]) > 3
