"""When a step may leave: its wait, its window, and the dates it lies between."""

from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from postroad.campaign.days_off import DaysOff
from postroad.campaign.local_times import LocalTime, beginning, end
from postroad.campaign.schedule import WORKING_WEEK, Window
from postroad.campaign.waits import BusinessDays, Wait
from postroad.instants import instant, milliseconds, moment


class Timing(BaseModel):
    """What a step says about when it leaves; instants are milliseconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    wait: Wait = timedelta()
    """Since the step before was sent, or since the person was enrolled."""
    window: Window | None = None
    not_before: LocalTime | None = None
    """By the clock of the window, else of the sender, unless it has an offset."""
    not_after: LocalTime | None = None
    """As `not_before`; a date includes its day. What would leave later ends with a reason."""

    def for_sender(self, off: DaysOff) -> Self:
        """Return what holds for a sender's people: the step's own days off go before theirs."""
        window = self.window
        if window is None and off.away:
            window = Window(holidays=[], timezone="sender")
        if window is None:
            return self
        return self.model_copy(update={"window": window.with_days_off(off)})

    def zone(self, person: str | None, sender: str) -> str:
        """Return whose clock counts.

        Args:
            person: the person's time zone, where it is known.
            sender: the sender's.
        """
        return sender if self.window is None else self.window.zone(person, sender)

    def due_at(self, previous: int, person: str | None, sender: str) -> int:
        """Return when the step is due: it has waited, and it may leave; or it is too late for it.

        Args:
            previous: when the step before was sent, or the person was enrolled.
            person: the person's time zone, where it is known.
            sender: the sender's.
        """
        due = self.next_opening(self.waited(previous, person, sender), person, sender)
        if self.not_after is None:
            return due
        return min(due, max(previous, end(self.not_after, self.zone(person, sender))))

    def waited(self, previous: int, person: str | None, sender: str) -> int:
        """Return when the wait has passed."""
        if isinstance(self.wait, BusinessDays):
            here = ZoneInfo(self.zone(person, sender))
            return _business_days_later(previous, self.wait.days, self.window, here)
        return previous + milliseconds(self.wait)

    def next_opening(self, at: int, person: str | None, sender: str) -> int:
        """Return the first instant from `at` on at which the step may leave, `not_after` aside."""
        zone = self.zone(person, sender)
        if self.not_before is not None:
            at = max(at, beginning(self.not_before, zone))
        return at if self.window is None else self.window.next_opening(at, zone)

    def is_too_late(self, at: int, person: str | None, sender: str) -> bool:
        """Whether the step may not leave any more at an instant."""
        if self.not_after is None:
            return False
        return at >= end(self.not_after, self.zone(person, sender))


def _business_days_later(previous: int, count: int, window: Window | None, zone: ZoneInfo) -> int:
    """Return the same time of day, so many business days later.

    Those are the window's days without its holidays; Monday to Friday where it names no days.
    """
    local = moment(previous).astimezone(zone)
    day = local.date()
    while count:
        day += timedelta(days=1)
        count -= _is_business_day(day, window)
    return max(previous, instant(datetime.combine(day, local.timetz())))


def _is_business_day(day: date, window: Window | None) -> bool:
    if window is None or window.has_every_day:
        return day.weekday() in WORKING_WEEK and (window is None or not window.day_off(day))
    return window.has_day(day)
