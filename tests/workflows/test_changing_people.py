"""Moving people of a running campaign on, holding them up, giving them to another sender."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from operations.refusal import Refused
from operations.updates import refused_update
from postroad.contracts import (
    AdvancePerson,
    CampaignState,
    PausePerson,
    ReplaceSender,
    ResumePerson,
)
from tests.workflows.theatre import Theatre
from workflows.campaign import CampaignWorkflow

_PATIENCE = timedelta(seconds=30)
_DAYS = "[{id: intro, subject: Hi, text: One}, {id: nudge, wait: 3 days, thread: reply, text: Two}]"
_SECONDS = _DAYS.replace("3 days", "5s")
_TWO_SENDERS = (
    "organisation: {name: Acme}\n"
    "senders:\n"
    "  - {email: ana@acme.test, name: Ana, timezone: UTC, default_channel: s}\n"
    "  - {email: bo@acme.test, name: Bo, timezone: UTC, default_channel: b}\n"
    "channels:\n"
    "  - {id: s, kind: smtp, address: ana@acme.test, host: 127.0.0.1, tls: none, port: PORT}\n"
    "  - {id: b, kind: smtp, address: bo@acme.test, host: 127.0.0.1, tls: none, port: PORT}\n"
)


async def test_a_person_who_is_moved_forward_gets_their_next_message_now(theatre: Theatre) -> None:
    await theatre.launch(2, _DAYS)
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    person = AdvancePerson(email="p1@x.test", by="ops")
    advanced = await theatre.campaign.execute_update(CampaignWorkflow.advance_person, person)
    assert advanced.step == "nudge"
    await theatre.until(lambda: theatre.counts() == {"sent": 3, "planned": 1})
    assert theatre.sandbox.accepted.mails[-1].recipients == ["p1@x.test"]
    with pytest.raises(Refused, match="nothing of q4 waits for its time"):
        await _asked(theatre, CampaignWorkflow.advance_person, person)


async def test_people_of_a_sender_who_left_get_their_follow_ups_from_another(
    theatre: Theatre,
) -> None:
    await theatre.launch(4, _SECONDS)
    await theatre.until(lambda: theatre.counts()["sent"] == 4)
    port = str(theatre.sandbox.port("p"))
    theatre.desk.write("workspace.yaml", _TWO_SENDERS.replace("PORT", port))
    await asyncio.to_thread(theatre.desk.apply)
    change = ReplaceSender(sender="ana@acme.test", replacement="bo@acme.test", by="ops")
    replaced = await theatre.campaign.execute_update(CampaignWorkflow.replace_sender, change)
    assert replaced.people == 4
    assert await theatre.over() is CampaignState.COMPLETED
    mails = theatre.sandbox.accepted.mails
    assert [mail.envelope_from for mail in mails] == ["ana@acme.test"] * 4 + ["bo@acme.test"] * 4
    assert theatre.sandbox.accepted.duplicates == 0


async def test_whoever_is_paused_gets_nothing_until_they_are_resumed(theatre: Theatre) -> None:
    await theatre.launch(2, _SECONDS)
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    pause = PausePerson(email="p1@x.test", reason="on leave", by="ops")
    paused = await theatre.campaign.execute_update(CampaignWorkflow.pause_person, pause)
    assert paused.step == "nudge"
    await theatre.until(lambda: theatre.counts() == {"sent": 3, "planned": 1})
    assert theatre.sandbox.accepted.mails[-1].recipients == ["p0@x.test"]
    assert theatre.state() is CampaignState.RUNNING
    resumed = await theatre.campaign.execute_update(
        CampaignWorkflow.resume_person, ResumePerson(email="p1@x.test", by="ops")
    )
    assert resumed.step == "nudge"
    assert await theatre.over() is CampaignState.COMPLETED
    assert theatre.counts() == {"sent": 4}


async def test_a_pause_that_ends_in_the_past_or_is_of_nobody_is_refused(theatre: Theatre) -> None:
    await theatre.launch(1, _DAYS)
    await theatre.until(lambda: theatre.counts()["sent"] == 1)
    for person, why in (
        (PausePerson(email="p0@x.test", until=datetime(2020, 1, 1, tzinfo=UTC)), "has passed"),
        (PausePerson(email="who@x.test"), "who@x.test is not in q4"),
    ):
        with pytest.raises(Refused, match=why):
            await _asked(theatre, CampaignWorkflow.pause_person, person)


async def test_nobody_is_handed_over_to_somebody_unknown(theatre: Theatre) -> None:
    await theatre.launch(2, _DAYS)
    await theatre.until(lambda: theatre.counts()["sent"] == 2)
    for replacement, why in (
        ("cy@acme.test", "the workspace has no sender cy@acme.test"),
        ("ana@acme.test", "cannot take over from themselves"),
    ):
        change = ReplaceSender(sender="ana@acme.test", replacement=replacement)
        with pytest.raises(Refused, match=why):
            await _asked(theatre, CampaignWorkflow.replace_sender, change)


async def _asked(theatre: Theatre, update: object, argument: object) -> None:
    """Ask as starters do, who say a refusal in one sentence."""
    async with refused_update("update", _PATIENCE):
        await theatre.campaign.execute_update(update, argument)  # type: ignore[call-overload]
