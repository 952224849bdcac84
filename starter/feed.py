"""`postroad feed`: what happens, as it happens."""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.text import Text

from operations.clock import now
from operations.opening import opened_ledger
from operations.refusal import Refused
from postroad.contracts import sequence_workflow_id
from postroad.durations import parse_duration
from postroad.instants import milliseconds
from postroad.ledger.engine import Ledger
from postroad.ledger.events import (
    FeedEntry,
    events_after,
    first_event_since,
    last_event,
    settled_through,
)
from starter.arguments import AsJson
from starter.terminal import on_terminal, plain, print_json_line, say

_SHOWN = 20
_PAGE = 1_000
_PAUSE_SECONDS = 1.0
_MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)
_COLOURS = {
    "sent": "green",
    "delivered": "green",
    "replied": "bold green",
    "clicked": "cyan",
    "opened": "cyan",
    "bounced": "red",
    "soft_bounced": "yellow",
    "failed": "red",
    "uncertain": "yellow",
    "unsubscribed": "magenta",
    "complained": "magenta",
}


def feed(
    *,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what happens, until Ctrl-C.")
    ] = False,
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="CAMPAIGN", help="Only this campaign.")
    ] = None,
    event: Annotated[
        str | None, typer.Option("--event", metavar="EVENT", help="Only this kind of event.")
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="1h|TIME", help="From so long ago, or from a time on."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show what happened last, and with --follow what happens from now on.

    With --json, each event is a line of its own.

    Example: postroad feed --follow --event replied
    """
    with opened_ledger() as ledger:
        entries = _entries(ledger, _start(ledger, since), campaign, event, follow=follow)
        try:
            for entry in entries:
                _print(entry, as_json=as_json)
        except KeyboardInterrupt:
            return


def _start(ledger: Ledger, since: str | None) -> int:
    """Return the id after which events are shown."""
    with ledger.read() as connection:
        if since is None:
            return max(0, last_event(connection) - _SHOWN)
        return first_event_since(connection, _instant(since))


def _instant(since: str) -> int:
    try:
        return now() - milliseconds(parse_duration(since))
    except ValueError:
        pass
    try:
        moment = _MOMENT.validate_python(since)
    except ValidationError:
        raise Refused(
            f"--since {since!r} is neither a duration such as 1h nor a time such as "
            "2026-11-23T09:00Z"
        ) from None
    return int(moment.astimezone().timestamp() * 1_000)


def _entries(
    ledger: Ledger, after: int, campaign: str | None, event: str | None, *, follow: bool
) -> Iterator[FeedEntry]:
    """Yield events in their order; one that could still appear is waited for."""
    while True:
        with ledger.read() as connection:
            through = (
                settled_through(connection, after, now(), _PAGE)
                if follow
                else min(last_event(connection), after + _PAGE)
            )
            entries = events_after(
                connection, after, campaign_id=campaign, event=event,
                at_most=_PAGE, through=through,
            )  # fmt: skip
        yield from entries
        if through > after:
            after = through
        elif follow:
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def _print(entry: FeedEntry, *, as_json: bool) -> None:
    if as_json:
        print_json_line(_traced(entry))
        return
    at = entry.at.astimezone() if on_terminal() else entry.at
    place = "/".join(filter(None, (entry.campaign, entry.step)))
    words = [at.strftime("%Y-%m-%d %H:%M:%S"), entry.event, entry.email, place]
    line = "  ".join(plain(word or "-") for word in [*words, entry.channel, entry.detail])
    if on_terminal():
        Console().print(Text(line, style=_COLOURS.get(entry.event, "")), soft_wrap=True)
    else:
        say(line)


def _traced(entry: FeedEntry) -> dict[str, object]:
    """Return an event with the keys of `trace --json`, and whose it is."""
    workflow = None
    if entry.campaign is not None and entry.sender is not None:
        workflow = sequence_workflow_id(entry.campaign, entry.sender)
    return {
        "id": entry.id,
        "at": entry.at,
        "event": entry.event,
        "campaign": entry.campaign,
        "step": entry.step,
        "email": entry.email,
        "sender": entry.sender,
        "channel": entry.channel,
        "message_id": entry.message_id,
        "workflow_id": workflow,
        "detail": entry.detail,
    }
