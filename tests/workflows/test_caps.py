"""Caps over days of skipped time: nobody gets too much, and everybody gets theirs in the end."""

from datetime import timedelta

from postroad.contracts import CampaignState
from postroad.instants import DAY
from postroad.quota.limits import Limit
from tests.quota.oracle import fullest
from tests.workflows.theatre import Theatre


async def test_a_domain_gets_its_share_day_by_day_until_everybody_was_written_to(
    skipping_theatre: Theatre,
) -> None:
    await skipping_theatre.launch(
        10,
        "[{id: intro, subject: Hi, text: One}]",
        organisation="name: Acme, per_recipient_domain: {messages: 4, per: 1d}",
    )
    assert await skipping_theatre.over() is CampaignState.COMPLETED
    sent = skipping_theatre.sent_at()
    assert len(sent) == 10
    assert fullest(sent, Limit(messages=4, per=timedelta(days=1))) == 4
    assert 2 * DAY <= sent[-1] - sent[0] < 2 * DAY + 120_000
