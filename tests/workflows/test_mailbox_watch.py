"""What comes back to a mailbox after sending: read, matched, and acted on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from activities import mailbox_watching
from postroad.contracts import ChannelState, MailboxProgress
from postroad.instants import DAY
from postroad.ledger.engine import Ledger
from postroad.sandbox.config import DEFAULT_REFUSALS
from postroad.sandbox.returned_mail import bounce
from tests.workflows.post import KINDS, LATER, Post, open_post
from tests.workflows.theatre import ANA
from workflows.mailbox_watch import MailboxWatchWorkflow


@pytest.fixture(params=["gmail"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of mailbox; a test may ask for every one."""
    return str(request.param)


@pytest.fixture
async def post(
    waiting_environment: WorkflowEnvironment, ledger: Ledger, tmp_path: Path, kind: str
) -> AsyncIterator[Post]:
    """A mailbox at a sandbox provider, on each database; no worker runs yet."""
    async with open_post(waiting_environment, ledger, tmp_path, kind) as opened:
        yield opened


every_kind = pytest.mark.parametrize("kind", KINDS, indirect=True)
one_database = pytest.mark.parametrize("ledger_url", ["sqlite"], indirect=True)


@every_kind
async def test_a_bounce_ends_the_sequence_and_suppresses_the_address(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "p@x.test")
        await post.until(lambda: post.people().get("gone@x.test") == "bounced")
        await post.until(lambda: post.people().get("p@x.test") == "finished")
    assert post.messages("gone@x.test") == ["sent", "suppressed"]
    assert post.suppressed() == ["gone@x.test"]
    assert post.outcomes() == [("bounced", "key")]
    report = post.report()
    assert (report.people.bounced, report.channels[0].bounced) == (1, 1)
    assert [step.bounced for step in report.steps] == [1, 0]


@every_kind
async def test_a_reply_stops_the_follow_up(post: Post) -> None:
    async with post.worker():
        await post.launch("replies@x.test", steps=LATER)
        await post.until(lambda: post.people().get("replies@x.test") == "replied")
        await post.until(lambda: post.report().state == "completed")
    assert post.messages("replies@x.test") == ["sent", "suppressed"]
    assert post.report().steps[0].replied == 1
    assert post.suppressed() == []


@one_database
async def test_a_follow_up_waits_for_a_look_into_a_mailbox_that_nobody_read_lately(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox_watching, "STALE", 1_000)
    async with post.worker():
        await post.launch("replies@x.test", "p@x.test", read_after="[1h]")
        await post.until(lambda: post.report().state == "completed")
    assert post.people() == {"replies@x.test": "replied", "p@x.test": "finished"}
    assert post.messages("replies@x.test") == ["sent", "suppressed"]
    assert post.messages("p@x.test") == ["sent", "sent"]


@one_database
async def test_an_auto_reply_postpones_the_next_message(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        before = post.due("p@x.test")
        post.mailbox.add("inbox", _away(post.sent_mail()))
        await post.until(lambda: post.events("postponed") == 1)
    assert post.people()["p@x.test"] == "active"
    days, rest = divmod(post.due("p@x.test") - before, DAY)
    assert rest == 0
    assert 1 <= days <= 28  # three days are over by then anyway


@one_database
async def test_a_refusal_of_the_sender_pauses_the_channel_and_blames_nobody(post: Post) -> None:
    async with post.worker():
        await post.launch("blamed@x.test", steps=LATER)
        await post.until(lambda: post.standing() is ChannelState.PAUSED)
    assert post.people() == {"blamed@x.test": "active"}
    assert post.suppressed() == []


@one_database
async def test_a_forged_bounce_and_own_mail_change_nothing(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", "q@x.test", steps=LATER)
        await post.until(lambda: post.messages("q@x.test") == ["sent", "planned"])
        headers = b"X-Postroad-Message: q4/intro/0000000000000000\r\nMessage-ID: <made@up>\r\n\r\n"
        post.mailbox.add("inbox", bounce(ANA, "p@x.test", DEFAULT_REFUSALS[0], headers))
        post.mailbox.add("inbox", _answer(post.sent_mail(), ANA))
        post.mailbox.add("inbox", _answer(post.sent_mail(), "boss@x.test"))  # who was in Cc
        await post.until(lambda: len(post.outcomes()) == 1)
        await post.watch.result()
    assert post.outcomes() == [("replied", "message_id")]
    assert sorted(post.people().values()) == ["active", "replied"]
    assert post.suppressed() == []


@every_kind
@one_database
async def test_an_expired_cursor_loses_and_doubles_nothing(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "p@x.test", steps=LATER)
        await post.until(lambda: post.events("bounced") == 1)
        post.mailbox.add("inbox", _answer(post.sent_mail(), "boss@x.test"))
        post.mailbox.expire_history()
        await post.until(lambda: post.events("replied") == 1)
        await post.watch.result()
    assert sorted(kind for kind, _ in post.outcomes()) == ["bounced", "replied"]


@one_database
async def test_another_worker_goes_on_reading(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER, read_after="[3s]")
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
    post.mailbox.add("inbox", _answer(post.sent_mail(), "p@x.test"))
    async with post.worker():
        await post.until(lambda: post.people().get("p@x.test") == "replied")


@one_database
async def test_a_mailbox_without_authorisation_is_not_read_and_nothing_fails(post: Post) -> None:
    async with post.worker():
        await post.launch("p@x.test", steps=LATER)
        await post.until(lambda: post.messages("p@x.test") == ["sent", "planned"])
        post.provider.tokens.revoke(ANA)
        await post.until(lambda: post.standing() is ChannelState.UNAUTHORISED)
        # The channel's state is written first; the watch hears of it a moment later.
        async with asyncio.timeout(20):
            while "parked" not in (progress := await _progress(post)).waits_for:
                await asyncio.sleep(0.05)
    assert progress.checks


@one_database
async def test_rules_of_a_campaign_that_stops_on_nothing_are_obeyed(post: Post) -> None:
    async with post.worker():
        await post.launch("gone@x.test", "replies@x.test", stop_on="[unsubscribe]")
        await post.until(lambda: set(post.people().values()) == {"finished"})
    assert post.suppressed() == []
    assert post.report().steps[0].replied == 1
    assert post.report().steps[0].bounced == 1


async def _progress(post: Post) -> MailboxProgress:
    return await post.watch.query(MailboxWatchWorkflow.progress)


def _answer(content: bytes, author: str) -> bytes:
    """Return somebody's answer to a mail."""
    original = BytesHeaderParser().parsebytes(content)
    answer = EmailMessage()
    answer["From"] = author
    answer["To"] = ANA
    answer["Subject"] = f"Re: {original['Subject']}"
    answer["In-Reply-To"] = original["Message-ID"]
    answer.set_content("Thursday is fine.\n")
    return bytes(answer)


def _away(content: bytes) -> bytes:
    """Return an automatic answer that names a day within four weeks."""
    mail = BytesHeaderParser().parsebytes(_answer(content, "p@x.test"))
    away = EmailMessage()
    for name in ("From", "To", "In-Reply-To"):
        away[name] = mail[name]
    away["Subject"] = "Automatic reply: Hi"
    away["Auto-Submitted"] = "auto-replied"
    away.set_content(f"I am out of the office until {_in_two_weeks()}.\n")
    return bytes(away)


def _in_two_weeks() -> str:
    return (datetime.now(UTC) + timedelta(days=14)).strftime("%d %B %Y")
