"""Reading an Exchange Online mailbox: what came back, what was sent, what was sent by hand."""

import asyncio
import time
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import pytest

from postroad.channels.base import InboundMail, RateLimited, Receipt, SentLookup, Transient
from postroad.sandbox.mailboxes import Folder, StoredMail
from tests.channels.exchange_online_stage import ANA, Stage, exchange_online, mail
from tests.channels.mails import eventually


def arrive(
    stage: Stage, folder: Folder = "inbox", *, sender: str = "bob@buyer.test", received: bool = True
) -> StoredMail:
    content = EmailMessage(policy=SMTP)
    if received:
        content["Received"] = "from mx.buyer.test by acme.test; Mon, 1 Mar 2027 10:00:00 +0000"
    content["From"], content["To"], content["Subject"] = sender, ANA, "Re: Hello"
    content.set_content("Thank you.\n")
    return stage.mailbox.add(folder, bytes(content))


def ids(*mails: StoredMail) -> list[str]:
    return [f"AAMk{one.id}=" for one in mails]


async def read_all(stage: Stage, cursor: str | None) -> tuple[list[InboundMail], str]:
    mails: list[InboundMail] = []
    while True:
        page = await stage.channel.read_inbox(cursor)
        assert page is not None
        mails += page.mails
        cursor = page.cursor
        if not page.more:
            return mails, cursor


async def test_the_first_reading_returns_only_the_cursor() -> None:
    async with exchange_online() as stage:
        for _ in range(40):
            arrive(stage)
        page = await stage.channel.read_inbox(None)
        assert (page.mails, page.more, page.resynced) == ([], False, False)
        new = arrive(stage)
        mails, cursor = await read_all(stage, page.cursor)
        assert [found.provider_id for found in mails] == ids(new)
        assert mails[0].content == new.content
        assert (mails[0].thread_id, mails[0].received_at) == (
            new.thread_id,
            new.at // 1_000 * 1_000,
        )
        again, _ = await read_all(stage, cursor)
        assert again == []


async def test_what_was_read_filed_or_moved_meanwhile_is_returned_all_the_same() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        seen, filed, by_rule = arrive(stage), arrive(stage), arrive(stage, "archive")
        seen.is_read = True
        stage.mailbox.move(filed.id, "archive")
        mails, cursor = await read_all(stage, cursor)
        assert {found.provider_id for found in mails} == set(ids(seen, filed, by_rule))
        # A mail that is filed after it was read comes again, under the same id.
        stage.mailbox.move(seen.id, "archive")
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(seen)


async def test_what_the_person_wrote_themselves_is_not_returned() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail())
        by_hand = arrive(stage, "sent", sender=ANA, received=False)
        stage.mailbox.move(by_hand.id, "archive")
        arrive(stage, "drafts", sender=ANA, received=False)
        to_self = arrive(stage, sender=ANA)
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(to_self)


async def test_bounces_and_replies_come_back_to_the_mailbox() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail("q4/intro/1", to="gone@buyer.test"))
        await stage.send(mail("q4/intro/2", to="replies@buyer.test"))
        await eventually(lambda: len(stage.mailbox.in_folder("inbox")) == 2)
        mails, _ = await read_all(stage, cursor)
    assert [b"multipart/report" in found.content for found in mails] == [True, False]


async def test_the_limit_of_a_tenant_comes_back_as_a_bounce_that_names_it() -> None:
    async with exchange_online(external_recipients=1) as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail("q4/intro/1"))
        await stage.send(mail("q4/intro/2"))
        await eventually(lambda: len(stage.mailbox.in_folder("inbox")) == 1)
        [returned], _ = await read_all(stage, cursor)
    assert b"550 5.7.233" in returned.content
    assert b"q4/intro/2" in returned.content


async def test_many_mails_are_read_page_by_page_and_each_once() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        arrived = [arrive(stage) for _ in range(60)]
        first = await stage.channel.read_inbox(cursor)
        assert first.more
        assert 0 < len(first.mails) < 60
        rest, _ = await read_all(stage, first.cursor)
    assert [found.provider_id for found in [*first.mails, *rest]] == ids(*arrived)


