"""Steering a running campaign: every update, and every refusal."""

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from temporalio.client import WorkflowUpdateFailedError
from temporalio.service import RPCError

from postroad.campaign.audience import AudienceRow, pack_rows, read_audience
from postroad.contracts import AddPeople, CampaignState, RemovePerson, Steering
from postroad.ledger.engine import Ledger
from postroad.ledger.tables import AudienceChunk
from tests.workflows.theatre import Theatre, open_theatre, temporal_environment
from workflows.campaign import CampaignWorkflow

ONE_STEP = "[{id: intro, subject: Hi, text: One}]"
SLOW = "[{messages: 2, per: 2s}]"
ANA = Steering(by="ana", reason="wrong price")


async def _refusal(asked: Awaitable[Any]) -> str:
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await asked
    return str(refused.value.cause)


async def test_a_paused_campaign_sends_nothing_and_goes_on_when_resumed(
    theatre: Theatre,
) -> None:
    await theatre.launch(8, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    await theatre.campaign.execute_update(CampaignWorkflow.pause, ANA)
    sent = theatre.counts()["sent"]
    await asyncio.sleep(3)
    assert theatre.counts()["sent"] <= sent + 2  # what was on the wire
    assert theatre.state() is CampaignState.PAUSED
    again = theatre.campaign.execute_update(CampaignWorkflow.pause, ANA)
    assert "already paused" in await _refusal(again)
    await theatre.campaign.execute_update(CampaignWorkflow.resume, ANA)
    assert await theatre.over() is CampaignState.COMPLETED
    assert theatre.counts() == {"sent": 8}


async def test_a_cancelled_campaign_suppresses_what_is_planned(theatre: Theatre) -> None:
    await theatre.launch(8, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    await theatre.campaign.execute_update(CampaignWorkflow.cancel, ANA)
    assert await theatre.over() is CampaignState.CANCELLED
    counts = theatre.counts()
    assert counts["sent"] + counts["suppressed"] == 8
    assert counts["suppressed"] > 0
    assert len(theatre.sandbox.accepted.mails) == counts["sent"]


async def test_resuming_what_is_not_paused_is_refused(theatre: Theatre) -> None:
    await theatre.launch(4, ONE_STEP, limits=SLOW)
    asked = theatre.campaign.execute_update(CampaignWorkflow.resume, ANA)
    assert "not paused" in await _refusal(asked)


async def test_a_removed_person_gets_nothing_more(theatre: Theatre) -> None:
    await theatre.launch(6, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    removed = await theatre.campaign.execute_update(
        CampaignWorkflow.remove_person, RemovePerson(email="p5@x.test")
    )
    assert removed.messages_stopped == 1
    await theatre.over()
    assert theatre.counts() == {"sent": 5, "suppressed": 1}


async def test_people_added_to_a_running_campaign_are_written_to(theatre: Theatre) -> None:
    await theatre.launch(12, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    rows = list(read_audience(theatre.write_people("more.csv", range(11, 15))))
    with theatre.ledger.write() as connection:
        connection.execute(
            insert(AudienceChunk).values(
                campaign_id="q4",
                number=1,
                rows=pack_rows([row for row in rows if isinstance(row, AudienceRow)]),
            )
        )
    added = await theatre.campaign.execute_update(
        CampaignWorkflow.add_people, AddPeople(chunks=[1], by="ana")
    )
    assert (added.enrolled, added.rejected) == (3, 1)  # p11 was enrolled already
    assert await theatre.over() is CampaignState.COMPLETED
    assert theatre.counts() == {"sent": 15}


async def test_a_campaign_that_is_over_takes_no_more_updates(theatre: Theatre) -> None:
    await theatre.launch(1, ONE_STEP)
    await theatre.over()
    with pytest.raises(RPCError, match=r"completed|not found"):
        await theatre.campaign.execute_update(CampaignWorkflow.pause, ANA)


async def test_workflows_are_found_by_campaign_sender_channel_and_state(
    theatre: Theatre,
) -> None:
    await theatre.launch(12, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    await theatre.campaign.execute_update(CampaignWorkflow.pause, ANA)
    query = (
        "PostroadCampaign = 'q4' AND PostroadSender = 'ana@acme.test'"
        " AND PostroadChannel = 's' AND PostroadState = 'paused'"
    )
    async with asyncio.timeout(20):
        while not [found async for found in theatre.client.list_workflows(query)]:
            await asyncio.sleep(0.1)  # the server's index follows a moment later


async def test_an_update_with_nothing_in_it_is_refused(theatre: Theatre) -> None:
    await theatre.launch(4, ONE_STEP, limits=SLOW)
    nobody = theatre.campaign.execute_update(CampaignWorkflow.add_people, AddPeople(chunks=[]))
    assert "no people were staged" in await _refusal(nobody)
    nowhere = theatre.campaign.execute_update(
        CampaignWorkflow.remove_person, RemovePerson(email="nobody")
    )
    assert "no email address" in await _refusal(nowhere)


async def test_messages_of_a_stopped_channel_wait_until_it_is_repaired(
    theatre: Theatre,
) -> None:
    await theatre.launch(6, ONE_STEP, limits=SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    theatre.set_channel("unauthorised")
    await asyncio.sleep(3)
    held = theatre.counts()
    assert held["planned"] > 0
    assert set(held) == {"sent", "planned"}
    progress = await theatre.sequence.query("progress")
    assert any("s is unauthorised" in wait for wait in progress["waiting"])
    theatre.set_channel("active")
    await theatre.sequence.signal("wake", "s was repaired")
    await theatre.over()
    assert theatre.counts() == {"sent": 6}


async def test_steering_is_not_lost_while_workflows_continue_as_new(
    ledger: Ledger, tmp_path: Path
) -> None:
    async with (
        temporal_environment(skip_time=False, continue_after_events=20) as environment,
        open_theatre(environment, ledger, tmp_path, "steered") as theatre,
    ):
        await theatre.launch(10, ONE_STEP, limits=SLOW)
        await theatre.until(lambda: theatre.counts()["sent"] >= 2)
        for _ in range(3):
            await theatre.campaign.execute_update(CampaignWorkflow.pause, ANA)
            await theatre.campaign.execute_update(CampaignWorkflow.resume, ANA)
            for _ in range(5):
                await theatre.sequence.signal("wake", "once more")
        await theatre.over()
        assert theatre.counts() == {"sent": 10}
        assert theatre.sandbox.accepted.duplicates == 0
