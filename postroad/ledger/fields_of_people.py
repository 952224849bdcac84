"""What a campaign's people have in common: the fields that a text may name."""

from sqlalchemy import Connection, select

from postroad.campaign.audience import unpack_rows
from postroad.ledger.tables import AudienceChunk, Enrollment

_AT_ONCE = 1_000


def common_fields(connection: Connection, campaign: str) -> set[str]:
    """Return the columns that everybody's audience file had, enrolled or still waiting for it."""
    common: set[str] | None = None
    enrolled = connection.execution_options(yield_per=_AT_ONCE).scalars(
        select(Enrollment.fields).where(Enrollment.campaign_id == campaign)
    )
    for fields in enrolled:
        common = set(fields) if common is None else common & set(fields)
    waiting = connection.scalars(
        select(AudienceChunk.rows).where(
            AudienceChunk.campaign_id == campaign, AudienceChunk.rows.is_not(None)
        )
    )
    for packed in waiting:
        # The rows of one chunk are of one file.
        first = set(unpack_rows(packed or b"")[0].fields)
        common = first if common is None else common & first
    return common or set()
