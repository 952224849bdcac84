"""Grouping an audience for its forecast, in constant memory.

Who is charged to the same limits at the same times is played through together. Of the domains and
companies that caps hold back only the fullest are played: the others are done before them.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from postroad.campaign.audience import AudienceRow
from postroad.campaign.company import company_key
from postroad.instants import MINUTE
from postroad.ledger.caps import Recipient, caps_of, load_caps
from postroad.quota.allocation import Pace, first_slot
from postroad.quota.caps import Caps
from postroad.quota.limits import Limit
from postroad.quota.window import NEVER

_FULLEST = 50
_COLUMNS = "sender, timezone, limited, domain, company, held_until"
_CREATE = f"CREATE TABLE alike ({_COLUMNS}, people, PRIMARY KEY ({_COLUMNS})) WITHOUT ROWID"
_ADD = (
    f"INSERT INTO alike VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT ({_COLUMNS}) "  # noqa: S608
    "DO UPDATE SET people = people + excluded.people"
)


class PeopleAlike(NamedTuple):
    """People whose messages fall due at the same instants and count against the same limits."""

    sender: str
    timezone: str | None
    limited_domain: str | None
    """Their mail domain, where the organisation limits what it gets."""
    capped: tuple[str, ...] = ()
    """Keys of the capped scopes that they fall in: see `postroad.ledger.caps`."""
    held_until: int = 0
    """Until when other campaigns' mail keeps them from getting anything; rounded up."""


class AudienceGroups:
    """Counts people as the audience is read; the counts are kept on disk where they grow large."""

    def __init__(self, campaign_id: str, caps: Caps, limited: frozenset[str], now: int) -> None:
        """Prepare to count.

        Args:
            campaign_id: the campaign.
            caps: those in force; none for mail that a person waits for.
            limited: recipient domains with limits of their own.
            now: when the campaign would be launched.
        """
        self._campaign_id = campaign_id
        self._caps = caps
        self._told_apart = (
            Caps(domain=caps.domain, named=caps.named),
            Caps(company=caps.company),
        )
        self._limited = limited
        self._now = now
        self.people = 0
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute(_CREATE)
        self._database.execute("BEGIN")

    def add(self, connection: Connection, accepted: Sequence[tuple[AudienceRow, str]]) -> None:
        """Count people with their senders."""
        self.people += len(accepted)
        held = self._held_until(connection, [row for row, _ in accepted])
        counts = Counter(
            (
                sender,
                row.timezone or "",
                row.domain if row.domain in self._limited else "",
                *(self._key(cap, row) for cap in self._told_apart),
                held.get(row.address, 0),
            )
            for row, sender in accepted
        )
        self._database.executemany(_ADD, [(*alike, people) for alike, people in counts.items()])

    def alike(self) -> Counter[PeopleAlike]:
        """Return how many people are alike."""
        fullest = {
            key
            for column, cap in zip(("domain", "company"), self._told_apart, strict=True)
            for key in self._fullest(column, cap.domain or cap.company)
        }
        found: Counter[PeopleAlike] = Counter()
        rows = self._database.execute(f"SELECT {_COLUMNS}, people FROM alike")  # noqa: S608
        for sender, zone, limited, domain, company, held, people in rows:
            capped = tuple(key for key in (domain, company) if key in fullest)
            found[PeopleAlike(sender, zone or None, limited or None, capped, held)] += people
        return found

    def _key(self, cap: Caps, row: AudienceRow) -> str:
        return "".join(caps_of(cap, _recipient(row)))

    def _held_until(self, connection: Connection, rows: Sequence[AudienceRow]) -> dict[str, int]:
        """Return until when people are held for what other campaigns sent them, by address."""
        of_person = Caps(person=self._caps.person)
        own = {row.address: self._key(of_person, row) for row in rows}
        keys = set(own.values()) - {""}
        scopes = load_caps(connection, self._campaign_id, of_person, keys, self._now, 0)
        held: dict[str, int] = {}
        for address, key in own.items():
            if key:
                at, _ = first_slot([scopes[key]], Pace(self._now, 0))
                if self._now < at < NEVER:
                    held[address] = at + -at % MINUTE
        return held

    def _fullest(self, column: str, cap: Limit | None) -> Iterator[str]:
        """Return the keys with most people."""
        if cap is None:
            return
        rows = self._database.execute(
            f"SELECT {column}, sum(people) AS together FROM alike WHERE {column} != '' "  # noqa: S608
            f"GROUP BY {column} ORDER BY together DESC, {column} LIMIT {_FULLEST}"
        )
        for key, _ in rows:
            yield key


def _recipient(row: AudienceRow) -> Recipient:
    return Recipient(row.address, row.domain, company_key(row.fields, row.domain))
