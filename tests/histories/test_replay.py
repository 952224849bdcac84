"""Every recorded history replays: running campaigns survive the code as it is now."""

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from postroad.contracts import SequenceProgress, SequenceStart
from tests.histories.record import FOLDER, SCENARIOS
from worker import WORKFLOWS

RECORDED = sorted(FOLDER.glob("*.json"))


def _history(path: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(path.stem, path.read_text())


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
async def test_a_recorded_history_replays(path: Path) -> None:
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)
    await replayer.replay_workflow(_history(path))


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("kind", ["campaign", "sequence"])
def test_every_scenario_is_recorded(scenario: str, kind: str) -> None:
    assert [path for path in RECORDED if path.name.startswith(f"{scenario}.{kind}.")]


@pytest.mark.parametrize("name", ["watched.mailbox.", "returned.mailbox.", "told.webhook."])
def test_what_follows_from_sending_is_recorded(name: str) -> None:
    assert [path for path in RECORDED if path.name.startswith(name)]


def test_the_continued_scenario_really_continued() -> None:
    assert len([path for path in RECORDED if path.name.startswith("continued.sequence.")]) >= 3


@workflow.defn(name="SequenceWorkflow", sandboxed=False)
class _Changed:
    """A sequence that forgets to ask what is due."""

    @workflow.run
    async def run(self, start: SequenceStart) -> SequenceProgress:
        await workflow.sleep(1)
        return SequenceProgress(
            campaign_id=start.campaign_id, sender=start.sender, state="", waves=0,
            sent=0, failed=0, uncertain=0,
        )  # fmt: skip


async def test_a_change_that_breaks_running_campaigns_fails_the_replay() -> None:
    path = next(path for path in RECORDED if path.name.startswith("happy.sequence."))
    replayer = Replayer(workflows=[_Changed], data_converter=pydantic_data_converter)
    with pytest.raises(NondeterminismError):
        await replayer.replay_workflow(_history(path))
