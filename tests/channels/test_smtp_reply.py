from datetime import timedelta

import pytest

from postroad.channels.smtp_reply import Reply


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 User unknown", "5.1.1"),
        (550, "5.1.1 User\n5.1.1 unknown", "5.1.1"),
        (550, "#5.1.0 Address rejected", "5.1.0"),
        (550, "Rejected (5.7.233)", "5.7.233"),
        (550, "User unknown", None),
        (550, "5.7.1.22 is blocked", None),
        (550, "4.7.1 class and code differ", None),
        (451, "see 5.7.1; 4.7.1 later", "4.7.1"),
    ],
)
def test_the_enhanced_status_is_found(code: int, text: str, enhanced: str | None) -> None:
    assert Reply(code, text).enhanced == enhanced


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("4.7.1 try again in 30 seconds", 30),
        ("4.7.1 Please try again in 5 min.", 300),
        ("4.7.0 Retry after 120", 120),
        ("Retry-After: 7", 7),
        ("please wait 2 hours", 7_200),
        ("Greylisted for 300 seconds", 300),
        ("try again after 1 day", 86_400),
        ("Too many messages,\ntry again in 12 seconds", 12),
        ("4.7.1 try again later", None),
        ("try again later (450)", None),
        ("try again in 0 seconds", None),
        ("4.2.2 mailbox full", None),
        ("wait for it. 99 seconds of silence", None),
    ],
)
def test_a_wish_to_be_left_alone_is_read(text: str, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert Reply(451, text).retry_after == expected


@pytest.mark.parametrize(
    ("text", "queue_id"),
    [
        ("2.0.0 Ok: queued as 4cQ7Wz1", "4cQ7Wz1"),
        ("OK id=1qXy-0001.", "1qXy-0001"),
        ("2.0.0 accepted", None),
    ],
)
def test_the_queue_id_is_found(text: str, queue_id: str | None) -> None:
    assert Reply(250, text).queue_id == queue_id


def test_words_are_one_printable_line_of_bounded_length() -> None:
    words = Reply(550, "a\r\nb\x00\x1b[2Jc\udcff" + "d" * 9_000).words
    assert words.startswith("550 a b [2Jc d")
    assert len(words) == 300
    assert words.isprintable()


def test_a_huge_reply_is_read_at_once() -> None:
    hostile = "again " * 5_000 + "retry" * 5_000
    assert Reply(451, hostile).retry_after is None
