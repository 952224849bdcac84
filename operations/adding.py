"""Adding people to a running campaign: screened as at its launch, staged, then enrolled."""

import asyncio
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import Client

from operations.definition import Definition, Rows
from operations.opening import refuse_unless_running
from operations.screening import Screening
from operations.updates import ask_campaign
from postroad.campaign.audience import AudienceRow, RejectedRow
from postroad.campaign.template import unknown_fields
from postroad.campaign.told_audience import ToldAudience
from postroad.contracts import AddPeople, PeopleAdded
from postroad.ledger.additions import (
    current_steps,
    last_rejection,
    rejections_after,
    stage_addition,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.steps import load_settings
from postroad.ledger.workspace import list_senders
from postroad.yaml_file import FileError

ENROLLING = timedelta(minutes=30)
"""A million people are enrolled in less."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of people who were told one by one."""

    enrolled: int
    rejected: list[RejectedRow]


def screened_rows(
    ledger: Ledger,
    campaign: str,
    fields: Collection[str],
    rows: Callable[[], Rows],
    *,
    source: str,
) -> Iterator[AudienceRow | RejectedRow]:
    """Read more people for a running campaign, screened as at its launch.

    Args:
        ledger: where the campaign is.
        campaign: its id.
        fields: what is said of each person.
        rows: reads the people from the first one.
        source: where they stand, for error messages.

    Raises:
        Unknown: there is no such campaign.
        Refused: it does not run.
        FileError: its texts need what is not said of people.
    """
    with ledger.read() as connection:
        refuse_unless_running(connection, campaign, "people can be added while it runs")
        definition = Definition(
            id=campaign,
            settings=load_settings(connection, campaign),
            steps=current_steps(connection, campaign),
            files={},
            rows=rows,
            source=source,
        )
        senders = {sender.email: sender for sender in list_senders(connection)}
    for step in definition.steps:
        for template in step.templates:
            for field in unknown_fields(template, frozenset(fields)):
                raise FileError(f"{source}: step {step.id}: {field}")
    return Screening(definition, senders).rows()


async def add_told_people(
    client: Client, ledger: Ledger, campaign: str, audience: ToldAudience, by: str
) -> Added:
    """Enrol people who were told one by one, and say who was rejected and why.

    Whoever was added before is rejected as a duplicate, so that it is safe to repeat.

    Raises:
        Refused: the campaign does not run.
        FileError: its texts need what is not said of people.
        Unanswered: no worker answers; the people are enrolled as soon as one does.
    """
    rejected: list[RejectedRow] = []

    def noted(rows: Iterator[AudienceRow | RejectedRow]) -> Iterator[AudienceRow | RejectedRow]:
        for row in rows:
            if isinstance(row, RejectedRow):
                rejected.append(row)
            yield row

    def stage() -> tuple[list[int], int]:
        rows = screened_rows(ledger, campaign, audience.fields, audience.rows, source="people")
        addition = stage_addition(ledger, campaign, noted(rows))
        with ledger.read() as connection:
            return addition.chunks, last_rejection(connection, campaign)

    chunks, staged_through = await asyncio.to_thread(stage)
    if not chunks:
        return Added(0, rejected)
    people = AddPeople(chunks=chunks, by=by)
    added = await ask_campaign(campaign, "add_people", people, PeopleAdded, client=client)

    def read_rejections() -> list[RejectedRow]:
        with ledger.read() as connection:
            return rejections_after(connection, campaign, staged_through)

    told = {(row.row, row.recipient) for row in audience.rows() if isinstance(row, AudienceRow)}
    later = await asyncio.to_thread(read_rejections)
    # Others may add people at the same time: theirs are other rows.
    rejected += {row for row in later if (row.row, row.address) in told}
    return Added(added.enrolled, sorted(rejected))
