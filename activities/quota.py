"""Booking waves, and giving up places in the queues."""

from temporalio import activity

from activities.clock import ServerClock
from postroad.contracts import QuotaReleased, ReleaseQuota, Reservation, ReserveQuota
from postroad.ledger.engine import Ledger
from postroad.ledger.quota import release_turns, reserve_wave


class QuotaActivities:
    """Activities on limits and turns."""

    def __init__(self, ledger: Ledger, clock: ServerClock) -> None:
        self._ledger = ledger
        self._clock = clock

    @activity.defn(name="reserve_quota")
    def reserve_quota(self, request: ReserveQuota) -> Reservation:
        """Book a wave that may leave now, or say when to ask again; a retry finds its booking."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            return reserve_wave(connection, request, now)

    @activity.defn(name="release_quota")
    def release_quota(self, request: ReleaseQuota) -> QuotaReleased:
        """Leave every queue, and name those who may go earlier for it."""
        now = self._clock.read(activity.info()).now()
        with self._ledger.write() as connection:
            wake = release_turns(connection, request.campaign_id, request.sender, now)
        return QuotaReleased(wake=wake)
