"""Changing what a running campaign sends, and what it does not send any more."""

import asyncio
from datetime import timedelta

import pytest

from operations.changing_steps import change_step, edit_from_file
from operations.refusal import Refused
from operations.updates import refused_update
from postroad.campaign.template import StepTemplate
from postroad.contracts import AddStep, CampaignState, ChangeStep, NewTiming, RemoveStep
from postroad.ledger.content import store_text
from tests.workflows.theatre import Theatre
from workflows.campaign import CampaignWorkflow

_STEPS = (
    "[{id: intro, subject: Hi, text: One},"
    " {id: offer, wait: 3 days, thread: reply, text: Two},"
    " {id: nudge, wait: WAIT, thread: reply, text: Three}]"
)

_SLOW = "[{messages: 2, per: 600ms}]"


async def test_a_running_campaign_sends_what_its_steps_are_now(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    await theatre.launch(2, _STEPS.replace("WAIT", "0s"))
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    host = theatre.client.service_client.config.target_host
    monkeypatch.setenv("POSTROAD_TEMPORAL_ADDRESS", host)
    text = theatre.desk.campaign.read_text("utf-8")
    theatre.desk.write(
        "q4.yaml", text.replace("3 days", "1s").replace("Two", "'Hi {{ person.name }}'")
    )
    edit = await asyncio.to_thread(
        edit_from_file, theatre.ledger, "q4", "offer", theatre.desk.campaign
    )
    assert "+wait: 1s" in edit.difference()
    assert await change_step(theatre.ledger, edit, "ops") == 2
    assert await theatre.over() is CampaignState.COMPLETED
    mails = theatre.sandbox.accepted.mails
    assert len(mails) == 6
    assert {mail.key.split("/")[1] for mail in mails[2:]} == {"offer", "nudge"}
    assert "Step offer: text version 2 by ops" in await theatre.story(theatre.campaign)


async def test_people_go_on_without_a_step_that_was_removed(theatre: Theatre) -> None:
    await theatre.launch(2, _STEPS.replace("WAIT", "1s"))
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    for step, why in (("intro", "offer would have nothing to reply to"), ("x", "no step 'x'")):
        with pytest.raises(Refused, match=why):
            async with refused_update("remove_step", timedelta(seconds=30)):
                await theatre.campaign.execute_update(
                    CampaignWorkflow.remove_step, RemoveStep(step=step)
                )
    removed = await theatre.campaign.execute_update(
        CampaignWorkflow.remove_step, RemoveStep(step="offer", by="ops")
    )
    assert removed.messages_skipped == 2
    assert await theatre.over() is CampaignState.COMPLETED
    assert theatre.counts() == {"sent": 4, "skipped": 2}


async def test_people_get_a_step_that_was_added_and_no_sequence_ends_before(
    theatre: Theatre,
) -> None:
    await theatre.launch(6, "[{id: intro, subject: Hi, text: One}]", limits=_SLOW)
    await theatre.until(lambda: theatre.counts()["sent"] >= 2)
    template = StepTemplate(subject="", text="Two")
    with theatre.ledger.write() as connection:
        version = store_text(connection, "q4", 1, template)
    offer = AddStep(
        step="offer", position=1, settings={"thread": "reply"}, version=version,
        reopen_finished=True, by="ops",
    )  # fmt: skip
    added = await theatre.campaign.execute_update(CampaignWorkflow.add_step, offer)
    assert added.people == 6
    assert await theatre.over() is CampaignState.COMPLETED
    assert theatre.counts() == {"sent": 12}
    assert theatre.sandbox.accepted.duplicates == 0


def test_a_change_without_a_new_wait_is_written_as_before() -> None:
    assert ChangeStep(step="intro", version=2).timing is None
    again = ChangeStep(step="a", version=1, timing=NewTiming(before={}, after={"wait": "1s"}))
    assert ChangeStep.model_validate_json(again.model_dump_json()) == again
