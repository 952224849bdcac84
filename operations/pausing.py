"""Pausing single people in a running campaign, and letting them go on."""

import asyncio

from operations.opening import normalised
from operations.refusal import Refused
from operations.updates import ask_campaign
from postroad.campaign.local_times import beginning, parse_local_time
from postroad.contracts import PausePerson, PersonPaused, PersonResumed, ResumePerson
from postroad.instants import moment
from postroad.ledger.engine import Ledger
from postroad.ledger.pausing import is_paused, time_zone_of
from postroad.names import check_one_line


async def pause_person(
    ledger: Ledger, campaign: str, email: str, *, until: str | None, reason: str, by: str
) -> PersonPaused:
    """Let nothing leave to a person; their sequence does not end meanwhile.

    Args:
        ledger: where the campaign is.
        campaign: its id.
        email: the person's address.
        until: a date or a time, by the sender's clock unless it has an offset; None for ever.
        reason: why, for the record.
        by: who decides it.

    Raises:
        Refused: nothing would leave to them, or a value is not as it must be.
    """
    address = normalised(email)
    zone = await asyncio.to_thread(_zone, ledger, campaign, address)
    if zone is None:
        raise Refused(f"{address} is not in {campaign}: `postroad explain {address}` says where")
    try:
        check_one_line(reason)
    except ValueError as error:
        raise Refused(f"the reason {error}") from None
    try:
        end = None if until is None else moment(beginning(parse_local_time(until), zone))
    except ValueError as error:
        raise Refused(str(error)) from None
    paused = PausePerson(email=address, until=end, reason=reason, by=by)
    return await ask_campaign(campaign, "pause_person", paused, PersonPaused)


async def resume_person(ledger: Ledger, campaign: str, email: str, by: str) -> PersonResumed:
    """Let a person go on who was paused.

    Raises:
        Refused: they are not paused.
    """
    address = normalised(email)
    if not await asyncio.to_thread(_is_paused, ledger, campaign, address):
        raise Refused(f"{address} is not paused in {campaign}")
    resumed = ResumePerson(email=address, by=by)
    return await ask_campaign(campaign, "resume_person", resumed, PersonResumed)


def _zone(ledger: Ledger, campaign: str, address: str) -> str | None:
    with ledger.read() as connection:
        return time_zone_of(connection, campaign, address)


def _is_paused(ledger: Ledger, campaign: str, address: str) -> bool:
    with ledger.read() as connection:
        return is_paused(connection, campaign, address)
