"""Reading a mailbox at a Dovecot that knows nothing of us."""

import asyncio
import imaplib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from postroad.channels import imap_inbox
from postroad.channels.base import AuthorisationLost, ChannelError, Misconfigured, Transient
from postroad.channels.imap_session import READ_BYTES
from postroad.channels.imap_verify import verify_imap
from postroad.sandbox.certificates import Authority
from tests.postfix.imap_box import ImapBox


def _mail(number: int, body: str = "Hello.") -> bytes:
    return (
        f"From: p{number}@buyer.test\r\nTo: ana@acme.test\r\nSubject: Re: Hi\r\n"
        f"Message-ID: <{number}@buyer.test>\r\n\r\n{body}\r\n"
    ).encode()


async def _begun(box: ImapBox) -> str:
    return (await box.read(None)).cursor


async def test_what_was_there_before_is_not_returned_and_what_comes_is_returned_once(
    box: ImapBox,
) -> None:
    box.put(_mail(1))
    first = await box.read(None)
    box.put(_mail(2), _mail(3))
    second = await box.read(first.cursor)
    third = await box.read(second.cursor)
    assert (first.mails, third.mails) == ([], [])
    assert [one.content for one in second.mails] == [_mail(2), _mail(3)]
    assert abs(second.mails[0].received_at / 1000 - datetime.now(UTC).timestamp()) < 60


