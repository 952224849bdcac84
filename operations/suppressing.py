"""Suppressing many addresses, in parts, so that senders are never locked out for long."""

from collections.abc import Iterable
from itertools import islice

from operations.clock import now
from operations.refusal import Refused
from operations.suppression_file import SuppressionRow, suppression_key
from postroad.ledger.engine import Ledger
from postroad.ledger.suppression_list import SuppressionEffect, add_suppression

_PART = 200


def parsed_key(text: str) -> str:
    """Read an address or `@domain`.

    Raises:
        Refused: it is neither.
    """
    try:
        return suppression_key(text)
    except ValueError as error:
        raise Refused(f"{text!r} is no address and no @domain: {error}") from None


def suppress_all(
    ledger: Ledger, rows: Iterable[SuppressionRow], reason: str
) -> tuple[SuppressionEffect, int]:
    """Suppress every address of a file.

    Args:
        ledger: where the list is.
        rows: the file's; those without an address are passed over.
        reason: for rows that give none.

    Returns:
        What that stopped, and how many of the addresses are new.
    """
    total = SuppressionEffect(new=False)
    new = 0
    named = iter([(row.address, row.reason or reason) for row in rows if row.address is not None])
    while part := list(islice(named, _PART)):
        with ledger.write() as connection:
            for address, why in part:
                effect = add_suppression(connection, address, why, "import", now())
                new += effect.new
                total.people += effect.people
                total.messages += effect.messages
                total.wake |= effect.wake
    return total, new
