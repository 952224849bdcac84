"""Following a campaign in the ledger until it ends, without getting in its way."""

import time
from collections.abc import Callable, Iterator

from operations.clock import now
from operations.opening import unknown_campaign
from postroad.contracts import CampaignState
from postroad.ledger.engine import Ledger
from postroad.ledger.events import FeedEntry, events_after, last_event
from postroad.ledger.overview import CampaignOverview, campaign_overview, campaign_state

Sleep = Callable[[float], None]

_PAUSE_SECONDS = 1.0
_SHARE_OF_TIME = 10
"""Counting may take a tenth of the time: a large campaign is counted less often."""
_OVERLAP = 1_000
"""Event ids read again: concurrent transactions commit theirs in another order."""
_OVER = (CampaignState.COMPLETED, CampaignState.CANCELLED)


def follow(ledger: Ledger, campaign: str, sleep: Sleep = time.sleep) -> Iterator[CampaignOverview]:
    """Yield how far a campaign is, at first and whenever that changed, until it has ended.

    Raises:
        Refused: there is no such campaign.
    """
    shown: CampaignOverview | None = None
    while True:
        began = time.monotonic()
        with ledger.read() as connection:
            overview = campaign_overview(connection, campaign, now())
        if overview is None:
            raise unknown_campaign(campaign)
        if overview != shown:
            yield overview
            shown = overview
        if overview.state in _OVER:
            return
        sleep(max(_PAUSE_SECONDS, _SHARE_OF_TIME * (time.monotonic() - began)))


def follow_feed(ledger: Ledger, campaign: str, sleep: Sleep = time.sleep) -> Iterator[FeedEntry]:
    """Yield a campaign's events from now on, until it has ended.

    Raises:
        Refused: there is no such campaign.
    """
    with ledger.read() as connection:
        start = newest = last_event(connection)
    seen: set[int] = set()
    over = False
    while not over:
        with ledger.read() as connection:
            state = campaign_state(connection, campaign)
            since = max(start, newest - _OVERLAP)
            entries = events_after(connection, since, campaign_id=campaign, at_most=3 * _OVERLAP)
        if state is None:
            raise unknown_campaign(campaign)
        fresh = [entry for entry in entries if entry.id not in seen]
        yield from fresh
        seen = {entry.id for entry in entries}
        newest = max([newest, *seen])
        over = state in _OVER and not fresh
        if not (fresh or over):
            sleep(_PAUSE_SECONDS)
