"""Reading a Gmail mailbox: what came back, what was sent, and what was written by hand."""

import time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from postroad.channels.base import InboundMail, RateLimited, Receipt, SentLookup, Transient
from postroad.sandbox.mailboxes import Folder, StoredMail
from tests.channels.gmail_stage import ANA, Stage, gmail, mail
from tests.channels.mails import eventually


def arrive(stage: Stage, subject: str = "Re: Hello", folder: Folder = "inbox") -> StoredMail:
    content = EmailMessage(policy=SMTP)
    content["From"], content["To"], content["Subject"] = "bob@buyer.test", ANA, subject
    content.set_content("Thank you.\n")
    return stage.mailbox.add(folder, bytes(content))


async def read_all(stage: Stage, cursor: str | None) -> tuple[list[InboundMail], str]:
    mails: list[InboundMail] = []
    while True:
        page = await stage.channel.read_inbox(cursor)
        mails += page.mails
        cursor = page.cursor
        if not page.more:
            return mails, cursor


async def test_the_first_reading_returns_only_the_cursor() -> None:
    async with gmail() as stage:
        arrive(stage, "from before")
        page = await stage.channel.read_inbox(None)
        assert (page.mails, page.more, page.resynced) == ([], False, False)
        new = arrive(stage)
        mails, cursor = await read_all(stage, page.cursor)
        assert [found.provider_id for found in mails] == [new.id]
        assert mails[0].content == new.content
        assert (mails[0].thread_id, mails[0].received_at) == (new.thread_id, new.at)
        assert await read_all(stage, cursor) == ([], cursor)


async def test_what_was_read_filed_or_answered_meanwhile_is_returned_all_the_same() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        seen, filed, filtered = arrive(stage), arrive(stage), arrive(stage, folder="archive")
        seen.is_read = True
        stage.mailbox.move(filed.id, "archive")
        await stage.send(mail())
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == [seen.id, filed.id, filtered.id]


async def test_what_the_person_sent_or_drafted_themselves_is_not_returned() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        arrive(stage, folder="sent")
        arrive(stage, folder="drafts")
        mails, _ = await read_all(stage, cursor)
    assert mails == []


async def test_bounces_and_replies_come_back_to_the_mailbox() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail("q4/intro/1", to="gone@buyer.test"))
        await stage.send(mail("q4/intro/2", to="replies@buyer.test"))
        await eventually(lambda: len(stage.mailbox.in_folder("inbox")) == 2)
        mails, _ = await read_all(stage, cursor)
    assert [b"multipart/report" in found.content for found in mails] == [True, False]
    assert all(mail("q4/intro/2").message_id.encode() in found.content for found in mails[1:])


async def test_many_mails_are_read_page_by_page_and_each_once() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        arrived = [arrive(stage).id for _ in range(60)]
        first = await stage.channel.read_inbox(cursor)
        assert first.more
        assert 0 < len(first.mails) < 60
        rest, _ = await read_all(stage, first.cursor)
    assert [found.provider_id for found in [*first.mails, *rest]] == arrived


async def test_an_old_cursor_reads_the_whole_mailbox_and_goes_on_from_now() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        arrived = {arrive(stage).id for _ in range(30)}
        await stage.send(mail())
        stage.mailbox.expire_history()
        page = await stage.channel.read_inbox(cursor)
        assert page.resynced
        assert page.more
        rest, cursor = await read_all(stage, page.cursor)
        assert {found.provider_id for found in [*page.mails, *rest]} == arrived
        new = arrive(stage)
        mails, _ = await read_all(stage, cursor)
        assert [found.provider_id for found in mails] == [new.id]


async def test_an_old_cursor_misses_nothing_that_has_just_arrived() -> None:
    async with gmail(search_lag="1h") as stage:
        _, cursor = await read_all(stage, None)
        new = arrive(stage)
        stage.mailbox.expire_history()
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == [new.id]


async def test_a_mail_deleted_for_good_meanwhile_is_passed_over() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        stage.mailbox.remove(arrive(stage).id)
        left = arrive(stage)
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == [left.id]


