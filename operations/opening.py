"""Opening what the settings name, and refusing in one sentence what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from operations.refusal import Refused, Unknown
from postroad.campaign.address import Address, parse_address
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.engine import Ledger
from postroad.ledger.overview import campaign_state
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


def refuse_unless_running(connection: Connection, campaign: str, way_out: str) -> None:
    """See that a campaign runs, or is paused.

    Args:
        connection: a transaction.
        campaign: its id.
        way_out: what to say of it where it does neither.

    Raises:
        Unknown: there is no such campaign.
        Refused: it does not run.
    """
    state = campaign_state(connection, campaign)
    if state is None:
        raise unknown_campaign(campaign)
    if state not in UNDER_WAY:
        raise Refused(f"{campaign} is {state}: {way_out}")


def unknown_campaign(campaign: str) -> Unknown:
    """Return the refusal of a campaign that the ledger does not have."""
    return Unknown(f"there is no campaign {campaign!r}: `postroad status --all` lists them")
