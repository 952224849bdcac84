"""Recording histories: `python -m tests.histories.record [NAME…]` plays scenarios and keeps them.

Run it after a deliberate change of the workflows, and keep the older files: see docs/workflows.md.
"""

import asyncio
import json
import re
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from operations.clock import now
from operations.webhooks import start_webhooks
from postroad.campaign.template import StepTemplate
from postroad.contracts import (
    AddStep,
    CampaignState,
    ChangeStep,
    NewTiming,
    PausePerson,
    RemoveStep,
    ResumePerson,
    SettleTask,
    Steering,
    webhook_workflow_id,
)
from postroad.ledger.content import store_text
from postroad.ledger.engine import Ledger
from postroad.ledger.schema import migrate
from postroad.ledger.tables import Event
from postroad.ledger.tasks import list_tasks
from postroad.ledger.uncertain import dismiss
from postroad.ledger.webhooks import apply_webhooks
from postroad.sandbox.faults import Fault
from postroad.secrets import SecretBox
from postroad.webhook_settings import WebhookSettings
from tests.workflows.listener import SECRET, listening
from tests.workflows.post import open_post
from tests.workflows.theatre import Theatre, open_theatre, temporal_environment
from worker import running_worker
from workflows.campaign import CampaignWorkflow

FOLDER = Path(__file__).parent
ONE_STEP = "[{id: intro, subject: Hi, text: Hello}]"
TWO_STEPS = (
    "[{id: intro, subject: Hi, text: Hello}, {id: nudge, wait: 1s, thread: reply, text: Yes}]"
)
TASKS = (
    "[{id: call, task: call, subject: Call}, {id: done, if: {done: call}, subject: Hi, text: One},"
    " {id: checked, review: true, subject: Two, text: Two}]"
)
THREE_STEPS = (
    "[{id: intro, subject: Hi, text: Hello}, {id: offer, wait: 3 days, thread: reply, text: Yes},"
    " {id: nudge, wait: 1s, thread: reply, text: No}]"
)
_MACHINE = re.compile(r'"\d+@[^"]*"')
"""The identity of a worker: its process id and the name of the machine it ran on."""
SLOW = "[{messages: 2, per: 2s}]"


async def happy(theatre: Theatre) -> None:
    """Two steps for a few people."""
    await theatre.launch(4, TWO_STEPS)
    await theatre.over()


async def throttled(theatre: Theatre) -> None:
    """A limit that makes waves wait."""
    await theatre.launch(24, ONE_STEP, limits=SLOW)
    await theatre.over()


