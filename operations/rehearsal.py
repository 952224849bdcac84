"""Rehearsing a launch: everything that would happen to the audience, without changing anything.

Memory stays constant: rejections wait in a temporary file, and the addresses seen so far in a
temporary database.
"""

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import IO

from operations.audience_groups import AudienceGroups
from operations.definition import Definition, check_workspace, with_default_window
from operations.forecasting import Forecast, forecast_campaign
from operations.launching import refuse_launched
from operations.sample import Sample, render_sample
from operations.screening import Screening
from postroad.campaign.audience import (
    ROWS_PER_CHUNK,
    AudienceRow,
    RejectedRow,
    RejectionReason,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.enrolment import sort_out
from postroad.ledger.limits import caps_in_force
from postroad.ledger.organisation import load_organisation
from postroad.quota.caps import NO_CAPS
from postroad.workspace import Sender

_IN_MEMORY = 1_000_000


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What a launch would do."""

    campaign: str
    enrolled: int
    rejected: int
    sample: Sample | None
    """What the first person would get; None where nobody would be enrolled."""
    forecast: Forecast
    _rejections: IO[str]

    def rejections(self) -> Iterator[RejectedRow]:
        """Yield every row that would not be enrolled, in the file's order."""
        self._rejections.seek(0)
        for line in self._rejections:
            row, address, reason, detail = json.loads(line)
            yield RejectedRow(row, address, RejectionReason(reason), detail)


def rehearse(ledger: Ledger, definition: Definition, now: int) -> Rehearsed:
    """Sort out the whole audience as a launch would, render a sample, and forecast.

    Raises:
        FileError: the campaign, its texts or its audience are not as they must be.
        Refused: the campaign was launched before.
    """
    with ledger.read() as connection:
        refuse_launched(connection, definition.id)
        senders = check_workspace(connection, definition)
        definition = with_default_window(connection, definition)
        organisation = load_organisation(connection)
        interactive = definition.settings.interactive
        caps = NO_CAPS if interactive else caps_in_force(connection)
    limited = frozenset(organisation.recipient_domains if organisation else ())
    groups = AudienceGroups(definition.id, caps, limited, now)
    rehearsal = _Rehearsal(ledger, definition, senders, groups)
    rehearsal.run()
    sample = None
    if rehearsal.first is not None:
        sample = render_sample(definition, *rehearsal.first, organisation, now)
    with ledger.read() as connection:
        forecast = forecast_campaign(connection, definition, senders, groups.alike(), caps, now)
    return Rehearsed(
        campaign=definition.id,
        enrolled=groups.people,
        rejected=rehearsal.rejected,
        sample=sample,
        forecast=forecast,
        _rejections=rehearsal.rejections,
    )


class _Rehearsal:
    """Goes through the audience once."""

    def __init__(
        self,
        ledger: Ledger,
        definition: Definition,
        senders: dict[str, Sender],
        groups: AudienceGroups,
    ) -> None:
        self._ledger = ledger
        self._definition = definition
        self._senders = senders
        self._groups = groups
        self._seen = _SeenAddresses()
        self.rejections: IO[str] = tempfile.SpooledTemporaryFile(  # noqa: SIM115 - read later
            _IN_MEMORY, "w+", encoding="utf-8", newline="\n"
        )
        self.rejected = 0
        self.first: tuple[AudienceRow, Sender] | None = None

    def run(self) -> None:
        rows = Screening(self._definition, self._senders).rows()
        while part := list(islice(rows, ROWS_PER_CHUNK)):
            self._sort_out(part)

    def _sort_out(self, part: list[AudienceRow | RejectedRow]) -> None:
        people = [row for row in part if isinstance(row, AudienceRow)]
        rejected = [row for row in part if isinstance(row, RejectedRow)]
        seen = self._seen.among(row.address for row in people)
        rejected += [
            _rejected(row, RejectionReason.DUPLICATE, "this address stands in an earlier row")
            for row in people
            if row.address in seen
        ]
        with self._ledger.read() as connection:
            accepted, refused = sort_out(
                connection,
                self._definition.id,
                [row for row in people if row.address not in seen],
                self._definition.settings,
                set(self._senders),
            )
            self._groups.add(connection, accepted)
        self._seen.add(row.address for row, _ in accepted)
        self._reject([*rejected, *(_rejected(row, why, detail) for row, why, detail in refused)])
        if accepted and self.first is None:
            row, sender = accepted[0]
            self.first = row, self._senders[sender]

    def _reject(self, rejected: list[RejectedRow]) -> None:
        self.rejected += len(rejected)
        for row in sorted(rejected):
            self.rejections.write(json.dumps(row) + "\n")


def _rejected(row: AudienceRow, reason: RejectionReason, detail: str) -> RejectedRow:
    return RejectedRow(row.row, row.recipient, reason, detail)


class _SeenAddresses:
    """Addresses in a temporary database, which SQLite keeps on disk where it grows large."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("CREATE TABLE seen (address TEXT PRIMARY KEY) WITHOUT ROWID")
        self._database.execute("BEGIN")

    def among(self, addresses: Iterable[str]) -> set[str]:
        """Return those of the addresses that were seen."""
        found = (
            self._database.execute("SELECT address FROM seen WHERE address = ?", (one,)).fetchone()
            for one in addresses
        )
        return {row[0] for row in found if row is not None}

    def add(self, addresses: Iterable[str]) -> None:
        """Note addresses as seen."""
        self._database.executemany("INSERT INTO seen VALUES (?)", ((one,) for one in addresses))
