"""Storing what steps send: versions of their texts, and the files those attach."""

from collections.abc import Mapping

from sqlalchemy import Connection, func, insert, select

from postroad.campaign.template import StepTemplate
from postroad.ledger.tables import Attachment, StepText
from postroad.ledger.upsert import insert_new


def store_attachments(connection: Connection, files: Mapping[str, bytes]) -> None:
    """Store files by their SHA-256; one that is there already stays as it is."""
    rows = [{"sha256": digest, "content": content} for digest, content in files.items()]
    insert_new(connection, Attachment, rows)


def store_text(
    connection: Connection,
    campaign_id: str,
    position: int,
    template: StepTemplate,
    variant: str = "",
) -> int:
    """Store a step's text as its next version, and return that version's number, from 1.

    Args:
        connection: a write transaction.
        campaign_id: the campaign.
        position: the step.
        template: the text.
        variant: which of the step's variants it is a text of, where it has any.
    """
    newest = connection.scalar(
        select(func.max(StepText.version)).where(
            StepText.campaign_id == campaign_id, StepText.position == position
        )
    )
    version = (newest or 0) + 1
    origin = template.origin
    connection.execute(
        insert(StepText).values(
            campaign_id=campaign_id,
            position=position,
            version=version,
            variant=variant,
            template=template.model_dump(mode="json"),
            library_name=None if origin is None else origin.name,
            library_version=None if origin is None else origin.version,
        )
    )
    return version