async def test_reading_leaves_every_mail_unread(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.put(_mail(1), _mail(2))
    assert len((await box.read(cursor)).mails) == 2
    assert box.unread() == 2


async def test_every_folder_is_read_but_sent(box: ImapBox) -> None:
    cursor = await _begun(box)
    for number, folder in enumerate(["INBOX", "Junk", "Sent"]):
        box.put(_mail(number), folder=folder)
    found = {one.content for one in (await box.read(cursor)).mails}
    assert found == {_mail(0), _mail(1)}


async def test_only_the_folders_that_are_named_are_read(box: ImapBox) -> None:
    cursor = (await box.read(None, folders=["Junk"])).cursor
    box.put(_mail(1))
    box.put(_mail(2), folder="Junk")
    page = await box.read(cursor, folders=["Junk", "No such folder"])
    assert [one.content for one in page.mails] == [_mail(2)]


async def test_folders_that_are_all_gone_are_misconfigured(box: ImapBox) -> None:
    assert type(await _error(box, folders=["Gone", "Gel\u00f6scht"])) is Misconfigured


@pytest.mark.parametrize("name", ['"Gel&APY-scht"', '"a \\"quoted\\" one"', '"x (y)"'])
async def test_folders_with_odd_names_are_read(box: ImapBox, name: str) -> None:
    cursor = await _begun(box)
    box.create(name)
    box.put(_mail(1), folder=name)
    assert len((await box.read(cursor)).mails) == 1


async def test_a_mail_that_is_filed_before_it_is_read_is_found(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.create("Trash")
    box.put(_mail(1))
    box.move_everything("Trash")
    assert len((await box.read(cursor)).mails) == 1


async def test_a_mail_that_moves_keeps_its_id(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.create("Done")
    box.put(_mail(1))
    read, cursor = await box.read_on(cursor)
    box.move_everything("Done")
    again, _ = await box.read_on(cursor)
    assert [one.provider_id for one in read] == [one.provider_id for one in again]


async def test_two_copies_of_one_mail_have_one_id(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.put(*(b"Delivered-To: %d@acme.test\r\n" % copy + _mail(1) for copy in range(2)))
    assert len({one.provider_id for one in (await box.read(cursor)).mails}) == 1


async def test_old_mail_that_is_filed_is_not_returned(box: ImapBox) -> None:
    box.put(_mail(1), at=datetime.now(UTC) - timedelta(days=400))
    box.create("Done")
    cursor = await _begun(box)
    box.move_everything("Done")
    assert (await box.read(cursor)).mails == []


async def test_other_uids_make_the_mails_come_again_with_the_same_ids(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.put(_mail(1), _mail(2))
    read, cursor = await box.read_on(cursor)
    box.change_validity(4711)
    box.put(_mail(3))
    page = await box.read(cursor)
    assert page.resynced
    assert {one.provider_id for one in read} < {one.provider_id for one in page.mails}
    assert len(page.mails) == 3
    assert (await box.read(page.cursor)).mails == []


@pytest.mark.parametrize("cursor", ["", "12345", "{}", '{"states": {}}', "[1]"])
async def test_a_cursor_of_another_kind_of_channel_reads_the_last_month(
    box: ImapBox, cursor: str
) -> None:
    box.put(_mail(1), at=datetime.now(UTC) - timedelta(days=29))
    box.put(_mail(2), at=datetime.now(UTC) - timedelta(days=40))
    page = await box.read(cursor)
    assert (page.resynced, [one.content for one in page.mails]) == (True, [_mail(1)])


@pytest.mark.parametrize(("name", "value"), [("_MOST_LISTED", 2), ("_PAGE_BYTES", 500)])
async def test_many_mails_come_in_pages_and_once_each(
    box: ImapBox, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    cursor = await _begun(box)
    box.put(*(_mail(number) for number in range(7)))
    box.put(_mail(7), folder="Junk")
    monkeypatch.setattr(imap_inbox, name, value)
    mails, cursor = await box.read_on(cursor)
    assert {one.content for one in mails} == {_mail(number) for number in range(8)}
    assert len(mails) == 8
    assert (await box.read(cursor)).mails == []


async def test_of_a_large_mail_only_the_beginning_is_fetched(box: ImapBox) -> None:
    cursor = await _begun(box)
    large = _mail(1, "x" * 70 + ("\r\n" + "y" * 70) * 20_000)
    box.put(large)
    [one] = (await box.read(cursor)).mails
    assert one.content == large[:READ_BYTES]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_trusted_server_is_read_over_tls(box: ImapBox, tls: str) -> None:
    assert (await box.read(None, tls=tls)).cursor


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_server_that_is_not_trusted_is_told_nothing(
    box: ImapBox, tls: str, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(Authority().pem)
    error = await _error(box, tls=tls, ca_file=str(stranger))
    assert type(error) is Misconfigured
    assert "not to be trusted" in error.words


async def test_a_wrong_password_is_authorisation_lost_and_stays_secret(box: ImapBox) -> None:
    error = await _error(box, password="hunter2")
    assert type(error) is AuthorisationLost
    assert "hunter2" not in error.words


async def test_a_server_that_is_away_is_asked_again_later(box: ImapBox) -> None:
    error = await _error(box, port=1)
    assert (type(error), error.words) == (Transient, "127.0.0.1 port 1 refuses connections")


async def test_tls_where_there_is_none_is_misconfigured(box: ImapBox) -> None:
    error = await _error(box, tls="implicit", port=box.server.imap_port)
    assert (type(error), "set tls: starttls" in error.words) == (Misconfigured, True)


async def test_verifying_says_what_is_read(box: ImapBox) -> None:
    found = await verify_imap(box.settings())
    assert found.ok
    assert found.findings[0] == f"signed in to 127.0.0.1 as {box.name} to read notices"
    assert {"INBOX", "Junk"} == set(found.findings[1].partition(": ")[2].split(", "))


async def test_verifying_says_which_folder_is_not_there(box: ImapBox) -> None:
    found = await verify_imap(box.settings(folders=["INBOX", "Spam"]))
    assert not found.ok
    assert found.findings[-1] == "there is no folder Spam: correct folders"


async def test_verifying_with_a_wrong_password_says_what_to_check(box: ImapBox) -> None:
    found = await verify_imap(box.settings(password="no"))
    assert not found.ok
    assert found.findings[-1].endswith("check username and password")


@pytest.mark.parametrize(
    ("given", "quiet", "busy"), [({}, 4, 8), ({"folders": ["INBOX"]}, 4, 8)], ids=["all", "one"]
)
async def test_a_reading_costs_as_many_commands_as_docs_say(
    box: ImapBox,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    quiet: int,
    busy: int,
) -> None:
    cursor = (await box.read(None, **given)).cursor
    commands = _counted(monkeypatch)
    await box.read(cursor, **given)
    assert len(commands) == quiet
    box.put(*(_mail(number) for number in range(20)))
    commands.clear()
    assert len((await box.read(cursor, **given)).mails) == 20
    assert len(commands) == busy


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return a list to which the tag of every command is added from now on."""
    sent: list[bytes] = []
    tag = imaplib.IMAP4._new_tag  # type: ignore[attr-defined]

    def counting(client: imaplib.IMAP4) -> bytes:
        sent.append(tag(client))
        return sent[-1]

    monkeypatch.setattr(imaplib.IMAP4, "_new_tag", counting)
    return sent


async def _error(box: ImapBox, **given: Any) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        await box.read(None, **given)
    return raised.value


async def test_readings_at_the_same_time_do_not_disturb_one_another(box: ImapBox) -> None:
    cursor = await _begun(box)
    box.put(_mail(1))
    pages = await asyncio.gather(*(box.read(cursor) for _ in range(3)))
    assert [len(page.mails) for page in pages] == [1, 1, 1]
