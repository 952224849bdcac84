"""A new build of the workers takes over a running campaign."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from operations.refusal import Refused
from operations.rollout import make_current
from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.sandbox.config import ProviderConfig, SandboxConfig
from postroad.sandbox.server import serve
from postroad.secrets import secret_box
from postroad.setting_tables import WorkerSettings
from tests.starter.campaigns import Desk
from tests.workflows.theatre import Theatre, temporal_environment
from worker import running_worker

_TWO_STEPS = (
    "[{id: intro, subject: Hi, text: One}, {id: nudge, wait: 4s, thread: reply, text: Two}]"
)


async def test_a_running_campaign_goes_on_with_the_new_build(
    ledger: Ledger, tmp_path: Path
) -> None:
    desk = Desk(tmp_path, ledger)
    box = secret_box(desk.settings)
    async with (
        temporal_environment(skip_time=False) as environment,
        await serve(SandboxConfig(providers=(ProviderConfig(name="p"),))) as sandbox,
    ):
        client = environment.client
        theatre = Theatre(client, ledger, sandbox, desk, "rolling")
        async with AsyncExitStack() as older:
            await older.enter_async_context(
                running_worker(client, ledger, box, "rolling", settings=WorkerSettings(build="1"))
            )
            await _rolled_out(theatre, "1")
            await theatre.launch(6, _TWO_STEPS)
            await theatre.until(lambda: theatre.counts()["sent"] == 6)
            with pytest.raises(Refused, match="build 2 cannot take over"):
                await make_current(client, "2")
            async with running_worker(
                client, ledger, box, "rolling", settings=WorkerSettings(build="2")
            ):
                await _rolled_out(theatre, "2")  # both are at work now
                await older.aclose()
                assert await theatre.over() is CampaignState.COMPLETED
        assert theatre.counts() == {"sent": 12}
        assert sandbox.accepted.duplicates == 0
        story = (await theatre.sequence.fetch_history()).events
        builds = {
            event.workflow_task_completed_event_attributes.deployment_version.build_id
            for event in story
            if event.HasField("workflow_task_completed_event_attributes")
        }
        assert builds == {"1", "2"}


async def _rolled_out(theatre: Theatre, build: str) -> None:
    """Make a build current as soon as its workers are known to the server."""
    async with asyncio.timeout(30):
        while True:
            try:
                return await make_current(theatre.client, build)
            except Refused:
                await asyncio.sleep(0.2)
