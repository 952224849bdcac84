"""People of the same company, whom somebody's answer may stop as well."""

from sqlalchemy import Connection, select

from postroad.campaign.reply_policy import is_company
from postroad.contracts import EnrollmentState, sequence_workflow_id
from postroad.ledger.tables import Enrollment, Sequence


def colleagues_of(
    connection: Connection, address: str, campaign: str | None
) -> list[tuple[int, str, str]]:
    """Return the colleagues of a person who are still written to.

    Args:
        connection: a transaction.
        address: the person's normalised address.
        campaign: only those in this campaign; None is all of them.

    Returns:
        (enrollment, campaign, workflow id) of each; none where the domain is anybody's.
    """
    domain = address.rpartition("@")[2]
    if not is_company(domain):
        return []
    statement = (
        select(Enrollment.id, Enrollment.campaign_id, Sequence.sender)
        .join(Sequence, Sequence.id == Enrollment.sequence_id)
        .where(
            Enrollment.address.endswith(f"@{domain}", autoescape=True),
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
