"""People who want no more mail: suppressed at once, everywhere, in one transaction.

A message is marked sending only in a transaction that finds no suppression
(postroad.ledger.claims), so nothing begins to leave once this one is committed; what is on the
wire at that instant is finished.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy import Connection, insert, update

from postroad.contracts import EnrollmentState
from postroad.ledger.people import end_enrolled, enrolled_as
from postroad.ledger.suppression import suppress_address
from postroad.ledger.tables import Event, Suppression


class OptOut(StrEnum):
    """How somebody said it; the live feed's events have the same names."""

    UNSUBSCRIBED = "unsubscribed"
    COMPLAINED = "complained"
    """They called a mail spam."""


@dataclass(slots=True)
class OptedOut:
    """What it changed."""

    new: bool
    """False where they had said so before."""
    wake: set[str] = field(default_factory=set[str])
    """Sequences that have less to do now, as workflow ids."""


def opt_out(
    connection: Connection,
    how: OptOut,
    address: str,
    now: int,
    *,
    source: str,
    enrollment: int | None = None,
    position: int | None = None,
    channel: str | None = None,
) -> OptedOut:
    """Suppress an address, and end its sequences in every campaign; repeating it changes nothing.

    Args:
        connection: a write transaction.
        how: unsubscribed, or complained.
        address: the normalised address.
        now: the present instant.
        source: by what way, for people: `one-click`, `mail`, `sendgrid`.
        enrollment: row id of the person in the campaign whose mail they mean, where it is known.
        position: the step of that mail.
        channel: the channel that this came back to.
    """
    words = f"{how} ({source})"
    opted = OptedOut(new=_suppress(connection, address, words, how, now))
    for person in enrolled_as(connection, address):
        is_meant = person.id == enrollment
        if not (person.is_active or is_meant):
            continue
        ended = end_enrolled(connection, person.id, EnrollmentState.UNSUBSCRIBED, words)
        if ended and person.is_active:
            opted.wake.add(person.workflow_id)
        if ended or (is_meant and opted.new):
            connection.execute(
                insert(Event).values(
                    at=now,
                    event=how,
                    campaign_id=person.campaign,
                    enrollment_id=person.id,
                    position=position if is_meant else None,
                    channel_id=channel if is_meant else None,
                    detail=words,
                )
            )
    return opted


def _suppress(connection: Connection, address: str, words: str, how: OptOut, now: int) -> bool:
    """Suppress an address for its owner's wish, which counts for more than any other reason."""
    if suppress_address(connection, address, words, str(how), now):
        return True
    changed = connection.execute(
        update(Suppression)
        .where(Suppression.address == address, Suppression.source.not_in(list(OptOut)))
        .values(reason=words, source=how, at=now)
    )
    return changed.rowcount == 1
