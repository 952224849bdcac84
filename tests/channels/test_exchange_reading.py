"""Reading an Exchange mailbox: what came back, and what was written by hand."""

import json
import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from postroad.channels import exchange_folders
from postroad.channels.base import InboundMail, InboxPage, Transient
from postroad.sandbox.ews_soap import EwsRefusal, answered
from postroad.sandbox.mailboxes import Folder, StoredMail
from tests.channels.exchange_stage import BO, Stage, exchange, mail
from tests.channels.mails import eventually

FOLDERS = tuple(f"Project {n}" for n in range(10))


def arrive(stage: Stage, sender: str = "bob@buyer.test", folder: Folder = "inbox") -> StoredMail:
    content = EmailMessage(policy=SMTP)
    content["From"], content["To"], content["Subject"] = sender, BO, "Re: Hello"
    content.set_content("Thank you.\n")
    return stage.mailbox.add(folder, bytes(content))


async def read_pages(stage: Stage, cursor: str | None) -> list[InboxPage]:
    pages = [await stage.channel.read_inbox(cursor)]
    while pages[-1].more:
        pages.append(await stage.channel.read_inbox(pages[-1].cursor))
    return pages


async def read_all(stage: Stage, cursor: str | None) -> tuple[list[InboundMail], str]:
    pages = await read_pages(stage, cursor)
    return [found for page in pages for found in page.mails], pages[-1].cursor


async def test_the_first_reading_returns_only_the_cursor() -> None:
    async with exchange() as stage:
        arrive(stage)
        page = await stage.channel.read_inbox(None)
        assert (page.mails, page.more, page.resynced) == ([], False, False)
        new = arrive(stage)
        mails, cursor = await read_all(stage, page.cursor)
        assert [found.content for found in mails] == [new.content]
        assert mails[0].received_at == new.at
        assert (await read_all(stage, cursor))[0] == []


async def test_what_rules_or_the_person_filed_meanwhile_is_returned_all_the_same() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        seen, filed, by_rule = arrive(stage), arrive(stage), arrive(stage, folder="archive")
        seen.is_read = True
        stage.mailbox.move(filed.id, "archive")
        mails, _ = await read_all(stage, cursor)
    assert len(mails) == 3
    assert {found.received_at for found in mails} == {seen.at, filed.at, by_rule.at}


async def test_folders_in_which_nothing_changed_are_read_in_turn() -> None:
    async with exchange(folders=FOLDERS) as stage:
        _, cursor = await read_all(stage, None)
        stage.provider.requests.clear()
        for _ in FOLDERS:
            _, cursor = await read_all(stage, cursor)
        assert stage.provider.requests == {"FindFolder": 10, "SyncFolderItems": 10}


async def test_every_folder_is_read_where_the_server_does_not_tell_when_it_changed() -> None:
    async with exchange(folders=FOLDERS) as stage:
        for folder in FOLDERS:
            arrive(stage, folder=folder)
        _, cursor = await read_all(stage, None)
        stage.provider.requests.clear()
        new = arrive(stage, folder=FOLDERS[7])
        stage.mailbox.changed_at.clear()
        mails, _ = await read_all(stage, cursor)
        assert stage.provider.requests["SyncFolderItems"] >= len(FOLDERS)
    assert [found.content for found in mails] == [new.content]


async def test_a_change_that_the_server_did_not_mark_is_found_in_its_turn() -> None:
    async with exchange(folders=FOLDERS) as stage:
        old = arrive(stage, folder=FOLDERS[7])
        _, cursor = await read_all(stage, None)
        marked = dict(stage.mailbox.changed_at)
        new = arrive(stage, folder=FOLDERS[7])
        stage.mailbox.remove(old.id)
        stage.mailbox.changed_at = marked
        found: list[InboundMail] = []
        for _ in FOLDERS:
            mails, cursor = await read_all(stage, cursor)
            found += mails
    assert [one.content for one in found] == [new.content]


async def test_no_folder_is_left_out_where_there_are_more_than_a_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange_folders, "_PAGE", 1)
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        stage.provider.requests.clear()
        by_rule = arrive(stage, folder="archive")
        mails, _ = await read_all(stage, cursor)
        assert stage.provider.requests["FindFolder"] == 5
    assert [found.content for found in mails] == [by_rule.content]


async def test_a_mail_that_is_moved_after_it_was_read_comes_again_under_the_same_id() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        moved = arrive(stage)
        first, cursor = await read_all(stage, cursor)
        stage.mailbox.move(moved.id, "archive")
        again, _ = await read_all(stage, cursor)
    assert [found.provider_id for found in again] == [found.provider_id for found in first]


