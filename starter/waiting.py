"""Waiting for a campaign, until nothing is left that happens by itself."""

from collections.abc import Iterable, Iterator

from operations.following import follow
from operations.refusal import Refused
from postroad.contracts import CampaignState
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import CampaignOverview
from postroad.wording import say_count
from starter.watch import show_progress


def wait_until_over(ledger: Ledger, campaign: str, *, show: bool) -> CampaignState:
    """Wait until a campaign is completed or cancelled, and return which.

    Args:
        ledger: where the campaign is.
        campaign: its id.
        show: show progress meanwhile.

    Raises:
        Refused: only uncertain messages are left, and somebody has to decide about them.
    """
    last: list[CampaignOverview] = []

    def kept(overviews: Iterable[CampaignOverview]) -> Iterator[CampaignOverview]:
        for overview in overviews:
            last[:] = [overview]
            yield overview
            if needs_operator(overview):
                return

    overviews = kept(follow(ledger, campaign))
    if show:
        show_progress(overviews)
    else:
        for _ in overviews:
            pass
    (overview,) = last
    if needs_operator(overview):
        uncertain = say_count(overview.messages.uncertain, "message")
        raise Refused(
            f"{campaign} waits for a decision about {uncertain} that may or may not have left: "
            f"`postroad uncertain list {campaign}`"
        )
    return overview.state


def needs_operator(overview: CampaignOverview) -> bool:
    """Whether everybody who is not done waits for a decision about an uncertain message."""
    people, messages = overview.people, overview.messages
    running = overview.state in UNDER_WAY
    return running and messages.uncertain > 0 and people.active <= messages.uncertain
