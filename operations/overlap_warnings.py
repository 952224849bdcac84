"""Telling that people of a campaign are in others as well, and nothing keeps their mail apart."""

from collections.abc import Iterator
from itertools import islice

from operations.definition import Definition
from postroad.campaign.audience import AudienceRow
from postroad.ledger.engine import Ledger
from postroad.ledger.limits import caps_in_force
from postroad.ledger.overlap import count_in_others, others_under_way
from postroad.wording import say_count

_AT_ONCE = 500
"""Addresses in one statement."""


def overlap_warnings(ledger: Ledger, definition: Definition) -> list[str]:
    """Return a sentence where people may get mail of several campaigns on one day."""
    with ledger.read() as connection:
        capped = caps_in_force(connection).person is not None
        if capped or not others_under_way(connection, definition.id):
            return []
        addresses = _addresses(definition)
        busy = 0
        while part := list(islice(addresses, _AT_ONCE)):
            busy += count_in_others(connection, definition.id, part)
    if not busy:
        return []
    return [
        f"{say_count(busy, 'person is', 'people are')} in other running campaigns as well, and may "
        "get mail of several on one day; `per_person: {messages: 1, per: 1d}` in the workspace's "
        "organisation keeps it apart"
    ]


def _addresses(definition: Definition) -> Iterator[str]:
    return (row.address for row in definition.rows() if isinstance(row, AudienceRow))
