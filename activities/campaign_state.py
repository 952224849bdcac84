"""Where a campaign stands."""

import structlog
from temporalio import activity

from activities.clock import ServerClock
from postroad.contracts import (
    CampaignState,
    CampaignStateSet,
    SetCampaignState,
)
from postroad.ledger.engine import Ledger
from postroad.ledger.lifecycle import end_some_people, record_state

_log = structlog.get_logger(__name__)


class CampaignStateActivities:
    """Activities on a campaign as a whole."""

    def __init__(self, ledger: Ledger, clock: ServerClock) -> None:
        self._ledger = ledger
        self._clock = clock

    @activity.defn(name="set_campaign_state")
    def set_campaign_state(self, request: SetCampaignState) -> CampaignStateSet:
        """Record the state; a cancellation then ends its people, part by part."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            record_state(connection, request, now)
        stopped = 0
        while request.state is CampaignState.CANCELLED:
            activity.heartbeat(stopped)
            with self._ledger.write() as connection:
                part = end_some_people(connection, request.campaign_id)
            if not part:
                break
            stopped += part
        _log.info("campaign_state", state=request.state, people_stopped=stopped)
        return CampaignStateSet(people_stopped=stopped)
