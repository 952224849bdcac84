"""How many times in a row an address could not be reached."""

from sqlalchemy import Connection, func, select

from postroad.inbox.matching import Basis
from postroad.inbox.outcome import OutcomeKind
from postroad.ledger.tables import Enrollment, Message, Outcome, ReturnedTry

_SIGNS_OF_LIFE = (OutcomeKind.REPLIED, OutcomeKind.AUTO_REPLIED, OutcomeKind.DELIVERED)


def soft_bounces_in_a_row(connection: Connection, address: str) -> int:
    """Count what was not delivered to an address since it last showed any life.

    A message counts once for each time that it was sent.
    """
    theirs = (
        select(Message.id)
        .join(Enrollment, Enrollment.id == Message.enrollment_id)
        .where(Enrollment.address == address)
    )
    alive = (
        connection.scalar(
            select(func.max(Outcome.at)).where(
                Outcome.kind.in_(_SIGNS_OF_LIFE),
                Outcome.basis != Basis.GUESS,
                Outcome.message.in_(theirs),
            )
        )
        or 0
    )
    messages = connection.execute(
        select(func.count(Outcome.message.distinct())).where(
            Outcome.kind == OutcomeKind.SOFT_BOUNCED,
            Outcome.basis != Basis.GUESS,
            Outcome.message.in_(theirs),
            Outcome.at > alive,
        )
    ).scalar_one()
    tries = connection.execute(
        select(func.count()).where(ReturnedTry.message.in_(theirs), ReturnedTry.at > alive)
    ).scalar_one()
    return messages + tries
