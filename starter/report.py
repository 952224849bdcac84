"""`postroad report`: what became of a campaign."""

from collections.abc import Sequence

from pydantic import BaseModel

from operations.clock import say_time
from operations.opening import opened_ledger, unknown_campaign
from postroad.ledger.counts import CampaignReport, VariantCount
from postroad.ledger.reports import campaign_report
from postroad.wording import say_count
from starter.arguments import AsJson, CampaignId
from starter.terminal import print_json, print_table, say

_ON_OPENINGS = (
    "Openings are a guess: an image may be shown by a program, or never. Those that are known to "
    "be machines' stand apart."
)


def report(campaign: CampaignId, *, as_json: AsJson = False) -> None:
    """Count what became of a campaign's people and messages, by step and by channel.

    Example: postroad report q4-launch --json
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        counted = campaign_report(connection, campaign)
    if counted is None:
        raise unknown_campaign(campaign)
    if as_json:
        print_json(counted)
        return
    print_report(counted)


def print_report(counted: CampaignReport) -> None:
    """Print a report for people."""
    say(f"{counted.campaign} is {counted.state}{_times(counted)}")
    say(f"{say_count(counted.people.enrolled, 'person', 'people')}: {_numbers(counted.people)}")
    say(f"{say_count(_all_messages(counted), 'message')}: {_numbers(counted.messages)}")
    if counted.steps:
        print_table(*_table("step", counted.steps))
    if counted.variants:
        columns = ["step", "variant", "sent", "opened", "clicked", "replied", "which is", "winner"]
        print_table(columns, map(_variant, counted.variants))
    if counted.channels:
        print_table(*_table("channel", counted.channels))
    if len(counted.senders) > 1:
        print_table(*_table("sender", counted.senders))
    if any(step.opened or step.opened_by_machine for step in counted.steps):
        say(_ON_OPENINGS)


def _variant(row: VariantCount) -> list[str]:
    low, high = row.replied_between
    numbers = [f"{number:,}" for number in (row.sent, row.opened, row.clicked, row.replied)]
    winner = "yes" if row.is_winner else ""
    return [row.step, row.variant, *numbers, f"{low:.1%} to {high:.1%}", winner]


def _times(counted: CampaignReport) -> str:
    started = f", started {say_time(counted.started_at)}" if counted.started_at else ""
    ended = f", ended {say_time(counted.ended_at)}" if counted.ended_at else ""
    return started + ended


def _all_messages(counted: CampaignReport) -> int:
    return sum(counted.messages.model_dump().values())


def _numbers(counts: BaseModel) -> str:
    """Return `12 active, 3 replied`; nothing is said of zeros, nor the total again."""
    said = counts.model_dump(exclude={"enrolled"})
    return ", ".join(f"{number:,} {name}" for name, number in said.items() if number) or "none"


def _table(first: str, rows: Sequence[BaseModel]) -> tuple[list[str], list[list[str]]]:
    """Return columns and cells, without the columns that hold nothing but zeros.

    The first column is named for what the rows are.
    """
    counted = [row.model_dump() for row in rows]
    names = [name for name in counted[0] if name == "sent" or any(row[name] for row in counted)]
    columns = [first, *(name.replace("_", " ") for name in names if name != "id")]
    return columns, [[_cell(row[name]) for name in names] for row in counted]


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"
