"""How instants and numbers are said to people, the same in commands, events and pages."""

from datetime import tzinfo

from postroad.instants import moment


def say_instant(at: int, now: int, zone: tzinfo) -> str:
    """Return a time of day, with the date where it is not today: `Tue 24 Nov 09:00:00 CET`."""
    there, here = moment(at).astimezone(zone), moment(now).astimezone(zone)
    if there.date() == here.date():
        return there.strftime("%H:%M:%S %Z")
    if there.year == here.year:
        return there.strftime("%a %d %b %H:%M:%S %Z")
    return there.strftime("%a %d %b %Y %H:%M:%S %Z")


def say_count(number: int, noun: str, plural: str = "") -> str:
    """Return `1 message`, `2,000 messages`, `3 people` (where the plural is told)."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
