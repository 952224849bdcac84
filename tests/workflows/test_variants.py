"""Variants in a running campaign."""

from collections import Counter

from sqlalchemy import select

from postroad.campaign.variants import Variant, variant_of
from postroad.contracts import CampaignState
from postroad.ledger.reports import campaign_report
from postroad.ledger.tables import Enrollment, Message
from tests.workflows.theatre import Theatre

_STEPS = (
    "[{id: intro, text: 'Good day', variants: [{id: formal, subject: 'A question'},"
    " {id: short, subject: 'Hi {{ person.name }}', text: 'Quick one?', weight: 2}]},"
    " {id: nudge, thread: reply, text: Two}]"
)


async def test_everybody_gets_the_variant_that_chance_gives_them_and_answers_keep_its_subject(
    theatre: Theatre,
) -> None:
    await theatre.launch(12, _STEPS)
    assert await theatre.over() is CampaignState.COMPLETED
    variants = [Variant("formal", 1, 1), Variant("short", 2, 2)]
    with theatre.ledger.read() as connection:
        report = campaign_report(connection, "q4")
        rows = connection.execute(
            select(Enrollment.person_key, Message.version)
            .join(Message, Message.enrollment_id == Enrollment.id)
            .where(Message.position == 0)
        ).all()
    assert report is not None
    assert len(rows) == 12
    for key, version in rows:
        assert variant_of(variants, "intro", key).version == version
    counted = {row.variant: row.sent for row in report.variants}
    assert counted == {
        "formal": Counter(row.version for row in rows)[1],
        "short": Counter(row.version for row in rows)[2],
    }
    assert theatre.sandbox.accepted.duplicates == 0