async def test_a_forgotten_cursor_reads_every_folder_again_and_goes_on_from_there() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        arrived = {*ids(*(arrive(stage) for _ in range(40)))}
        stage.mailbox.expire_history()
        page = await stage.channel.read_inbox(cursor)
        assert page.resynced
        assert page.more
        rest, cursor = await read_all(stage, page.cursor)
        assert {found.provider_id for found in [*page.mails, *rest]} == arrived
        new = arrive(stage)
        mails, _ = await read_all(stage, cursor)
        assert [found.provider_id for found in mails] == ids(new)


async def test_a_mail_deleted_for_good_meanwhile_is_passed_over() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        arrive(stage)
        left = arrive(stage)
        # The first mail goes between the list and its reading.
        gone: dict[str, Any] = {"status": 404, "reply": '{"error": {"code": "ErrorItemNotFound"}}'}
        stage.fault("request", skip=2, **gone)
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(left)


async def test_a_reading_that_fails_loses_nothing() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        arrived = [arrive(stage) for _ in range(3)]
        stage.fault("request", skip=3, status=429, headers={"Retry-After": "9"})
        with pytest.raises(RateLimited) as limited:
            await stage.channel.read_inbox(cursor)
        assert limited.value.retry_after is not None
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(*arrived)


@pytest.mark.parametrize(
    "fault",
    [
        {"action": "drop"},
        {"action": "truncate"},
        {"action": "reply", "status": 502},
        {"action": "reply", "status": 200, "reply": '{"value": 7}'},
        {"action": "reply", "status": 200, "reply": '{"value": [{}]}'},
        {"action": "reply", "status": 200, "reply": "[]"},
    ],
)
async def test_an_answer_that_makes_no_sense_is_a_passing_fault(fault: dict[str, Any]) -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        stage.fault("request", **fault, times=None)
        with pytest.raises(Transient):
            await stage.channel.read_inbox(cursor)
        with pytest.raises(Transient):
            await stage.channel.find_sent(mail())


@pytest.mark.parametrize(
    ("reads_on", "skip"), [(False, 3), (True, 1)], ids=["no folders", "changes that lead nowhere"]
)
async def test_an_empty_answer_does_not_count_as_the_end_of_a_reading(
    reads_on: bool,  # noqa: FBT001 - a parameter
    skip: int,
) -> None:
    async with exchange_online() as stage:
        if reads_on:
            _, cursor = await read_all(stage, None)
            new = arrive(stage)
        stage.fault("request", skip=skip, status=200, reply='{"value": []}')
        with pytest.raises(Transient):
            await stage.channel.read_inbox(cursor if reads_on else None)
        if not reads_on:
            _, cursor = await read_all(stage, None)
            new = arrive(stage)
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(new)


@pytest.mark.parametrize("cursor", ["", "7", "{}", '{"since": 1, "links": 2, "todo": 3}'])
async def test_a_cursor_of_another_kind_is_refused_like_nonsense(cursor: str) -> None:
    async with exchange_online() as stage:
        with pytest.raises(Transient):
            await stage.channel.read_inbox(cursor)


async def test_tokens_follow_no_link_to_another_host() -> None:
    async with exchange_online() as stage:
        _, cursor = await read_all(stage, None)
        elsewhere = (
            '{"value": [], "@odata.deltaLink": "https://evil.test/v1.0/steal?$deltatoken=1"}'
        )
        stage.fault("request", skip=1, status=200, reply=elsewhere)
        _, cursor = await read_all(stage, cursor)
        assert "evil.test" not in cursor


async def test_a_sent_message_that_was_filed_away_is_found_by_its_message_id() -> None:
    async with exchange_online() as stage:
        await stage.send(mail())
        [sent] = stage.mailbox.in_folder("sent")
        stage.mailbox.move(sent.id, "archive")
        found = await stage.channel.find_sent(mail())
    assert isinstance(found, Receipt)
    assert found.response == "found in the mailbox"


