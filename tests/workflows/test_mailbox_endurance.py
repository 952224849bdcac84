"""A mailbox's watch outlives long histories, lost authorisation and killed workers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from activities import mailbox_reading
from operations.waking import wake_channel
from postroad.contracts import ChannelState, MailSent
from postroad.ledger.channels import resume_channel
from postroad.ledger.engine import Ledger
from postroad.ledger.mailboxes import keep_cursor
from postroad.ledger.tokens import keep_refresh_token
from postroad.sandbox.returned_mail import reply
from postroad.secrets import secret_box
from tests.workflows.post import LATER, Post, open_post
from tests.workflows.theatre import ANA, temporal_environment
from workflows.mailbox_watch import MailboxWatchWorkflow

pytestmark = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)

SIGNALS = 40
_PATIENCE_SECONDS = 30
LADDER = [timedelta(milliseconds=300), timedelta(seconds=2)]


@pytest.fixture
async def post(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path
) -> AsyncIterator[Post]:
    """A mailbox at a sandbox provider; no worker runs yet."""
    async with open_post(waiting_environment, ledger, tmp_path) as opened:
        yield opened


async def test_a_long_watch_goes_on_in_fresh_histories_and_forgets_no_send(
    ledger: Ledger, tmp_path: Path
) -> None:
    async with (
        temporal_environment(skip_time=False, continue_after_events=25) as environment,
        open_post(environment, ledger, tmp_path) as post,
        post.worker(),
    ):
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        sends: list[datetime] = []
        for _ in range(SIGNALS):
            sends.append(datetime.now(UTC))
            sent = MailSent(at=sends[-1], read_after=LADDER)
            await post.watch.signal(MailboxWatchWorkflow.sent, sent)
        post.mailbox.add("inbox", reply("p@x.test", post.sent_mail()))
        async with asyncio.timeout(_PATIENCE_SECONDS):
            await post.watch.result()
        runs = [
            await post.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
            async for run in post.client.list_workflows("WorkflowType = 'MailboxWatchWorkflow'")
        ]
    assert len(runs) > 1
    readings = sorted(at for run in runs for at in _readings(run))
    late = sends[-1] + LADDER[-1] * 0.75  # what is wanted after a time may come a quarter earlier
    assert readings[-1] >= late
    assert post.people() == {"p@x.test": "replied"}


async def test_a_parked_mailbox_is_read_at_once_when_its_channel_is_connected_again(
    post: Post,
) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        post.provider.tokens.revoke(ANA)
        await post.until(lambda: post.standing() is ChannelState.UNAUTHORISED)
        post.mailbox.add("inbox", reply("p@x.test", post.sent_mail()))
        agreed = post.provider.tokens.grant(ANA)["refresh_token"]
        with post.ledger.write() as connection:
            keep_refresh_token(connection, "box", str(agreed), secret_box(post.desk.settings))
            waiting = resume_channel(connection, "box", "ana", post.due("p@x.test"))
        await wake_channel(post.client, "box", waiting, "box connected by ana")
        await post.until(lambda: post.people() == {"p@x.test": "replied"})
    assert post.standing() is ChannelState.ACTIVE


async def test_a_worker_that_dies_before_it_kept_the_cursor_counts_nothing_twice(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaths: list[str] = []

    def die_once(connection: Connection, channel: str, cursor: str, now: int) -> None:
        if post.outcomes() and not deaths:
            deaths.append(channel)
            raise RuntimeError("killed")
        keep_cursor(connection, channel, cursor, now)

    monkeypatch.setattr(mailbox_reading, "keep_cursor", die_once)
    async with post.worker():
        await post.launch("gone@x.test", "replies@x.test", steps=LATER)
        await post.until(lambda: len(post.outcomes()) == 2)
        await post.watch.result()
    assert deaths == ["box"]
    assert sorted(kind for kind, _ in post.outcomes()) == ["bounced", "replied"]
    assert (post.events("bounced"), post.events("replied")) == (1, 1)


def _readings(history: WorkflowHistory) -> list[datetime]:
    """Return when the activity of reading was asked for."""
    return [
        event.event_time.ToDatetime(UTC)
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
