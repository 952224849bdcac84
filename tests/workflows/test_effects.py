"""What came back changes what leaves: retries, pauses, and whoever else is stopped."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from console.installation import Installation
from console.provider_webhooks import let_follow
from operations.clock import now
from operations.running import is_running
from postroad.contracts import CampaignState, Steering
from postroad.inbox.matching import Basis, Match
from postroad.inbox.outcome import OutcomeKind
from postroad.inbox.verdict import Verdict
from postroad.ledger.channels import resume_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.outcomes import CameBack, record_outcome
from postroad.ledger.tables import Message
from postroad.sandbox.faults import Fault
from postroad.secrets import secret_box
from postroad.setting_tables import TemporalSettings
from postroad.settings import Settings
from tests.workflows.post import LATER, Post, open_post
from tests.workflows.theatre import Theatre
from workflows.campaign import CampaignWorkflow

ONE_STEP = "[{id: intro, subject: Hi, text: Hello}]"
_SOON_AGAIN = ", on_soft_bounce: {mailbox_full: [1500ms], give_up_after: GIVE_UP}"


@pytest.fixture
async def post(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> AsyncIterator[Post]:
    """A mailbox at a sandbox provider, on each database; no worker runs yet."""
    async with open_post(waiting_environment, ledger, tmp_path) as opened:
        yield opened


async def test_a_completed_campaign_goes_on_for_a_message_that_was_not_delivered(
    post: Post,
) -> None:
    async with post.worker():
        await post.launch(
            "brimful@x.test", steps=ONE_STEP, rules=_SOON_AGAIN.replace("GIVE_UP", "5")
        )
        await post.until(lambda: post.events("reopened") == 1)
        # They empty their mailbox.
        post.provider.config = post.provider.config.model_copy(update={"refusals": ()})
        await post.until(lambda: post.messages("brimful@x.test") == ["sent"])
        await post.until(lambda: post.report().state == CampaignState.COMPLETED)
    assert post.people() == {"brimful@x.test": "finished"}
    assert len(post.mailbox.in_folder("sent")) == 2
    assert post.report().messages.sent == 1
    assert (post.events("soft_bounced"), post.events("retry_planned")) == (1, 1)


async def test_a_person_is_given_up_when_the_ladder_ends(post: Post) -> None:
    async with post.worker():
        await post.launch("brimful@x.test", steps=LATER, rules=_SOON_AGAIN.replace("GIVE_UP", "2"))
        await post.until(lambda: post.people().get("brimful@x.test") == "bounced")
        await post.until(lambda: post.report().state == CampaignState.COMPLETED)
    assert post.messages("brimful@x.test") == ["sent", "suppressed"]
    assert post.suppressed() == []
    assert (post.events("soft_bounced"), post.events("given_up")) == (2, 1)


async def test_colleagues_stop_as_well_where_it_is_wished(post: Post) -> None:
    async with post.worker():
        await post.launch(
            "replies@x.test", "p@x.test", "q@y.test",
            steps=LATER, rules=", on_reply: {company: true}",
        )  # fmt: skip
        await post.until(lambda: post.people().get("replies@x.test") == "replied")
        await post.until(lambda: post.people().get("p@x.test") == "removed")
    assert post.people()["q@y.test"] == "active"
    assert post.events("colleague_replied") == 1


async def test_a_campaign_that_bounces_too_much_pauses_itself_until_it_is_resumed(
    theatre: Theatre,
) -> None:
    theatre.sandbox.add_fault(  # the first thirty people do not exist
        Fault(phase="rcpt", action="reply", reply="550 5.1.1 No such user", times=30)
    )
    await theatre.launch(400, ONE_STEP, limits="[{messages: 10, per: 200ms}]")
    await theatre.until(lambda: theatre.state() is CampaignState.PAUSED)
    await theatre.until(lambda: theatre.counts()["sending"] == 0)
    progress = await theatre.campaign.query(CampaignWorkflow.progress)
    while progress.state is not CampaignState.PAUSED:  # the ledger knows it first
        progress = await theatre.campaign.query(CampaignWorkflow.progress)
    before = theatre.counts()["sent"]
    assert before < 350
    with theatre.ledger.write() as connection:
        resume_channel(connection, "s", "ops", now())
    await theatre.campaign.execute_update(CampaignWorkflow.resume, Steering(by="ops"))
    await theatre.until(lambda: theatre.counts()["sent"] == before + 20)
    async with asyncio.timeout(20):
        while "mails may still bounce" not in str(await theatre.story(theatre.sequence)):
            await asyncio.sleep(0.1)
    assert theatre.counts()["sent"] == before + 20
    assert theatre.sandbox.accepted.duplicates == 0


async def test_what_a_provider_pushes_opens_a_completed_campaign_again(theatre: Theatre) -> None:
    await theatre.launch(1, ONE_STEP)
    assert await theatre.over() is CampaignState.COMPLETED
    with theatre.ledger.write() as connection:
        message = connection.execute(select(Message.id)).scalar_one()
        came = CameBack(
            channel="s",
            provider_id="event-1",
            received_at=now(),
            kind=OutcomeKind.SOFT_BOUNCED,
            verdict=Verdict("soft", reason="transient"),
            match=Match(message, Basis.KEY, names_person=True),
        )
        effect = record_outcome(connection, came, now())
    assert effect is not None
    settings = Settings(temporal=TemporalSettings(task_queue=theatre.task_queue))
    box = secret_box(theatre.desk.settings)
    installation = Installation(settings, theatre.ledger, box, theatre.client)
    await let_follow(installation, [effect], "a provider told")
    assert await is_running(theatre.client, theatre.sequence.id)
    assert await is_running(theatre.client, theatre.campaign.id)
    assert theatre.state() is CampaignState.RUNNING
