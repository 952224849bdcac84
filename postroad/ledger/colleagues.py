"""People of the same company, whom somebody's answer may stop as well."""

from sqlalchemy import ColumnElement, Connection, or_, select

from postroad.campaign.reply_policy import is_company
from postroad.contracts import EnrollmentState, sequence_workflow_id
from postroad.ledger.tables import Enrollment, Sequence


def colleagues_of(
    connection: Connection, address: str, campaign: str | None
) -> list[tuple[int, str, str]]:
    """Return the colleagues of a person who are still written to.

    They have the same mail domain, or the same company by what any audience said of them.

    Args:
        connection: a transaction.
        address: the person's normalised address.
        campaign: only those in this campaign; None is all of them.

    Returns:
        (enrollment, campaign, workflow id) of each; a domain that is anybody's makes none.
    """
    domain = address.rpartition("@")[2]
    companies = select(Enrollment.company).where(
        Enrollment.address == address, Enrollment.company.is_not(None)
    )
    same: list[ColumnElement[bool]] = [Enrollment.company.in_(companies)]
    if is_company(domain):
        same.append(Enrollment.address.endswith(f"@{domain}", autoescape=True))
    statement = (
        select(Enrollment.id, Enrollment.campaign_id, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(
            or_(*same),
            Enrollment.address != address,
            Enrollment.state == EnrollmentState.ACTIVE,
        )
        .order_by(Enrollment.id)
    )
    if campaign is not None:
        statement = statement.where(Enrollment.campaign_id == campaign)
    return [
        (row.id, row.campaign_id, sequence_workflow_id(row.campaign_id, row.sender))
        for row in connection.execute(statement)
    ]
