"""Opening what the settings name, and refusing in one sentence what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager

from operations.refusal import Refused, Unknown
from postroad.campaign.address import Address, parse_address
from postroad.ledger.engine import Ledger
from postroad.settings import Settings, load_settings


@contextmanager
def opened_ledger(settings: Settings | None = None) -> Iterator[Ledger]:
    """Open the ledger that the settings name, and close it at the end."""
    ledger = Ledger((settings or load_settings()).ledger.url)
    try:
        yield ledger
    finally:
        ledger.close()


def parsed(email: str) -> Address:
    """Read an address.

    Raises:
        Refused: it is none.
    """
    try:
        return parse_address(email)
    except ValueError as error:
        raise Refused(f"{email!r} is no email address: {error}") from None


def normalised(email: str) -> str:
    """Return an address as the ledger keeps it.

    Raises:
        Refused: it is none.
    """
    return parsed(email).address


def unknown_campaign(campaign: str) -> Unknown:
    """Return the refusal of a campaign that the ledger does not have."""
    return Unknown(f"there is no campaign {campaign!r}: `postroad status --all` lists them")
