"""What a campaign's page tells of its steps: how far people came, what came back, which variant."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import insert, update

from console.charts import interval, part, shares
from console.installation import Installation
from postroad.contracts import EnrollmentState, MessageState
from postroad.ledger.engine import Ledger
from postroad.ledger.pages.funnel import StepFunnel, step_funnels
from postroad.ledger.shares import share
from postroad.ledger.tables import Message, Pause, Step, StepText, StepVariant
from postroad.ledger.users import Role
from tests.console.conftest import BO, PLANNED, SENT, Visitor
from tests.ledger_rows import ANA, NOW, add_campaign, add_event, add_person

Visit = Callable[[Role], Visitor]
DONE, OPEN, SKIPPED = MessageState.DONE, MessageState.OPEN, MessageState.SKIPPED
STOPPED = MessageState.SUPPRESSED


@pytest.fixture
def long(installation: Installation) -> Ledger:
    """A ledger with a campaign whose first step has variants; a task and a condition follow."""
    with installation.ledger.write() as connection:
        add_campaign(connection, "long", steps=("intro", "call", "case"))
        for position, settings in ((1, {"task": "call"}), (2, {"if": {"clicked": "intro"}})):
            connection.execute(
                update(Step)
                .where(Step.campaign_id == "long", Step.position == position)
                .values(settings=settings)
            )
        place = {"campaign_id": "long", "position": 0}
        for version, variant in enumerate(("brief", "full", "full"), start=1):
            text = {"version": version, "variant": variant, "template": {}}
            connection.execute(insert(StepText).values(**place, **text))
        for version, variant in ((1, "brief"), (3, "full")):
            tried = {"version": version, "id": variant, "weight": 1}
            connection.execute(insert(StepVariant).values(**place, **tried))
        replied, unsubscribed = EnrollmentState.REPLIED, EnrollmentState.UNSUBSCRIBED
        for number, (version, messages, state, sender) in enumerate(
            (
                (1, (SENT, DONE, SKIPPED), EnrollmentState.FINISHED, BO),
                (1, (SENT, OPEN, PLANNED), EnrollmentState.ACTIVE, BO),
                (2, (SENT, STOPPED, STOPPED), replied, BO),
                (3, (SENT, STOPPED, STOPPED), unsubscribed, BO),
                (3, (SENT, DONE, PLANNED), EnrollmentState.ACTIVE, ANA),
            )
        ):
            ids = add_person(
                connection, f"p{number}@l.test", *messages,
                campaign="long", state=state, sender=sender,
            )  # fmt: skip
            connection.execute(update(Message).where(Message.id == ids[0]).values(version=version))
            if state in (replied, unsubscribed):
                add_event(connection, ids[0], state)
        held = connection.execute(
            update(Message)
            .where(Message.id == ids[2])
            .values(due_at=None)
            .returning(Message.enrollment_id)
        ).scalar_one()
        connection.execute(
            insert(Pause).values(enrollment_id=held, at=NOW, by=ANA, reason="", message=ids[2])
        )
    return installation.ledger


def _steps(ledger: Ledger, sender: str | None = None) -> list[StepFunnel]:
    with ledger.read() as connection:
        return step_funnels(connection, "long", sender)


def _row(page: str, step: str) -> str:
    """Return a row of the chart's own table as text."""
    found = re.search(rf"<th scope=row>{step}</th>(.*?)</tr>", page)
    assert found is not None
    return " ".join(re.findall(r"<td>(.*?)</td>", found[1]))


def test_people_reached_a_step_who_had_it_or_are_at_it(long: Ledger) -> None:
    intro, call, case = _steps(long)
    assert [step.reached for step in (intro, call, case)] == [5, 3, 2]
    assert (intro.sent, intro.at_it, intro.replied, intro.unsubscribed) == (5, 0, 1, 1)
    assert (call.at_it, call.open, call.done, call.stopped) == (1, 1, 2, 2)
    assert (case.at_it, case.skipped, case.waiting) == (1, 1, 2)  # one is held back by a pause
    assert (call.task, case.condition) == ("call", "only if clicked intro")


def test_a_variant_is_counted_over_all_its_versions_with_wilsons_interval(long: Ledger) -> None:
    brief, full = _steps(long)[0].variants
    assert (brief.id, brief.reached) == ("brief", share(0, 2))
    assert (full.id, full.reached) == ("full", share(1, 3))


def test_a_reps_funnel_counts_their_own_people_alone(long: Ledger) -> None:
    intro, call, case = _steps(long, ANA)
    assert (intro.sent, intro.replied, call.done, case.at_it) == (1, 0, 1, 1)
    assert [one.reached.whole for one in intro.variants] == [0, 1]


@pytest.mark.usefixtures("long")
async def test_the_page_says_in_words_what_its_charts_draw(visit: Visit) -> None:
    page = (await visit(Role.MANAGER).get("/campaigns/long/now")).text
    assert _row(page, "intro").startswith("5 5 (100.0 %)")
    assert _row(page, "call").startswith("3 does not apply")
    assert "2 (66.7 %)" in _row(page, "call")
    assert "1 (50.0 %)" in _row(page, "case")
    for words in ("task: call", "only if clicked intro", "Variants of intro", "of 3 sent"):
        assert words in page
    assert '<a href="/campaigns/long?step=call#people">1<span' in page
    assert "Opened" not in page


@pytest.mark.usefixtures("long")
async def test_a_rep_is_not_told_what_was_counted_of_others(visit: Visit) -> None:
    page = (await visit(Role.REP).get("/campaigns/long")).text
    assert _row(page, "intro").startswith("1 1 (100.0 %)")
    assert "of 3 sent" not in page
    assert "Rejected" not in page
    assert BO not in page


async def test_openings_are_shown_where_tracking_is_on_though_nobody_opened(
    visit: Visit, ledger: Ledger
) -> None:
    settings = {"senders": [ANA], "tracking": {"opens": True}}
    with ledger.write() as connection:
        add_campaign(connection, "told", steps=("intro",), settings=settings)
    page = (await visit(Role.MANAGER).get("/campaigns/told")).text
    assert "<th scope=col>Opened</th>" in page
    assert "<th scope=col>Clicked</th>" not in page


def test_flat_charts_have_a_text_beside_them_or_in_them() -> None:
    assert "sent 2 of 3, waiting 1 of 3" in shares([("sent", 2), ("waiting", 1), ("failed", 0)])
    assert "nothing yet" in shares([("sent", 0)])
    assert 'width="50.0"' in part("sent", 1, 4)
    assert 'class="mark"' not in interval(share(0, 0), 1.0)
