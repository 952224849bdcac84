"""Instants: whole milliseconds since 1970-01-01 UTC, as the ledger and the quota count time.

Integers compare, index and add the same way on SQLite, PostgreSQL and in Python; `datetime`
appears only at the edges: files, contracts, and what people read.
"""

from datetime import UTC, datetime, timedelta

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def instant(moment: datetime) -> int:
    """Return an aware datetime as milliseconds since the epoch, rounded down."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment(at: int) -> datetime:
    """Return milliseconds since the epoch as an aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=at)


def milliseconds(span: timedelta) -> int:
    """Return a time span in whole milliseconds, rounded down."""
    return span // timedelta(milliseconds=1)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
