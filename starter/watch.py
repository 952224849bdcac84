"""`postroad watch`: a campaign's progress as it happens."""

from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.text import Text

from operations.clock import now, say_time
from operations.following import follow, follow_feed
from operations.opening import opened_ledger
from postroad.ledger.events import FeedEntry
from postroad.ledger.overview import CampaignOverview
from postroad.quota.reasons import time_of_day
from starter.arguments import AsJson, CampaignId
from starter.status import waits
from starter.terminal import on_terminal, plain, print_json_line, say


def watch(
    campaign: CampaignId,
    *,
    feed: Annotated[
        bool, typer.Option("--feed", help="Every event as it happens, a line each.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show a campaign's progress until it ends; Ctrl-C leaves, and the campaign goes on.

    Example: postroad watch q4-launch
    """
    with opened_ledger() as ledger:
        try:
            if feed:
                _show_feed(follow_feed(ledger, campaign), as_json=as_json)
            elif as_json:
                for overview in follow(ledger, campaign):
                    print_json_line(overview)
            else:
                show_progress(follow(ledger, campaign))
        except KeyboardInterrupt:
            if not as_json:
                say(f"{campaign} goes on: `postroad watch {campaign}` shows it again")


def show_progress(overviews: Iterable[CampaignOverview]) -> None:
    """Show progress as it changes: in place on a terminal, a line a change elsewhere."""
    if not on_terminal():
        for overview in overviews:
            say(f"{time_of_day(now(), now())} {progress_line(overview)}")
        return
    with Live(refresh_per_second=4) as live:
        for overview in overviews:
            live.update(_picture(overview), refresh=True)


def progress_line(overview: CampaignOverview) -> str:
    """Return `q4 running: 120 of 300 messages sent, 3 failed; ana-smtp: …`."""
    done, total, counts = _counts(overview)
    line = f"{overview.campaign} {overview.state}: {done:,} of {total:,} messages done{counts}"
    return f"{line}; {waits(overview)}" if overview.waits else line


def _counts(overview: CampaignOverview) -> tuple[int, int, str]:
    """Return the messages that came to an end, all messages, and the ends in words."""
    numbers = overview.messages.model_dump()
    ends = {name: numbers[name] for name in ("sent", "failed", "uncertain", "suppressed")}
    words = ", ".join(f"{number:,} {name}" for name, number in ends.items() if number)
    done = sum(ends.values()) - ends["uncertain"]
    return done, sum(numbers.values()), f" ({words})" if words else ""


def _picture(overview: CampaignOverview) -> Group:
    done, total, counts = _counts(overview)
    head = f"{overview.campaign}: {overview.state}, {done:,} of {total:,} messages done{counts}"
    told = (f"  waits: {wait.words}" for wait in overview.waits)
    bar = ProgressBar(total=max(total, 1), completed=done, width=60)
    return Group(Text(plain(head)), bar, *(Text(plain(line)) for line in told))


def _show_feed(entries: Iterable[FeedEntry], *, as_json: bool) -> None:
    for entry in entries:
        if as_json:
            print_json_line(entry)
        else:
            say(feed_line(entry))


def feed_line(entry: FeedEntry) -> str:
    """Return `14:03:20 UTC sent intro ada@example.com ana-smtp: 250 ok`."""
    words = [say_time(entry.at), entry.event, entry.step, entry.email, entry.channel]
    line = " ".join(word for word in words if word)
    return f"{line}: {entry.detail}" if entry.detail else line
