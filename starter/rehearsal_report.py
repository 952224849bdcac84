"""Printing a rehearsed launch: rejected rows, a sample, and when everything will have left."""

from collections.abc import Sequence

import typer
from pydantic import TypeAdapter

from operations.clock import say_time
from operations.link_checking import LinkResult, count_broken
from operations.rehearsal import Rehearsed
from operations.sample import Sample, SampleMail
from postroad.wording import say_count
from starter.terminal import print_table, say

_JSON: TypeAdapter[object] = TypeAdapter(object)


def print_rehearsal(rehearsed: Rehearsed, links: Sequence[LinkResult] | None = None) -> None:
    """Print for people: what matters most comes last, where it stays in sight."""
    if rehearsed.rejected:
        print_table(
            ["row", "address", "rejected as", "because"],
            ([str(row.row), row.address, row.reason, row.detail] for row in rehearsed.rejections()),
        )
    if rehearsed.sample is not None:
        _print_sample(rehearsed.sample)
    if links is not None:
        _print_links(links)
    people = say_count(rehearsed.enrolled, "person", "people")
    say(f"{rehearsed.campaign}: {people}, {say_count(rehearsed.rejected, 'row')} rejected")
    _print_forecast(rehearsed)
    say("Nothing was launched.")


def print_rehearsal_json(rehearsed: Rehearsed, links: Sequence[LinkResult] | None = None) -> None:
    """Print as one JSON document, however many rows were rejected."""
    head = {
        "campaign": rehearsed.campaign,
        "people": {"enrolled": rehearsed.enrolled, "rejected": rehearsed.rejected},
        "sample": rehearsed.sample,
        "forecast": rehearsed.forecast,
        **({} if links is None else {"links": links}),
    }
    typer.echo(f'{_JSON.dump_json(head).decode()[:-1]},"rejected":[', nl=False)
    for number, row in enumerate(rehearsed.rejections()):
        typer.echo(("," if number else "") + _JSON.dump_json(row._asdict()).decode(), nl=False)
    typer.echo("]}")


def _print_sample(sample: Sample) -> None:
    say(f"Sample: what row {sample.row} would get")
    for mail in sample.mails:
        print_mail(mail)


def print_mail(mail: SampleMail) -> None:
    """Print one mail: its headers, its attachments, its text."""
    variant = "" if mail.variant is None else f", variant {mail.variant}"
    say(f"--- step {mail.step}{variant} ---")
    for name, value in mail.headers.items():
        say(f"{name}: {value}")
    for attachment in mail.attachments:
        say(f"Attachment: {attachment}")
    say("")
    for line in (mail.text or mail.html or "").splitlines():
        say(line)
    say("")


def _print_links(links: Sequence[LinkResult]) -> None:
    if links:
        rows = ([one.state, one.link, ", ".join(one.steps), one.words] for one in links)
        print_table(["state", "link", "steps", "answer"], rows)
    say(f"{say_count(len(links), 'link')}, {count_broken(links)} broken")


def _print_forecast(rehearsed: Rehearsed) -> None:
    forecast = rehearsed.forecast
    if not forecast.by_channel:
        return
    if forecast.last_at is not None:
        say(f"First mail {say_time(forecast.first_at)}, last mail {say_time(forecast.last_at)}")
    print_table(
        ["channel", "messages", "last leaves", "what decides"],
        [
            [
                part.channel or "",
                f"{part.messages:,}",
                say_time(part.last_at),
                part.binding_limit or "",
            ]
            for part in forecast.by_channel
        ],
    )
    for part in forecast.by_channel:
        if part.too_late:
            messages = say_count(part.too_late, "message")
            say(f"{part.channel}: {messages} would end unsent, after the last day of their step")
