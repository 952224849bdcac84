"""A mailbox is read at growing delays, not more often than helps, and no late reading is lost."""

import itertools
from datetime import UTC, datetime, timedelta

from postroad.workspace import READ_INBOX_AFTER
from workflows.reading_times import ReadingTimes

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def _readings(sends: list[datetime]) -> list[datetime]:
    """Return when a mailbox is read for these sends."""
    times, read = ReadingTimes(), list[datetime]()
    for at in [*sends, None]:
        while times.next is not None and (at is None or times.next <= at):
            read.append(times.next)
            times.read(times.next)
        if at is not None:
            times.sent(at, READ_INBOX_AFTER)
    return read


def test_one_send_is_followed_by_the_whole_ladder() -> None:
    assert _readings([START]) == [START + delay for delay in READ_INBOX_AFTER]


def test_a_send_on_another_day_starts_the_ladder_again_and_takes_no_late_reading_away() -> None:
    later = START + 30 * HOUR
    read = _readings([START, later])
    assert later + MINUTE in read
    assert START + 72 * HOUR in read
    assert read[-1] == later + 72 * HOUR


def test_a_mailbox_that_sends_all_day_is_read_once_or_twice_an_hour() -> None:
    sends = [START + n * MINUTE for n in range(500)]
    read = _readings(sends)
    assert len(read) <= 25
    assert read[0] == START + MINUTE
    assert read[-1] >= sends[-1] + 48 * HOUR
    while_sending = [at for at in read if START + HOUR < at < sends[-1]]
    gaps = [b - a for a, b in itertools.pairwise(while_sending)]
    assert max(gaps) <= 1.5 * HOUR


def test_what_is_put_off_is_read_once_when_the_time_has_come() -> None:
    times = ReadingTimes()
    times.sent(START, READ_INBOX_AFTER)
    times.put_off(START + HOUR)
    assert times.checks == [START + delay for delay in READ_INBOX_AFTER[3:]]
