"""`postroad trace`: everything that happened to one person."""

from postroad.ledger.traces import trace as read_trace
from starter.arguments import AsJson, Email
from starter.clock import say_time
from starter.console import Refused, print_json, print_table
from starter.opening import normalised, opened_ledger


def trace(email: Email, *, as_json: AsJson = False) -> None:
    """Tell what happened to a person in every campaign, oldest first.

    Example: postroad trace ada@example.com
    """
    with opened_ledger() as ledger, ledger.read() as connection:
        entries = read_trace(connection, normalised(email))
    if as_json:
        print_json(entries)
        return
    if not entries:
        raise Refused(f"{email} was never enrolled in a campaign of this ledger")
    print_table(
        ["at", "event", "campaign", "step", "sender", "channel", "detail"],
        [
            [
                say_time(entry.at),
                entry.event,
                entry.campaign,
                entry.step or "",
                entry.sender,
                entry.channel or "",
                entry.detail,
            ]
            for entry in entries
        ],
    )
