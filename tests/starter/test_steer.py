"""pause, resume and cancel ask the campaign, and pass on what it answers."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from temporalio.client import Client

from operations.updates import ask_campaign
from tests.starter.command import Postroad
from tests.starter.conftest import Noted


async def test_a_campaign_is_told_who_steers_it_and_why(postroad: Postroad, noted: Noted) -> None:
    words = ["--by", "bo", "--reason", "wrong price"]
    ran = await asyncio.to_thread(postroad, "pause", "q4", *words)
    assert (ran.code, ran.stdout) == (0, "q4 is paused\n")
    await asyncio.to_thread(postroad, "resume", "q4", "--by", "bo")
    await asyncio.to_thread(postroad, "cancel", "q4", "--yes", "--by", "bo")
    assert await noted.asked_of_campaign() == [
        "paused by bo: wrong price",
        "running by bo: ",
        "cancelled by bo: ",
    ]


async def test_what_the_campaign_refuses_is_said_in_its_own_words(
    postroad: Postroad, noted: Noted
) -> None:
    await asyncio.to_thread(postroad, "pause", "q4")
    ran = await asyncio.to_thread(postroad, "pause", "q4")
    assert (ran.code, ran.stdout) == (1, "")
    assert "campaign q4 is already paused" in ran.stderr
    assert len(await noted.asked_of_campaign()) == 1


@pytest.mark.usefixtures("temporal")
async def test_a_campaign_that_does_not_run_cannot_be_steered(postroad: Postroad) -> None:
    ran = await asyncio.to_thread(postroad, "pause", "q9")
    assert ran.code == 1
    assert "'q9' is not running" in ran.stderr


async def test_without_a_worker_the_command_says_what_is_missing(
    postroad: Postroad, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient = partial(ask_campaign, patience=timedelta(seconds=1))
    monkeypatch.setattr("starter.steer.ask_campaign", impatient)
    await temporal.start_workflow("Anything", id="campaign/q4", task_queue="nobody")
    ran = await asyncio.to_thread(postroad, "pause", "q4")
    assert ran.code == 1
    assert "no worker answered" in ran.stderr
