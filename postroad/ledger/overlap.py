"""People whom other campaigns write to at the same time."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from postroad.contracts import EnrollmentState
from postroad.contracts.states import UNDER_WAY
from postroad.ledger.tables import Campaign, Enrollment


def others_under_way(connection: Connection, campaign: str) -> bool:
    """Whether any other campaign writes to anybody."""
    others = select(Campaign.id).where(Campaign.id != campaign, Campaign.state.in_(UNDER_WAY))
    return connection.scalar(others.limit(1)) is not None


def count_in_others(connection: Connection, campaign: str, addresses: Collection[str]) -> int:
    """Count the addresses that another campaign still writes to.

    Args:
        connection: a transaction.
        campaign: the campaign whose people they are.
        addresses: normalised; few enough for one statement.
    """
    return connection.execute(
        select(func.count(Enrollment.address.distinct()))
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(
            Enrollment.address.in_(addresses),
            Enrollment.state == EnrollmentState.ACTIVE,
            Campaign.id != campaign,
            Campaign.state.in_(UNDER_WAY),
        )
    ).scalar_one()
