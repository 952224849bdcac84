"""Each kind of channel has a task queue of its own."""

from pathlib import Path

from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from tests.workflows.test_campaign import ONE_STEP
from tests.workflows.theatre import open_theatre, temporal_environment


async def test_a_wave_waits_in_the_queue_of_its_kind_of_channel(
    ledger: Ledger, tmp_path: Path
) -> None:
    async with (
        temporal_environment(skip_time=True) as environment,
        open_theatre(environment, ledger, tmp_path, "kinds") as theatre,
    ):
        await theatre.launch(2, ONE_STEP)
        assert await theatre.over() is CampaignState.COMPLETED
        history = await theatre.sequence.fetch_history()
        scheduled = [
            event.activity_task_scheduled_event_attributes
            for event in history.events
            if event.HasField("activity_task_scheduled_event_attributes")
        ]
        queues = {each.activity_type.name: each.task_queue.name for each in scheduled}
        assert queues["send_wave"] == "kinds-smtp"
        assert queues["reserve_quota"] == queues["select_channel"] == "kinds"
