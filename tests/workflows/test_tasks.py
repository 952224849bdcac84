"""Manual tasks and conditions in a running campaign."""

import asyncio
from datetime import timedelta

import pytest

from operations.refusal import Refused
from operations.tasks import rewrite_mail
from operations.updates import refused_update
from postroad.contracts import CampaignState, SettleTask
from postroad.ledger.tasks import OpenTask, list_tasks
from tests.workflows.theatre import Theatre
from workflows.campaign import CampaignWorkflow
from workflows.sequence import SequenceWorkflow

_STEPS = (
    "[{id: intro, subject: 'Hello {{ person.name }}', text: One},"
    " {id: call, task: call, due_within: 2 days, subject: 'Call {{ person.name }}'},"
    " {id: thanks, if: {done: call}, thread: reply, text: 'Thank you for your time'},"
    " {id: missed, unless: {done: call}, thread: reply, text: 'I could not reach you'}]"
)


async def test_people_go_on_once_somebody_did_their_task_or_skipped_it(theatre: Theatre) -> None:
    await theatre.launch(2, _STEPS)
    await theatre.until(lambda: len(_tasks(theatre)) == 2)
    tasks = {task.email: task for task in await asyncio.to_thread(_tasks, theatre)}
    assert tasks["p1@x.test"].title == "Call P1"
    async with asyncio.timeout(20):
        while "2 tasks wait for somebody" not in await _waits(theatre):
            await asyncio.sleep(0.05)
    done = SettleTask(task=tasks["p1@x.test"].id, note="wants an offer", by="ana")
    skipped = SettleTask(task=tasks["p0@x.test"].id, done=False, by="ana")
    settled = await theatre.campaign.execute_update(CampaignWorkflow.settle_task, done)
    assert settled.step == "call"
    await theatre.until(lambda: len(theatre.sandbox.accepted.mails) == 3)
    await theatre.campaign.execute_update(CampaignWorkflow.settle_task, skipped)
    assert await theatre.over() is CampaignState.COMPLETED
    mails = theatre.sandbox.accepted.mails
    last = {mail.recipients[0]: mail.key.split("/")[1] for mail in mails[2:]}
    assert last == {"p1@x.test": "thanks", "p0@x.test": "missed"}
    assert theatre.counts() == {"sent": 4, "done": 1, "skipped": 3}
    assert f"Task {done.task} done by ana" in await theatre.story(theatre.campaign)


async def test_a_task_is_settled_once(theatre: Theatre) -> None:
    await theatre.launch(1, _STEPS.replace("id: thanks,", "id: thanks, wait: 3 days,"))
    await theatre.until(lambda: len(_tasks(theatre)) == 1)
    (task,) = await asyncio.to_thread(_tasks, theatre)
    await theatre.campaign.execute_update(
        CampaignWorkflow.settle_task, SettleTask(task=task.id, by="ana")
    )
    again = SettleTask(task=task.id, done=False, by="bo")
    with pytest.raises(Refused, match="is done already"):
        async with refused_update("settle_task", timedelta(seconds=30)):
            await theatre.campaign.execute_update(CampaignWorkflow.settle_task, again)


def _tasks(theatre: Theatre) -> list[OpenTask]:
    with theatre.ledger.read() as connection:
        return list_tasks(connection, 0)


async def test_a_mail_leaves_once_it_was_reviewed_as_somebody_rewrote_it(
    theatre: Theatre,
) -> None:
    await theatre.launch(1, "[{id: intro, review: true, subject: Hello, text: 'Good day'}]")
    await theatre.until(lambda: len(_tasks(theatre)) == 1)
    (task,) = await asyncio.to_thread(_tasks, theatre)
    assert theatre.sandbox.accepted.mails == []
    long = "A much longer text, which somebody wrote for one person alone. " * 40
    with theatre.ledger.write() as connection:
        rewrite_mail(connection, task.id, "For you", long, "ana")
    await theatre.campaign.execute_update(
        CampaignWorkflow.settle_task, SettleTask(task=task.id, by="ana")
    )
    assert await theatre.over() is CampaignState.COMPLETED
    (mail,) = theatre.sandbox.accepted.mails
    assert mail.size > len(long)
    assert b"much longer text" not in await theatre.kept(theatre.campaign)
    assert b"much longer text" not in await theatre.kept(theatre.sequence)


async def _waits(theatre: Theatre) -> list[str]:
    """Return what the sequence says that it waits for."""
    return (await theatre.sequence.query(SequenceWorkflow.progress)).waiting
