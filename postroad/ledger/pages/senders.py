"""The senders of a campaign, and how many people each of them writes to."""

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from postroad.contracts import EnrollmentState
from postroad.ledger.tables import Enrollment, Sender, Sequence


@dataclass(frozen=True, slots=True)
class SenderInCampaign:
    """One sender's people in a campaign."""

    email: str
    name: str
    """Empty for a sender whom the workspace does not have any more."""
    open: int
    """People whose sequence goes on."""
    ended: int


def senders_in_campaign(connection: Connection, campaign: str) -> list[SenderInCampaign]:
    """Return a campaign's senders by address; those who handed everybody over among them."""
    people: defaultdict[str, dict[str, int]] = defaultdict(dict)
    counted = connection.execute(
        select(Sequence.sender, Enrollment.state, func.count().label("number"))
        .outerjoin(Enrollment, Enrollment.sequence_id == Sequence.id)
        .where(Sequence.campaign_id == campaign)
        .group_by(Sequence.sender, Enrollment.state)
    )
    for row in counted:
        people[row.sender][row.state] = row.number if row.state else 0
    named = select(Sender.email, Sender.name).where(Sender.email.in_(list(people)))
    names = {row.email: row.name for row in connection.execute(named)}
    return [
        SenderInCampaign(
            email=sender,
            name=names.get(sender, ""),
            open=counts.get(EnrollmentState.ACTIVE, 0),
            ended=sum(counts.values()) - counts.get(EnrollmentState.ACTIVE, 0),
        )
        for sender, counts in sorted(people.items())
    ]