async def paused_and_resumed(theatre: Theatre) -> None:
    """Paused in the middle of a throttled campaign, and resumed."""
    await theatre.launch(24, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    await theatre.campaign.execute_update(CampaignWorkflow.pause, Steering(by="ana"))
    await asyncio.sleep(1)
    await theatre.campaign.execute_update(CampaignWorkflow.resume, Steering(by="ana"))
    await theatre.over()


async def uncertain(theatre: Theatre) -> None:
    """A connection lost after the last byte, and an operator's decision."""
    theatre.sandbox.add_fault(Fault(phase="accepted", action="drop"))
    await theatre.launch(3, ONE_STEP)
    await theatre.until(lambda: theatre.counts() == {"sent": 2, "uncertain": 1})
    with theatre.ledger.write() as connection:
        dismiss(connection, None, "ana", now(), as_sent=True)
    await theatre.sequence.signal("wake", "decided by ana")
    await theatre.over()


async def cancelled(theatre: Theatre) -> None:
    """Cancelled in the middle of a throttled campaign."""
    await theatre.launch(24, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    await theatre.campaign.execute_update(CampaignWorkflow.cancel, Steering(by="ana"))
    await theatre.over()


async def continued(theatre: Theatre) -> None:
    """Long enough to continue as new several times."""
    await theatre.launch(60, ONE_STEP, limits=SLOW)
    await theatre.over()


async def tasks(theatre: Theatre) -> None:
    """A step for some, a task that is done, and a mail that is reviewed."""
    await theatre.launch(2, TASKS)
    for _ in range(2):
        await theatre.until(lambda: len(_open_tasks(theatre)) == 2)
        for task in await asyncio.to_thread(_open_tasks, theatre):
            settled = SettleTask(task=task, done=task % 2 == 0, by="ana")
            await theatre.campaign.execute_update(CampaignWorkflow.settle_task, settled)
    await theatre.over()


async def changed(theatre: Theatre) -> None:
    """Steps changed, added and removed, and a person paused and resumed."""
    await theatre.launch(2, THREE_STEPS)
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    template = StepTemplate(subject="", text="Another")
    with theatre.ledger.write() as connection:
        changed_text, added_text = (store_text(connection, "q4", n, template) for n in (1, 3))
    timing = NewTiming(before={"wait": "3d"}, after={"wait": "2d"})
    last = AddStep(step="last", position=3, settings={"thread": "reply"}, version=added_text)
    ask = theatre.campaign.execute_update
    await ask(CampaignWorkflow.pause_person, PausePerson(email="p1@x.test", by="ana"))
    change = ChangeStep(step="offer", version=changed_text, timing=timing, by="ana")
    await ask(CampaignWorkflow.change_step, change)
    await ask(CampaignWorkflow.add_step, last)
    await ask(CampaignWorkflow.remove_step, RemoveStep(step="offer", by="ana"))
    await ask(CampaignWorkflow.resume_person, ResumePerson(email="p1@x.test", by="ana"))
    await theatre.over()


def _open_tasks(theatre: Theatre) -> list[int]:
    with theatre.ledger.read() as connection:
        return [task.id for task in list_tasks(connection, 0)]


async def watched(environment: WorkflowEnvironment, ledger: Ledger, directory: Path) -> None:
    """A mailbox that is read until nothing is outstanding; a bounce and a reply come back."""
    async with open_post(environment, ledger, directory) as post, post.worker():
        await post.launch("gone@x.test", "replies@x.test", "p@x.test", steps=TWO_STEPS)
        await post.until(lambda: "replied" in post.people().values())
        await post.watch.result()


async def returned(environment: WorkflowEnvironment, ledger: Ledger, directory: Path) -> None:
    """A message that comes back after its campaign was completed, and is sent again."""
    rules = ", on_soft_bounce: {mailbox_full: [1s], give_up_after: 2}"
    async with open_post(environment, ledger, directory) as post, post.worker():
        await post.launch("brimful@x.test", steps=ONE_STEP, rules=rules)
        await post.until(lambda: post.people().get("brimful@x.test") == "bounced")
        await post.watch.result()


async def told(environment: WorkflowEnvironment, ledger: Ledger, directory: Path) -> None:  # noqa: ARG001 - as the others
    """A webhook that refuses once, takes two events, and is gone."""
    box = SecretBox("a key for this recording")
    async with (
        listening() as listener,
        running_worker(environment.client, ledger, box, "postroad"),
    ):
        listener.answers = [503]
        described = {"id": "crm", "url": listener.url, "secret": SECRET}
        with ledger.write() as connection:
            list(apply_webhooks(connection, [WebhookSettings.model_validate(described)], box, 0))
            for event in ("sent", "replied"):
                connection.execute(insert(Event).values(at=now(), event=event, detail=""))
        await start_webhooks(environment.client, ledger, "postroad")
        while len(listener.heard) < 2:
            await asyncio.sleep(0.1)
        listener.answers = [410]
        with ledger.write() as connection:
            connection.execute(insert(Event).values(at=now(), event="sent", detail=""))
        handle = environment.client.get_workflow_handle(webhook_workflow_id("crm"))
        await handle.result()


async def paused_itself(theatre: Theatre) -> None:
    """A campaign that bounces too much, and is cancelled."""
    theatre.sandbox.add_fault(Fault(phase="rcpt", action="reply", reply="550 5.1.1", times=8))
    await theatre.launch(120, ONE_STEP, limits="[{messages: 10, per: 200ms}]")
    await theatre.until(lambda: theatre.state() is CampaignState.PAUSED)
    while (await theatre.campaign.query(CampaignWorkflow.progress)).state != "paused":
        await asyncio.sleep(0.1)
    await theatre.campaign.execute_update(CampaignWorkflow.cancel, Steering(by="ops"))
    await theatre.over()


SCENARIOS: dict[str, Callable[[Theatre], Awaitable[None]]] = {
    "happy": happy,
    "throttled": throttled,
    "paused_and_resumed": paused_and_resumed,
    "uncertain": uncertain,
    "cancelled": cancelled,
    "continued": continued,
    "paused_itself": paused_itself,
    "tasks": tasks,
    "changed": changed,
}
STAGES: dict[str, Callable[[WorkflowEnvironment, Ledger, Path], Awaitable[None]]] = {
    "watched": watched,
    "returned": returned,
    "told": told,
}


async def record(names: Collection[str]) -> None:
    """Play scenarios, and write the history of each workflow run."""
    for name, scenario in SCENARIOS.items():
        if name not in names:
            continue
        threshold = 30 if name == "continued" else None
        async with _stage(threshold) as (environment, ledger, directory):
            async with open_theatre(environment, ledger, directory, "postroad") as theatre:
                await scenario(theatre)
            await _write_all(name, environment.client)
    for name, play in STAGES.items():
        if name in names:
            async with _stage() as (environment, ledger, directory):
                await play(environment, ledger, directory)
                await _write_all(name, environment.client)


@asynccontextmanager
async def _stage(
    threshold: int | None = None,
) -> AsyncIterator[tuple[WorkflowEnvironment, Ledger, Path]]:
    """Start a server and make a ledger, in a directory that is removed afterwards."""
    async with temporal_environment(
        skip_time=False, continue_after_events=threshold
    ) as environment:
        with tempfile.TemporaryDirectory() as directory:
            ledger = Ledger(f"sqlite:///{directory}/ledger.db")
            migrate(ledger)
            yield environment, ledger, Path(directory)
            ledger.close()


async def _write_all(name: str, client: Client) -> None:
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    for number, history in enumerate([h async for h in _histories(client)]):
        kind = history.workflow_id.partition("/")[0]
        _write(FOLDER / f"{name}.{kind}.{today}.{number}.json", history)


async def _histories(client: Client) -> AsyncIterator[WorkflowHistory]:
    async for execution in client.list_workflows():
        yield await client.get_workflow_handle(
            execution.id, run_id=execution.run_id
        ).fetch_history()


def _write(path: Path, history: WorkflowHistory) -> None:
    recorded = json.dumps(json.loads(history.to_json()), indent=1)
    path.write_text(_MACHINE.sub('"worker"', recorded) + "\n")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:] or [*SCENARIOS, *STAGES]))
