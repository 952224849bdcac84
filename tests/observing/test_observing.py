"""A running installation shows what it does, and names nobody."""

import asyncio
import json
from pathlib import Path

import pytest
from google.protobuf.json_format import MessageToJson
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.opentelemetry import TracingInterceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from tests.histories.record import FOLDER
from tests.observing.conftest import Installation, Labels
from worker import WORKFLOWS

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANNEL = {"channel": "ana-smtp", "kind": "smtp"}
RECORDED = sorted(FOLDER.glob("*.json"))
_PATIENCE_SECONDS = 20


def _value(samples: list[tuple[Labels, float]], **labels: str) -> float:
    """Return the only sample that has these labels."""
    [value] = [value for found, value in samples if labels.items() <= found.items()]
    return value


async def test_what_a_worker_did_and_what_the_ledger_holds_can_be_scraped(
    installation: Installation,
) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):  # the ledger's numbers are kept for a while
        while True:
            found = await installation.scraped()
            if _value(found["postroad_messages"], state="sent") == 5:
                break
            await asyncio.sleep(0.2)
    assert _value(found["postroad_messages"], state="failed") == 1
    assert _value(found["postroad_campaigns"], state="completed") == 1
    assert _value(found["postroad_channel_state"], **CHANNEL, state="active") == 1
    assert _value(found["postroad_channel_state"], **CHANNEL, state="paused") == 0
    assert _value(found["postroad_channel_sent_24h"], **CHANNEL) == 5
    calls = found["postroad_provider_calls_total"]
    assert _value(calls, **CHANNEL, call="send", result="ok") == 5
    assert _value(calls, **CHANNEL, call="send", result="recipient_refused") == 1
    assert _value(found["postroad_provider_call_seconds_count"], kind="smtp", call="send") == 6
    assert _value(found["postroad_wave_seconds_count"], channel="ana-smtp") >= 1
    assert any(
        labels["activity_type"] == "send_wave"
        for labels, _ in found.get("temporal_activity_execution_latency_seconds_count", [])
    )
    assert not any("@" in value for rows in found.values() for row, _ in rows for value in row)


async def test_a_trace_leads_from_the_launch_to_each_call_of_the_provider(
    installation: Installation,
) -> None:
    collector = installation.collector
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(collector.named("smtp send")) < 6 or not collector.named(
            "StartWorkflow:CampaignWorkflow"
        ):
            await asyncio.sleep(0.05)
    [launched] = collector.named("StartWorkflow:CampaignWorkflow")
    sends = collector.named("smtp send")
    assert {span.trace_id for span in sends} == {launched.trace_id}
    road = collector.road_to(sends[0])
    assert road[0] == "StartWorkflow:CampaignWorkflow"
    assert road[-2:] == ["RunActivity:send_wave", "smtp send"]
    told = [{one.key: one.value.string_value for one in span.attributes} for span in sends]
    assert {one["postroad.channel"] for one in told} == {"ana-smtp"}
    assert sorted(one["postroad.result"] for one in told) == ["ok"] * 5 + ["recipient_refused"]
    assert {one["postroad.message"] for one in told} == set(installation.stage.states())


async def test_what_was_traced_replays_without_tracing(installation: Installation) -> None:
    temporal = installation.stage.temporal
    assert temporal is not None
    client = await Client.connect(temporal.address, data_converter=pydantic_data_converter)
    replayer = Replayer(workflows=WORKFLOWS, data_converter=pydantic_data_converter)
    results = await replayer.replay_workflows(client.list_workflows().map_histories())
    assert results.replay_failures == {}


@pytest.mark.parametrize("path", RECORDED[:: len(RECORDED) // 5], ids=lambda path: path.stem)
async def test_what_was_not_traced_replays_with_tracing(path: Path) -> None:
    recorded = WorkflowHistory.from_json(path.stem, await asyncio.to_thread(path.read_text))
    replayer = Replayer(
        workflows=WORKFLOWS,
        data_converter=pydantic_data_converter,
        interceptors=[TracingInterceptor()],
    )
    await replayer.replay_workflow(recorded)


async def test_nobody_is_named_in_spans_or_logs(installation: Installation) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while len(installation.collector.named("smtp send")) < 6:
            await asyncio.sleep(0.05)
        while '"state": "completed"' not in installation.log.read_text():
            await asyncio.sleep(0.05)
    for span in installation.collector.spans:
        told = MessageToJson(span)
        assert "@" not in told
        assert "Hello" not in told
    lines = [json.loads(line) for line in installation.log.read_text().splitlines()]
    [refused] = [line for line in lines if line["event"] == "provider_refused"]
    assert (refused["campaign"], refused["channel"]) == ("q4", "ana-smtp")
    assert (refused["activity"], refused["error"]) == ("send_wave", "recipient_refused")
    assert refused["message"].startswith("q4/intro/")
    [enrolled] = [line for line in lines if line["event"] == "people_enrolled"]
    assert (enrolled["campaign"], enrolled["enrolled"]) == ("q4", 6)
    waves = [line for line in lines if line["event"] == "wave_sent"]
    assert {(line["campaign"], line["channel"]) for line in waves} == {("q4", "ana-smtp")}
    assert sum(line["sent"] for line in waves) == 5
    assert "@" not in json.dumps([line for line in lines if line["level"] == "info"])