async def test_a_reading_that_fails_loses_nothing() -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        arrived = [arrive(stage).id for _ in range(3)]
        stage.fault("request", skip=2, status=429, headers={"Retry-After": "9"})
        with pytest.raises(RateLimited) as limited:
            await stage.channel.read_inbox(cursor)
        assert limited.value.retry_after is not None
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == arrived


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "drop"},
        {"action": "truncate"},
        {"action": "reply", "status": 502},
        {"action": "reply", "status": 200, "reply": '{"history": 7}'},
        {"action": "reply", "status": 200, "reply": '{"history": [{"messagesAdded": [{}]}]}'},
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_passing_fault(fault: dict[str, Any]) -> None:
    async with gmail() as stage:
        _, cursor = await read_all(stage, None)
        stage.fault("request", **fault, times=None)
        with pytest.raises(Transient):
            await stage.channel.read_inbox(cursor)


async def test_a_message_that_the_index_has_is_found_among_many_others() -> None:
    async with gmail() as stage:
        await stage.send(mail("q4/intro/1"))
        for n in range(2, 8):
            await stage.send(mail(f"q4/intro/{n}"))
        stage.provider.requests.clear()
        found = await stage.channel.find_sent(mail("q4/intro/1"))
        assert isinstance(found, Receipt)
        assert stage.provider.requests["GET /gmail/v1/users/{user}/messages/{id}"] == 1


async def test_a_message_sent_long_ago_under_another_message_id_is_found_by_its_recipient() -> None:
    async with gmail(rewrites_message_id=True) as stage:
        await stage.send(mail("q4/intro/1", to="carl@buyer.test"))
        [sent] = stage.mailbox.in_folder("sent")
        sent.at -= 24 * 3_600_000
        await stage.send(mail("q4/nudge/1", to="carl@buyer.test"))
        found = await stage.channel.find_sent(mail("q4/intro/1", to="carl@buyer.test"))
    assert isinstance(found, Receipt)
    assert found.provider_id == sent.id


async def test_the_same_message_id_under_another_key_is_not_ours() -> None:
    async with gmail() as stage:
        await stage.send(mail("q4.intro/1"))
        assert mail("q4.intro/1").message_id == mail("q4/intro/1").message_id
        assert await stage.channel.find_sent(mail("q4/intro/1")) == SentLookup.NOT_SENT


async def test_a_draft_or_a_received_copy_is_no_proof() -> None:
    async with gmail() as stage:
        stage.mailbox.add("drafts", mail().content)
        stage.mailbox.add("inbox", mail().content)
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT


async def test_a_message_that_gmail_takes_after_the_connection_was_lost_is_found() -> None:
    async with gmail({"timeout": "300ms", "settle": "1s"}, latency="700ms") as stage:
        with pytest.raises(Exception, match="in time"):
            await stage.send(mail())
        assert stage.left() == 0
        found = await stage.channel.find_sent(mail())
        assert isinstance(found, Receipt)
    assert stage.left() == 1


async def test_a_message_is_found_by_its_recipient_where_others_are_too_many() -> None:
    async with gmail(rewrites_message_id=True) as stage:
        await stage.send(mail("q4/intro/1", to="carl@buyer.test"))
        for n in range(2, 260):
            stage.mailbox.add("sent", mail(f"q4/intro/{n}").content)
        found = await stage.channel.find_sent(mail("q4/intro/1", to="carl@buyer.test"))
    assert isinstance(found, Receipt)


async def test_too_many_new_messages_to_look_through_is_said() -> None:
    async with gmail(search_lag="1h") as stage:
        stage.mailbox.add("sent", mail("q4/intro/1").content)
        for n in range(2, 260):
            stage.mailbox.add("sent", mail(f"q4/intro/{n}").content)
        assert await stage.channel.find_sent(mail("q4/intro/1")) == SentLookup.CANNOT_TELL


async def test_a_folder_without_end_is_given_up() -> None:
    async with gmail() as stage:
        stage.fault("request", status=200, reply='{"nextPageToken": "1"}', times=None)
        with pytest.raises(Transient):
            await stage.channel.sent_by_hand(0)


async def test_what_the_person_sent_by_hand_is_told_by_its_time() -> None:
    async with gmail() as stage:
        before = arrive(stage, folder="sent")
        before.at -= 3_600_000
        since = time.time_ns() // 1_000_000 - 60_000
        by_hand = arrive(stage, folder="sent")
        await stage.send(mail())
        arrive(stage)
        assert await stage.channel.sent_by_hand(since) == [by_hand.at]
