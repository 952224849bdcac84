"""What IMAP servers refuse or fail to answer, in the taxonomy's words; nothing else escapes."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postroad.channels.base import (
    AccountRefused,
    AuthorisationLost,
    ChannelError,
    InboxPage,
    Misconfigured,
    RateLimited,
    Transient,
)
from postroad.channels.imap_inbox import Inbox, _identity
from postroad.channels.imap_settings import ImapSettings

_USUAL = {
    "": "* OK ready",
    "CAPABILITY": "* CAPABILITY IMAP4rev1\r\nTAG OK done",
    "LOGIN": "TAG OK done",
    "LIST": '* LIST () "/" INBOX\r\nTAG OK done',
    "STATUS": "* STATUS INBOX (UIDVALIDITY 1 UIDNEXT 9)\r\nTAG OK done",
    "EXAMINE": "* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT 9] ok\r\nTAG OK done",
    "LOGOUT": "* BYE\r\nTAG OK done",
}
_BEFORE = '{"since":0,"positions":{"INBOX":[1,5]},"todo":[]}'
"""A cursor that leaves mails 5 to 8 to be read."""


@asynccontextmanager
async def _server(script: Mapping[str, str | None]) -> AsyncIterator[int]:
    """Serve answers by command on loopback; None is silence."""
    answers = {**_USUAL, **script}

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tag, verb = "", ""
        while (answer := answers.get(verb, "TAG BAD unknown")) is not None:
            writer.write(answer.replace("TAG", tag).encode() + b"\r\n")
            words = (await reader.readline()).decode().split()
            if not words:
                break
            tag, verb = words[0], " ".join(words[1:3] if words[1] == "UID" else words[1:2])
        else:
            await reader.read()
        writer.close()

    listener = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1]


async def _read(port: int, cursor: str | None = None, patience: str = "5s") -> InboxPage:
    given = {"host": "127.0.0.1", "port": port, "tls": "none", "username": "ana"}
    settings = ImapSettings.model_validate(given | {"password": "hunter2", "timeout": patience})
    return await Inbox(settings).read(cursor)


_REFUSALS: dict[str, tuple[dict[str, str | None], type[ChannelError]]] = {
    "a wrong password": ({"LOGIN": "TAG NO hunter2 is wrong"}, AuthorisationLost),
    "the same with its code": (
        {"LOGIN": "TAG NO [AUTHENTICATIONFAILED] Authentication failed."}, AuthorisationLost,
    ),
    "a disabled account": ({"LOGIN": "TAG NO [CONTACTADMIN] Disabled"}, AccountRefused),
    "a back end that is away": ({"LOGIN": "TAG NO [UNAVAILABLE] Later"}, Transient),
    "too many sessions": ({"LOGIN": "TAG NO [ALERT] Too many simultaneous connections"},
        RateLimited),
    "a limit": ({"STATUS": "* BYE [LIMIT] Slow down"}, RateLimited),
    "no passwords without TLS": (
        {"CAPABILITY": "* CAPABILITY IMAP4rev1 LOGINDISABLED\r\nTAG OK done"}, Misconfigured,
    ),
    "a greeting that says goodbye": ({"": "* BYE overloaded"}, Transient),
    "a greeting of another protocol": ({"": "220 mx ESMTP"}, Transient),
    "silence": ({"LIST": None}, Transient),
    "an answer that is none": ({"LIST": "what?"}, Transient),
    "a folder that stands nowhere": (
        {"STATUS": "* STATUS INBOX (MESSAGES 3)\r\nTAG OK done"}, Transient,
    ),
    "an open folder that stands nowhere": ({"EXAMINE": "TAG OK done"}, Transient),
    "a refused search": ({"UID SEARCH": "TAG NO not now"}, Transient),
    "UIDs that are none": ({"UID SEARCH": "* SEARCH five six\r\nTAG OK done"}, Transient),
    "a date that is none": (
        {"UID SEARCH": "* SEARCH 5\r\nTAG OK done",
         "UID FETCH": '* 1 FETCH (UID 5 RFC822.SIZE 9 INTERNALDATE "now")\r\nTAG OK done'},
        Transient,
    ),
    "a refused fetch": (
        {"UID SEARCH": "* SEARCH 5\r\nTAG OK done", "UID FETCH": "TAG NO gone"}, Transient,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _REFUSALS)
async def test_a_refusal_has_its_meaning(name: str) -> None:
    script, kind = _REFUSALS[name]
    async with _server(script) as port:
        with pytest.raises(ChannelError) as raised:
            await _read(port, _BEFORE, patience="200ms")
    assert type(raised.value) is kind, raised.value
    assert "hunter2" not in raised.value.words


async def test_answers_about_other_mails_and_late_uids_are_understood() -> None:
    fetched = (
        "* 7 FETCH (FLAGS (\\Seen))\r\n"
        '* 1 FETCH (RFC822.SIZE 5 INTERNALDATE " 1-Nov-2026 10:00:00 +0100" UID 5)\r\n'
        "* 1 FETCH (BODY[]<0> {5}\r\nhello UID 5)\r\nTAG OK done"
    )
    async with _server(
        {"UID SEARCH": "* SEARCH 8 5 4\r\nTAG OK done", "UID FETCH": fetched}
    ) as port:
        page = await _read(port, _BEFORE)
    assert [(one.content, one.received_at) for one in page.mails] == [(b"hello", 1_793_523_600_000)]


async def test_a_server_that_can_is_asked_about_all_folders_at_once() -> None:
    folders = (
        '* LIST () "/" INBOX\r\n* STATUS INBOX (UIDVALIDITY 1 UIDNEXT 5)\r\n'
        '* LIST (\\Drafts) "/" Drafts\r\n* STATUS Drafts (UIDVALIDITY 1 UIDNEXT 7)\r\n'
        '* LIST () "/" {5}\r\nna"me\r\n* STATUS {5}\r\nna"me (UIDVALIDITY 1 UIDNEXT 8)\r\n'
        '* LIST () NIL "a\\\\b"\r\n* STATUS "a\\\\b" (UIDVALIDITY 1 UIDNEXT 9)\r\nTAG OK done'
    )
    able = "TAG OK [CAPABILITY IMAP4rev1 LIST-STATUS SPECIAL-USE] in"
    async with _server({"LOGIN": able, "LIST": folders, "STATUS": None}) as port:
        page = await _read(port, None)
    positions = json.loads(page.cursor)["positions"]
    assert positions == {"INBOX": [1, 5], 'na"me': [1, 8], "a\\b": [1, 9]}


async def test_a_folder_that_cannot_be_opened_keeps_no_other_from_being_read() -> None:
    async with _server({"STATUS": "TAG NO no such mailbox"}) as port:
        page = await _read(port, _BEFORE)
    assert (page.mails, page.more) == ([], False)


@given(st.binary(max_size=300))
def test_whatever_a_mail_is_made_of_it_is_known_by_something(content: bytes) -> None:
    for mail in (content, b"From: " + content + b"\r\n\r\n" + content):
        delivered_again = b"Delivered-To: somebody\r\n" + mail
        assert len(_identity(mail)) == len(_identity(delivered_again)) == 32


async def test_a_reading_that_is_cancelled_leaves_no_thread_waiting() -> None:
    async with _server({"LIST": None}) as port:
        reading = asyncio.create_task(_read(port, patience="10m"))
        await asyncio.sleep(0.3)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        waiting = [one for one in threading.enumerate() if one.name.startswith("asyncio_")]
        await asyncio.wait_for(asyncio.get_running_loop().shutdown_default_executor(), 5)
        assert not any(one.is_alive() for one in waiting)
