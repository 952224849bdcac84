"""`postroad trace`: everything that happened to one person."""

from operations.clock import say_time
from operations.opening import normalised, opened_ledger
from operations.refusal import Refused
from postroad.ledger.traces import trace as read_trace
from starter.arguments import AsJson, Email
from starter.terminal import print_json, print_table


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