async def test_what_the_person_sent_or_drafted_themselves_is_not_returned() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail())
        arrive(stage, BO, "sent")
        arrive(stage, BO, "drafts")
        arrive(stage, f"Bo <{BO.upper()}>", "archive")
        mails, _ = await read_all(stage, cursor)
    assert mails == []


async def test_bounces_and_replies_come_back_to_the_mailbox() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        await stage.send(mail("q4/intro/1", to="gone@buyer.test"))
        await stage.send(mail("q4/intro/2", to="replies@buyer.test"))
        await eventually(lambda: len(stage.mailbox.in_folder("inbox")) == 2)
        mails, _ = await read_all(stage, cursor)
    assert [b"multipart/report" in found.content for found in mails] == [True, False]
    assert b"In-Reply-To: <q4.intro.2@acme.test>" in mails[1].content


async def test_a_large_mailbox_is_read_page_by_page_and_each_mail_once() -> None:
    async with exchange({"timeout": "30s"}) as stage:
        for _ in range(600):
            arrive(stage)
        _, cursor = await read_all(stage, None)
        arrived = [arrive(stage, folder=folder) for folder in ("inbox", "archive") * 40]
        mails, cursor = await read_all(stage, cursor)
        assert len(mails) == len(arrived)
        assert len({found.provider_id for found in mails}) == len(arrived)
        assert (await read_all(stage, cursor))[0] == []


async def test_large_mails_are_read_one_by_one() -> None:
    async with exchange({"timeout": "30s"}) as stage:
        _, cursor = await read_all(stage, None)
        large = b"From: bob@buyer.test\r\n\r\n" + b"x" * 6_000_000
        for _ in range(3):
            stage.mailbox.add("inbox", large)
        mails, _ = await read_all(stage, cursor)
        assert [found.content for found in mails] == [large] * 3
        assert stage.provider.requests["GetItem"] == 3


async def test_an_expired_sync_state_leads_to_a_full_reading_and_says_so() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        missed = arrive(stage)
        stage.mailbox.expire_history()
        pages = await read_pages(stage, cursor)
        assert any(page.resynced for page in pages)
        assert [found.content for page in pages for found in page.mails] == [missed.content]
        later = arrive(stage)
        pages = await read_pages(stage, pages[-1].cursor)
        assert [found.content for page in pages for found in page.mails] == [later.content]
        pages = await read_pages(stage, pages[-1].cursor)  # by now every folder had its turn
        assert not any(page.resynced for page in pages)


@pytest.mark.parametrize("cursor", ["12345", "{}", "history/1/2", '{"unknown": 1}', "[]"])
async def test_a_cursor_of_another_kind_leads_to_a_full_reading(cursor: str) -> None:
    async with exchange() as stage:
        found = arrive(stage)
        mails, new = await read_all(stage, cursor)
        assert [one.content for one in mails] == [found.content]
        assert (await read_all(stage, new))[0] == []


async def test_a_mail_that_is_deleted_while_it_is_read_hides_no_other() -> None:
    gone = EwsRefusal("ErrorItemNotFound", "gone")
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        arrive(stage)
        reply = answered("GetItem", [gone]).decode()
        # The list of folders and the Inbox are asked for before.
        stage.fault("request", status=200, reply=reply, skip=2)
        mails, cursor = await read_all(stage, cursor)
        assert mails == []
        arrive(stage)
        assert len((await read_all(stage, cursor))[0]) == 1


async def test_a_reading_that_fails_loses_nothing() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
        arrive(stage)
        stage.fault("request", "drop", skip=2)
        with pytest.raises(Transient):
            await read_all(stage, cursor)
        mails, _ = await read_all(stage, cursor)
    assert len(mails) == 1


async def test_the_cursor_is_small_text() -> None:
    async with exchange() as stage:
        _, cursor = await read_all(stage, None)
    assert json.loads(cursor)["todo"] == []


async def test_what_was_sent_by_hand_is_told_apart_from_ours() -> None:
    async with exchange() as stage:
        before = time.time_ns() // 1_000_000
        await stage.send(mail())
        by_hand = [arrive(stage, BO, "sent") for _ in range(3)]
        assert sorted(await stage.channel.sent_by_hand(before)) == [one.at for one in by_hand]
        assert await stage.channel.sent_by_hand(by_hand[-1].at + 1) == []


async def test_more_than_a_page_of_mail_sent_by_hand_is_counted() -> None:
    async with exchange() as stage:
        for _ in range(130):
            arrive(stage, BO, "sent")
        assert len(await stage.channel.sent_by_hand(0)) == 130