async def test_the_same_message_id_under_another_key_is_not_ours() -> None:
    async with exchange_online() as stage:
        await stage.send(mail("q4.intro/1"))
        assert mail("q4.intro/1").message_id == mail("q4/intro/1").message_id
        assert await stage.channel.find_sent(mail("q4/intro/1")) == SentLookup.NOT_SENT


async def test_a_received_copy_is_no_proof() -> None:
    async with exchange_online() as stage:
        stage.mailbox.add("inbox", b"Received: from mx.test by acme.test\r\n" + mail().content)
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT


async def test_a_draft_is_withdrawn_before_it_counts_as_not_sent() -> None:
    async with exchange_online() as stage:
        stage.mailbox.add("drafts", mail().content)
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT
        assert stage.drafts() == 0


async def test_a_message_that_exchange_takes_after_the_connection_was_lost_is_found() -> None:
    async with exchange_online({"timeout": "300ms", "settle": "1s"}, latency="700ms") as stage:
        with pytest.raises(Exception, match="in time"):
            await stage.send(mail())
        assert stage.left() == 0
        found = await stage.channel.find_sent(mail())
        assert isinstance(found, Receipt)
    assert stage.left() == 1


async def test_a_send_that_comes_after_its_draft_was_withdrawn_does_not_leave() -> None:
    async with exchange_online({"timeout": "300ms"}, latency="1s") as stage:
        with pytest.raises(Exception, match="in time"):
            await stage.send(mail())
        assert await stage.channel.find_sent(mail()) == SentLookup.NOT_SENT
        await stage.channel.aclose()
    assert stage.left() == 0


async def test_a_draft_that_leaves_while_it_is_withdrawn_counts_as_sent_and_is_not_deleted() -> (
    None
):
    async with exchange_online() as stage:
        draft = stage.mailbox.add("drafts", mail().content)
        # Two looks of three requests each, and two for drafts, come before the deletion.
        stage.fault("request", "delay", skip=8, delay="500ms")
        asking = asyncio.create_task(stage.channel.find_sent(mail()))
        deletion = "POST /messages/{id}/permanentDelete"
        await eventually(lambda: stage.provider.requests[deletion] == 1)
        stage.mailbox.move(draft.id, "sent")
        found = await asking
        assert isinstance(found, Receipt)
        assert stage.mailbox.in_folder("sent") == [draft]


async def test_what_the_person_sent_by_hand_is_told_by_its_time() -> None:
    async with exchange_online() as stage:
        before = arrive(stage, "sent")
        before.at -= 3_600_000
        since = time.time_ns() // 1_000_000 - 60_000
        by_hand = [arrive(stage, "sent") for _ in range(150)]
        await stage.send(mail())
        arrive(stage)
        found = await stage.channel.sent_by_hand(since)
    assert sorted(found) == sorted(one.at // 1_000 * 1_000 for one in by_hand)


FOLDERS = tuple(f"Project {n}" for n in range(20))


async def test_only_folders_in_which_something_changed_are_read_and_one_in_its_turn() -> None:
    async with exchange_online(folders=FOLDERS) as stage:
        _, cursor = await read_all(stage, None)
        _, cursor = await read_all(stage, cursor)
        stage.provider.requests.clear()
        new = arrive(stage, FOLDERS[-1])
        mails, _ = await read_all(stage, cursor)
        assert [found.provider_id for found in mails] == ids(new)
        assert stage.provider.requests.total() == 4  # two folders, what changed, the mail


async def test_a_list_of_changes_that_is_late_hides_no_mail() -> None:
    async with exchange_online(folders=FOLDERS, search_lag="1h") as stage:
        _, cursor = await read_all(stage, None)
        new = arrive(stage, FOLDERS[7])
        found: list[InboundMail] = []
        for _ in (*FOLDERS, "inbox", "archive"):
            mails, cursor = await read_all(stage, cursor)
            found += mails
    assert [one.provider_id for one in found] == ids(new)


async def test_mail_in_a_folder_that_was_made_meanwhile_is_returned() -> None:
    async with exchange_online(folders=FOLDERS) as stage:
        _, cursor = await read_all(stage, None)
        stage.mailbox.made.append("New")
        new = arrive(stage, "New")
        mails, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in mails] == ids(new)
