"""The Tasks page: what waits for somebody, and saying that it was done."""

from collections.abc import Callable

import pytest
from sqlalchemy import insert, update
from temporalio.client import Client, WorkflowHandle

from operations.clock import now
from postroad.contracts import MessageState, SelectChannel
from postroad.ledger.audit import list_changes
from postroad.ledger.engine import Ledger
from postroad.ledger.own_texts import own_texts
from postroad.ledger.selection import select_channels
from postroad.ledger.tables import Enrollment, Step, StepText
from postroad.ledger.users import Role
from tests.console.conftest import BO, HOSTILE, Visitor
from tests.console.test_steering import temporal as temporal  # noqa: PLC0414 - a fixture
from tests.ledger_rows import ANA, add_campaign, add_person
from tests.starter.stand_ins import NotingCampaign

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

Visit = Callable[[Role], Visitor]


@pytest.fixture
def tasks(ledger: Ledger) -> dict[str, int]:
    """A call for Ana, and a mail of Bo's to review: step → task."""
    with ledger.write() as connection:
        found = {}
        for campaign, sender, settings in (
            ("calls", ANA, {"task": "call", "due_within": "1s"}),
            ("mails", BO, {"review": True}),
        ):
            add_campaign(connection, campaign, steps=("first",))
            step = update(Step).where(Step.campaign_id == campaign)
            connection.execute(step.values(settings=settings))
            template = {"subject": f"Call {HOSTILE}", "text": "Say {{ person.word }}"}
            text = {"campaign_id": campaign, "position": 0, "version": 1, "template": template}
            connection.execute(insert(StepText).values(text))
            (found[campaign],) = add_person(
                connection, f"{campaign}@x.test", MessageState.PLANNED,
                campaign=campaign, sender=sender, channel=None,
            )  # fmt: skip
            named = Enrollment.campaign_id == campaign
            connection.execute(update(Enrollment).where(named).values(fields={"word": "hello"}))
            request = SelectChannel(campaign_id=campaign, sender=sender)
            select_channels(connection, request, now() - 2_000)
        return found


async def test_tasks_are_shown_as_text_with_what_is_overdue(
    visit: Visit, tasks: dict[str, int]
) -> None:
    page = (await visit(Role.MANAGER).get("/tasks")).text
    assert "&lt;script&gt;document.title" in page
    assert HOSTILE not in page
    assert "overdue since" in page
    assert "Say hello" in page
    assert f'action="/tasks/{tasks["mails"]}"' in page
    filtered = (await visit(Role.MANAGER).get("/tasks?campaign=calls")).text
    assert "mails@x.test" not in filtered
    assert "1 task for somebody to do" in (await visit(Role.REP).get("/")).text


async def test_a_rep_sees_and_settles_only_their_own_tasks(
    visit: Visit, tasks: dict[str, int], temporal: Client
) -> None:
    workflow = await _noting(temporal, "calls")
    ana = visit(Role.REP)
    page = (await ana.get("/tasks")).text
    assert "calls@x.test" in page
    assert "mails@x.test" not in page
    assert (await ana.post(f"/tasks/{tasks['mails']}", decision="done")).status_code == 403
    await ana.post(f"/tasks/{tasks['calls']}", decision="done", note="wants an offer")
    assert await workflow.query(NotingCampaign.notes) == [
        f"task {tasks['calls']} done by {ANA} (wants an offer)"
    ]


async def test_a_mail_is_rewritten_and_approved_in_one_go_and_the_audit_log_says_so(
    visit: Visit, tasks: dict[str, int], temporal: Client, ledger: Ledger
) -> None:
    workflow = await _noting(temporal, "mails")
    meg, task = visit(Role.MANAGER), tasks["mails"]
    await meg.post(f"/tasks/{task}", decision="rewrite", subject="a\nb", text="Dear Bo")
    assert "the subject must be one line" in (await meg.get("/tasks")).text
    assert await workflow.query(NotingCampaign.notes) == []
    await meg.post(f"/tasks/{task}", decision="rewrite", subject="For you", text="Dear Bo")
    assert await workflow.query(NotingCampaign.notes) == [f"task {task} done by meg@acme.test"]
    with ledger.read() as connection:
        assert own_texts(connection, [task])[task].text == "Dear Bo"
        (change,) = list_changes(connection, before=None, at_most=9)
    assert (change.action, change.subject) == ("settle task", "mails@x.test")


async def test_a_task_that_is_not_there_is_refused(visit: Visit, tasks: dict[str, int]) -> None:
    meg = visit(Role.MANAGER)
    assert (await meg.post("/tasks/none", decision="done")).status_code == 404
    await meg.post(f"/tasks/{max(tasks.values()) + 1}", decision="done")
    assert "is not open" in (await meg.get("/tasks")).text


async def _noting(client: Client, campaign: str) -> WorkflowHandle[NotingCampaign, None]:
    return await client.start_workflow(
        NotingCampaign.run, id=f"campaign/{campaign}", task_queue="notes"
    )
