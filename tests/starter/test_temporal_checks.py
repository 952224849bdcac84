"""Doctor's checks of Temporal, against a real server."""

from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from operations.finding import Finding, Level
from operations.temporal_checks import (
    check_channel_workers,
    check_namespace,
    check_search_attributes,
    check_sequences,
    check_workers,
    compare_clocks,
)
from postroad.ledger.health import OpenSequence
from starter.setup import register_search_attributes
from tests.starter.conftest import TASK_QUEUE, Noted
from tests.starter.stand_ins import NotingSequence

_MISSING = OpenSequence("sequence/q4/nobody@acme.test", in_hand=1, due=2)


def _levels(findings: list[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


async def test_a_namespace_that_is_there_is_fine(temporal: Client) -> None:
    assert (await check_namespace(temporal)).level is Level.OK


async def test_a_namespace_that_is_missing_fails(temporal: Client) -> None:
    config = temporal.config()
    config["namespace"] = "elsewhere"
    finding = await check_namespace(Client(**config))
    assert finding.level is Level.FAIL
    assert "elsewhere" in finding.words


async def test_search_attributes_are_missing_until_they_are_registered(temporal: Client) -> None:
    finding = await check_search_attributes(temporal)
    assert finding.level is Level.FAIL
    assert "PostroadCampaign" in finding.words
    await register_search_attributes(temporal)
    assert (await check_search_attributes(temporal)).level is Level.OK


async def test_a_task_queue_without_workers_fails(temporal: Client) -> None:
    findings = await check_workers(temporal, "nobody")
    assert _levels(findings) == [Level.FAIL, Level.FAIL]
    assert "`postroad up`" in findings[0].way_out


async def test_a_kind_of_channel_that_nobody_works_on_is_named(temporal: Client) -> None:
    [finding] = await check_channel_workers(temporal, "nobody", ["gmail"])
    assert finding.level is Level.FAIL
    assert "nobody works on nobody-gmail" in finding.words
    assert "worker.queues" in finding.way_out


async def test_a_worker_is_seen_and_its_clock_compared(temporal: Client) -> None:
    async with Worker(temporal, task_queue=TASK_QUEUE, workflows=[NotingSequence]):
        handle = await temporal.start_workflow(
            NotingSequence.run, id="sequence/seen", task_queue=TASK_QUEUE
        )
        await handle.query(NotingSequence.notes)  # answered: the worker has polled
        workflows, activities, clock = await check_workers(temporal, TASK_QUEUE)
    assert (workflows.level, workflows.words) == (Level.OK, "1 worker on postroad for workflows")
    assert activities.level is Level.FAIL  # this worker has no activities
    assert clock.level is Level.OK


@pytest.mark.parametrize(
    ("ahead", "level", "word"),
    [
        (timedelta(0), Level.OK, "agree"),
        (timedelta(seconds=70), Level.OK, "agree"),
        (timedelta(seconds=-30), Level.WARN, "behind"),
        (timedelta(minutes=5), Level.WARN, "ahead of"),
    ],
)
def test_a_clock_is_off_when_the_last_poll_is_in_the_future_or_long_past(
    ahead: timedelta, level: Level, word: str
) -> None:
    polled = datetime(2026, 11, 23, tzinfo=UTC)
    finding = compare_clocks(polled, polled + ahead)
    assert finding.level is level
    assert word in finding.words


async def test_old_work_of_a_sequence_that_does_not_run_fails(noted: Noted) -> None:
    running = OpenSequence(noted.sequence.id, in_hand=0, due=5)
    [finding] = await check_sequences(noted.client, [running, _MISSING])
    assert finding.level is Level.FAIL
    assert finding.words == f"{_MISSING.workflow_id} is not running, and 3 messages wait for it"


async def test_old_work_in_hand_of_a_running_sequence_is_a_warning(noted: Noted) -> None:
    running = OpenSequence(noted.sequence.id, in_hand=2, due=0)
    assert _levels(await check_sequences(noted.client, [running])) == [Level.WARN]


async def test_a_sequence_that_was_ended_by_hand_is_not_running(noted: Noted) -> None:
    await noted.sequence.terminate()
    ended = OpenSequence(noted.sequence.id, in_hand=0, due=1)
    assert _levels(await check_sequences(noted.client, [ended])) == [Level.FAIL]


async def test_nothing_that_stands_still_is_fine(temporal: Client) -> None:
    assert _levels(await check_sequences(temporal, [])) == [Level.OK]
