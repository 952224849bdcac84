"""(b, c) What a message costs in history, time, memory and ledger, and how that grows."""

from dataclasses import dataclass

from benchmarks.engine import Engine, running_engine, running_sink
from operations.temporal import connect
from postroad.contracts import campaign_workflow_id, sequence_workflow_id


@dataclass(frozen=True, slots=True)
class Cost:
    """What one campaign of so many people cost, per message."""

    people: int
    milliseconds: float
    ledger_bytes: float
    worker_megabytes: float
    """Resident memory of the worker afterwards, as a whole."""
    history_events: float
    history_bytes: float


async def growth(sizes: tuple[int, ...]) -> list[Cost]:
    """Measure campaigns of growing size, each on a fresh engine."""
    costs: list[Cost] = []
    for people in sizes:
        async with running_sink() as port, running_engine("sqlite", port) as engine:
            await engine.send("warm-up", 100)
            before = engine.ledger_bytes()
            seconds = await engine.send("measured", people)
            events, size = await _history(engine, "measured")
            costs.append(
                Cost(
                    people,
                    1_000 * seconds / people,
                    (engine.ledger_bytes() - before) / people,
                    engine.worker_megabytes(),
                    events / people,
                    size / people,
                )
            )
    return costs


async def _history(engine: Engine, campaign: str) -> tuple[int, int]:
    """Count events and bytes of all runs of a campaign's workflows."""
    client = await connect(engine.settings)
    ids = (campaign_workflow_id(campaign), sequence_workflow_id(campaign, "ana@acme.test"))
    events = size = 0
    for workflow_id in ids:
        async for run in client.list_workflows(f"WorkflowId = '{workflow_id}'"):
            handle = client.get_workflow_handle(run.id, run_id=run.run_id)
            async for event in handle.fetch_history_events():
                events += 1
                size += event.ByteSize()
    return events, size
